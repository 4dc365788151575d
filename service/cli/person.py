"""``postrider subscribers find | consent | erase``: one person, and what is known of them."""

from datetime import UTC, datetime
from typing import IO, Any, Final

import click
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.cli.opening import open_session, print_json
from service.errors import BadInput, NotFound
from service.issues.queries import get_newsletter
from service.privacy.consentlog import Period, export_consent
from service.privacy.download import find_person, list_consent
from service.privacy.erasing import erase_address
from service.subscribers.consent import Proof
from service.subscribers.finding import Found, Wanted, list_readers
from service.subscribers.states import ConsentSource

WORDING: Final = "Erased by staff on the command line, because the person asked for it."
BACKUPS: Final = "Backups hold the person until they are overwritten; what was mailed is in other hands."


@click.command()
@click.argument("part")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def find(part: str, *, as_json: bool) -> None:
    """Show who is behind PART: a whole address, what they get, and whether it may be mailed; or, of a part of an
    address or a name, the newest readers with it."""
    with open_session() as session:
        key = _read_key(part)
        found = _find_person(session, key) if key is not None else None
        if found is None:
            _list_found(list_readers(session, Wanted(part=part)), part, as_json=as_json)
            return
    if as_json:
        print_json(found)
        return
    if found["person"]:
        person = found["person"]
        click.echo(f"{person['address']}, {person['name'] or 'no name'}, {person['language']}, id {person['id']}")
    for tie in found["newsletters"]:
        click.echo(f"{tie['newsletter']}: {tie['state']}{_tell_pause(tie)}")
    if found["suppression"]:
        standing = found["suppression"]
        click.echo(f"Must not be mailed since {standing['since']:%d %B %Y}: {standing['reason']}.")


@click.command()
@click.argument("address", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="The log of everybody, for an auditor; takes no ADDRESS.")
@click.option("--newsletter", "slug", help="With --csv: of this newsletter alone.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="With --csv: from this day in UTC.")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; else standard output.")
def consent(
    address: str | None, slug: str | None, since: datetime | None, output: IO[str], *, as_json: bool, as_csv: bool
) -> None:
    """Show every proof of what the person at ADDRESS agreed to, oldest first; or with --csv the proofs of everybody."""
    if as_csv == (address is not None):
        raise BadInput("Say an ADDRESS, or --csv for everybody.")
    if as_json and as_csv:
        raise BadInput("Say --json or --csv, not both.")
    with open_session() as session:
        if address is None:
            newsletter_id = get_newsletter(session, slug).id if slug else None
            period = Period(newsletter_id=newsletter_id, since=since.replace(tzinfo=UTC) if since else None)
            output.writelines(export_consent(session, period))
            return
        proofs = list_consent(session, parse_address(address).key)
    if as_json:
        print_json(proofs)
        return
    for proof in proofs:
        _print_proof(proof)


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def erase(address: str, *, yes: bool) -> None:
    """Forget the person at ADDRESS for good. No import brings them back; only they can, by signing up."""
    parsed = parse_address(address)
    if not yes:
        click.confirm(f"Forget {parsed.typed} for good? This can't be undone.", abort=True)
    with open_session() as session:
        erased = erase_address(session, parsed.key, Proof(ConsentSource.STAFF, WORDING))
    for table, count in erased.rows.items():
        click.echo(f"{table}: {count:,}")
    click.echo("Erased. A hash of the address stays, so that nothing brings it back but a sign-up of their own.")
    click.echo("The log of consent stays: it names nobody.")
    for sentence in (*erased.kept, BACKUPS):
        click.echo(sentence)


def _tell_pause(tie: dict[str, Any]) -> str:
    return f", paused until {tie['paused_until']:%d %B %Y}" if tie["paused_until"] else ""


def _read_key(part: str) -> str | None:
    try:
        return parse_address(part).key
    except BadInput:
        return None


def _find_person(session: Session, address_key: str) -> dict[str, Any] | None:
    try:
        return find_person(session, address_key)
    except NotFound:
        return None


def _list_found(found: Found, part: str, *, as_json: bool) -> None:
    if as_json:
        names = ("id", "address", "name", "language")
        print_json([{name: getattr(reader, name) for name in names} for reader in found.readers])
        return
    if not found.readers:
        raise NotFound(f"Nobody is known with “{part}” in their address or name, and nothing stands against it.")
    for reader in found.readers:
        click.echo(f"{reader.address}, {reader.name or 'no name'}, {reader.language}, id {reader.id}")
    if found.only_beginnings:
        click.echo("There are too many readers to look inside each address and name: these addresses begin so.")
    if found.has_more:
        click.echo("… and more; say a longer part.")


def _print_proof(proof: dict[str, Any]) -> None:
    click.echo(f"{proof['when']:%Y-%m-%d %H:%M:%S} UTC  {proof['newsletter']}: {proof['event']} ({proof['source']})")
    click.echo(f"    wording {proof['version']}: {proof['wording']}")
    told = [f"{what} {value}" for what, value in proof["evidence"].items()]
    told += [f"account {proof['account']}"] if proof["account"] else []
    if told:
        click.echo(f"    evidence: {', '.join(told)}")
