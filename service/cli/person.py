"""``postrider subscribers find | consent | erase``: one person, and what is known of them."""

from typing import Any, Final

import click

from service.addresses import parse_address
from service.cli.opening import open_session, print_json
from service.privacy.download import find_person, list_consent
from service.privacy.erasing import erase_address
from service.subscribers.consent import Proof
from service.subscribers.states import ConsentSource

WORDING: Final = "Erased by staff on the command line, because the person asked for it."
BACKUPS: Final = "Backups hold the person until they are overwritten; what was mailed is in other hands."


@click.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def find(address: str, *, as_json: bool) -> None:
    """Show who is behind ADDRESS, what they get, and whether the address may be mailed."""
    with open_session() as session:
        found = find_person(session, parse_address(address).key)
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
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def consent(address: str, *, as_json: bool) -> None:
    """Show every proof of what the person at ADDRESS agreed to, oldest first."""
    with open_session() as session:
        proofs = list_consent(session, parse_address(address).key)
    if as_json:
        print_json(proofs)
        return
    for proof in proofs:
        click.echo(
            f"{proof['when']:%Y-%m-%d %H:%M:%S} UTC  {proof['newsletter']}: {proof['event']} ({proof['source']})"
        )
        click.echo(f"    wording {proof['version']}: {proof['wording']}")
        told = [f"{what} {value}" for what, value in proof["evidence"].items()]
        told += [f"account {proof['account']}"] if proof["account"] else []
        if told:
            click.echo(f"    evidence: {', '.join(told)}")


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
