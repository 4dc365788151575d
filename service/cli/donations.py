"""``postrider donations``: comparing the books, year statements, one receipt, and tables for the accountant."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.cli.opening import open_services, open_session, print_json
from service.clock import now
from service.donations.export import Table, export_table
from service.donations.reconcile import Reconciliation
from service.donations.reconcile import reconcile as reconcile_books
from service.errors import BadInput, Conflict, NotFound
from service.money import write_amount
from service.organisation.queries import get_organisation
from service.receipts.models import Receipt, Statement, StatementState
from service.receipts.pdf import draw_receipt
from service.receipts.queries import find_receipt_by_number, get_receipt, list_statements
from service.receipts.statements import approve_year, prepare_statements, send_year
from service.staff.audit import note
from service.staff.models import Account

LONGEST_LOOK_BACK = 365  # days
LONGEST_ID = 18  # digits that any bigint has room for
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def donations() -> None:
    """Keep the books of gifts."""


@donations.command()
@click.option("--days", type=click.IntRange(1, LONGEST_LOOK_BACK), default=3, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def reconcile(days: int, *, as_json: bool) -> None:
    """Read everything anew from the processor and compare it with the books, to the cent.

    Ends with code 1 when they differ; nothing is ever changed to make them agree.
    """
    with open_services() as services:
        if services.gateway is None:
            raise BadInput("There is no processor to compare with: set STRIPE_KEY and STRIPE_WEBHOOK_SECRETS.")
        run = reconcile_books(services.factory, services.gateway, now() - timedelta(days=days))
    if as_json:
        print_json(_describe_run(run))
    else:
        _print_run(run)
    if run.mismatches:
        raise Conflict(f"The books and the processor differ in {len(run.mismatches)} place(s).")


@donations.command()
@click.argument("year", type=click.IntRange(2000, 2999))
@click.option("--approve", is_flag=True, help="Approve every draft, in the name of --account.")
@click.option("--send", is_flag=True, help="Send every approved statement; what was sent is not sent again.")
@click.option("--account", "address", help="The member of staff who approves.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def statements(year: int, address: str | None, *, approve: bool, send: bool, as_json: bool) -> None:
    """Prepare the statements of YEAR for every donor; approve and send them where asked to."""
    if approve and not address:
        raise BadInput("A person approves statements: name one with --account.")
    with open_session() as session:
        account = _find_account(session, address) if address else None
        run = prepare_statements(session, year)
        approved = approve_year(session, year, account.id) if approve and account else 0
        sent = send_year(session, year) if send else 0
        done = {**vars(run), "approved": approved, "sent": sent}
        note(session, account.id if account else None, f"Statements of {year}", f"statements:{year}", **done)
        rows = [
            _describe_statement(one)
            for one in list_statements(session, year)
            if one.state is not StatementState.SUPERSEDED
        ]
    if as_json:
        print_json({"year": year, **done, "statements": rows})
        return
    for row in rows:
        click.echo("{amount:>14}  {gifts:>4}  {state:10} {name} <{address}>".format(**row))
    click.echo(", ".join(f"{word.replace('_', ' ')} {count}" for word, count in done.items()) + ".")


@donations.command()
@click.argument("which", metavar="ID")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it; the number gives a name."
)
def receipt(which: str, output: Path | None) -> None:
    """Write the receipt ID, its number (2026-000123: the newest version) or its row's id, as a PDF."""
    with open_session() as session:
        found = _find_receipt(session, which)
        pdf, number, version, state = draw_receipt(found), found.number, found.version, found.state
    path = output or Path(f"receipt-{number}.pdf")
    path.write_bytes(pdf)
    click.echo(f"Receipt {number}, version {version}, {state}: {path}")


@donations.command()
@click.option("--from", "first", type=DAY, help="The first day (2026-01-01); the beginning of this year if not given.")
@click.option("--to", "last", type=DAY, help="The last day, included; today if not given.")
@click.option("--what", type=click.Choice([table.value for table in Table]), default=Table.LEDGER.value)
@click.option("--output", required=True, type=click.File("w", encoding="utf-8"), help="A file, or - for the screen.")
def export(first: datetime | None, last: datetime | None, what: str, output: IO[str]) -> None:
    """Write ledger lines or gifts of a period as CSV, for the accountant."""
    with open_session() as session:
        zone = get_organisation(session).zone
        today = now().astimezone(zone).date()
        since = first.date() if first else date(today.year, 1, 1)
        until = last.date() if last else today
        lines = export_table(session, Table(what), since, until, zone)
        note(
            session, None, f"Took the {what} along by the command line", f"export:{what}", period=f"{since} to {until}"
        )
        for line in lines:
            output.write(line)


def _describe_run(run: Reconciliation) -> dict[str, Any]:
    return {
        "since": run.since.isoformat(),
        "payments": run.payments,
        "recurring": run.recurring,
        "events_found": run.events_found,
        "lines_added": run.repaired,
        "ledger_minor": run.ledger_minor,
        "processor_minor": run.processor_minor,
        "mismatches": run.mismatches,
    }


def _print_run(run: Reconciliation) -> None:
    click.echo(f"Read {run.payments} payments and {run.recurring} recurring gifts since {run.since:%Y-%m-%d}.")
    click.echo(f"Events that had been lost: {run.events_found}. Lines that were missing: {run.repaired}.")
    for one in run.mismatches:
        click.echo(
            f"  {one['about']}: {one['ledger_minor']} in the books, {one['expected_minor']} expected. {one['sentence']}"
        )
    click.echo("They differ." if run.mismatches else "Books and processor agree to the cent.")


def _describe_statement(statement: Statement) -> dict[str, Any]:
    return {
        "statement": statement.id,
        "name": statement.donor_name,
        "address": statement.donor_address,
        "state": statement.state.value,
        "version": statement.version,
        "gifts": len(statement.lines),
        "amount": write_amount(statement.amount_minor, statement.currency),
    }


def _find_receipt(session: Session, which: str) -> Receipt:
    if which.isascii() and which.isdigit() and len(which) <= LONGEST_ID:
        return get_receipt(session, int(which))
    found = find_receipt_by_number(session, which)
    if found is None:
        raise NotFound(f"There is no receipt {which}.")
    return found


def _find_account(session: Session, address: str) -> Account:
    found = session.scalar(select(Account).where(Account.address_key == parse_address(address).key))
    if found is None:
        raise NotFound(f"{address} has no account. Add one: postrider staff add --help")
    return found
