"""``postrider organisation``: who receives the gifts, as receipts state it."""

from dataclasses import asdict, replace
from typing import Any

import click

from service.cli.opening import open_session, print_json
from service.errors import NotFound
from service.money import parse_amount, write_plain
from service.organisation.editing import Editor, Facts, facts_of, set_organisation
from service.organisation.queries import find_organisation
from service.staff.audit import note

_AMOUNTS = ("smallest_minor", "largest_minor", "refund_limit_minor", "fee_fixed_minor")
_BLANK = Facts(legal_name="", tax_number="", postal_address="", sender_name="", sender_address="", reply_address="")
_OPERATOR = Editor("Somebody at the command line", may_raise_limit=True)  # who has the database has everything


@click.group()
def organisation() -> None:
    """See and set who the organisation is, and by which rules it takes gifts."""


@organisation.command()
@click.option("--json", "as_json", is_flag=True, help="Print the facts as one JSON document; amounts in minor units.")
def show(*, as_json: bool) -> None:
    """Show every fact."""
    with open_session() as session:
        found = find_organisation(session)
        if found is None:
            raise NotFound("There is no organisation yet. Add it: postrider organisation set --help")
        facts, paused_at = facts_of(found), found.giving_paused_at
    if as_json:
        print_json({**asdict(facts), "giving_paused_at": paused_at})
        return
    for name, value in _write(facts).items():
        click.echo(f"{name.replace('_', ' '):18} {value}")
    click.echo(f"{'giving':18} {'paused since ' + paused_at.isoformat() if paused_at else 'open'}")


@organisation.command("set")
@click.option("--legal-name", help="As the tax office knows it.")
@click.option("--tax-number", help="The EIN.")
@click.option("--postal-address", help="With line breaks, as on a letter.")
@click.option("--sender-name", help="Who letters are from.")
@click.option("--sender-address", help="The address in From.")
@click.option("--reply-address", help="Where answers go.")
@click.option("--signatory", help="Name and office of whoever answers for receipts.")
@click.option("--disclosure", help="The solicitation text that some states demand.")
@click.option("--time-zone", help="Decides the day and year of a gift, such as America/New_York.")
@click.option("--currency", help="Can be set only once.")
@click.option("--suggested", "suggested_minor", multiple=True, help="A suggested amount; give it once for each.")
@click.option("--smallest", "smallest_minor", help="The smallest gift.")
@click.option("--largest", "largest_minor", help="The largest gift.")
@click.option("--refund-limit", "refund_limit_minor", help="What one person may pay back alone.")
@click.option("--fee-basis-points", type=int, help="The processor's share: 290 is 2.9 %.")
@click.option("--fee-fixed", "fee_fixed_minor", help="The processor's fixed part for each gift.")
@click.option("--thanks-days", type=int, help="Whoever gave in so many days is thanked instead of asked.")
def set_facts(**typed: Any) -> None:
    """Set the facts that are given; the others stay as they are. Safe to repeat."""
    given = {name: value for name, value in typed.items() if value not in (None, ())}
    with open_session() as session:
        found = find_organisation(session)
        facts = facts_of(found) if found else _BLANK
        changed = set_organisation(session, replace(facts, **_read(given, facts.currency)), _OPERATOR)
        if changed:
            note(session, None, "Changed the organization by the command line", "organisation", facts=changed)
    click.echo(f"Changed: {', '.join(sorted(changed))}." if changed else "Nothing was different.")


def _read(given: dict[str, Any], present_currency: str) -> dict[str, Any]:
    code = given.get("currency", present_currency)
    read = dict(given)
    for name in _AMOUNTS:
        if name in given:
            read[name] = parse_amount(given[name], code)
    if "suggested_minor" in given:
        read["suggested_minor"] = tuple(parse_amount(one, code) for one in given["suggested_minor"])
    return read


def _write(facts: Facts) -> dict[str, str]:
    """Return every fact as text for people, in the order of the form."""
    written = {name: str(value) for name, value in asdict(facts).items()}
    written |= {name: write_plain(getattr(facts, name), facts.currency) for name in _AMOUNTS}
    written["suggested_minor"] = ", ".join(write_plain(minor, facts.currency) for minor in facts.suggested_minor)
    return {name.removesuffix("_minor"): value.replace("\n", ", ") for name, value in written.items()}
