"""``postrider subscribers``: people who move house, in and out."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click
from sqlalchemy.orm import Session

from service.cli.opening import open_services, open_session, print_json
from service.cli.person import consent, erase, find
from service.db import transaction
from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.past.files import refuse_posts
from service.issues.queries import get_newsletter, list_newsletters
from service.lists.archives import open_export
from service.subscribers.exporting import export_rows
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.importing.report import to_plain_data
from service.subscribers.importing.running import run_import
from service.subscribers.importing.undo import ask_undo
from service.subscribers.importing.undo import undo_import as undo
from service.subscribers.importing.upload import inspect_lists, refuse_unclear, store_lists
from service.wiring import Services

MOST_SHOWN = 20  # skipped lines; --json has them all
LOOK = 0.5  # seconds between two looks at an import that a worker has taken


@click.group()
def subscribers() -> None:
    """Bring readers in, and take them along."""


for command in (find, erase, consent):
    subscribers.add_command(command)


def _read_mapping(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given]
    if any(not sign for _, sign, _ in pairs):
        raise click.BadParameter("must be WHAT=COLUMN, as in --map address=Mail.")
    return {what.strip(): column.strip() for what, _, column in pairs}


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", "slug", help="Its short name; may be left out where there is only one.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what each line would do, and do nothing.")
@click.option("--statement", default="", help="How these people agreed; kept as the proof of their consent.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    callback=_read_mapping,
    metavar="WHAT=COLUMN",
    help="What a column of a CSV holds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def import_file(
    file: Path, slug: str | None, statement: str, mapping: dict[str, str], *, is_dry_run: bool, as_json: bool
) -> None:
    """Bring in the readers of FILE: an export of another house (CSV or zip), our own, or any CSV.

    Nobody comes back who left here, and nobody is added whose address must not be mailed.
    """
    parts = open_export(file, file.name)
    refuse_posts(parts)
    lists = inspect_lists(parts, mapping)
    refuse_unclear(lists)
    with open_services() as services:
        with transaction(services.factory) as session:
            ids = store_lists(
                session,
                _find_newsletter(session, slug).id,
                lists,
                statement=statement or f"They agreed where {file.name} comes from.",
                is_dry_run=is_dry_run,
            )
        for import_id in ids:
            _run(services, import_id)
        _report(services, ids, as_json=as_json)


@subscribers.command("undo")
@click.argument("import_id", type=click.IntRange(1))
def undo_import(import_id: int) -> None:
    """Take the import IMPORT_ID back: whom it brought goes, what it changed is as it was."""
    with open_services() as services:
        with transaction(services.factory) as session:
            ask_undo(session, import_id)
        figures = undo(services.factory, import_id)
    click.echo(f"{figures.removed:,} removed, {figures.restored:,} put back as they were, {figures.kept:,} kept.")


@subscribers.command()
@click.option("--newsletter", "slug", help="Its short name; may be left out where there is only one.")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; else standard output.")
def export(slug: str | None, output: IO[str]) -> None:
    """Write the readers of a newsletter as CSV, which `import` reads back and a spreadsheet opens safely."""
    with open_session() as session:
        for line in export_rows(session, _find_newsletter(session, slug).id):
            output.write(line)


def _run(services: Services, import_id: int) -> None:
    """Bring a file in, here or, where a worker was quicker, there; return when it has ended."""
    while True:
        run_import(services.factory, import_id)
        with services.factory() as session:
            if session.get_one(Import, import_id).state not in {ImportState.WAITING, ImportState.RUNNING}:
                return
        time.sleep(LOOK)


def _find_newsletter(session: Session, slug: str | None) -> Newsletter:
    if slug is not None:
        return get_newsletter(session, slug)
    found = list_newsletters(session)
    if len(found) != 1:
        raise BadInput(
            f"Say which newsletter, by --newsletter: {', '.join(one.slug for one in found) or 'there is none'}."
        )
    return found[0]


def _report(services: Services, ids: Sequence[int], *, as_json: bool) -> None:
    with transaction(services.factory) as session:
        rows = [session.get_one(Import, import_id) for import_id in ids]
        report = to_plain_data(session, ids)
    failed = [f"{row.filename}: {row.problem}" for row in rows if row.state is not ImportState.DONE]
    if as_json:
        print_json(report)
    else:
        _print_plainly(rows, report)
    if failed:
        raise BadInput(" ".join(failed))


def _print_plainly(rows: Sequence[Import], report: dict[str, Any]) -> None:
    for row in rows:
        what = "would be" if row.is_dry_run else "were"
        click.echo(
            f"Import {row.id}, {row.filename} ({row.format}): of {row.rows:,} lines {row.added:,} {what} added, "
            f"{row.updated:,} updated, {row.unchanged:,} left as they are, {row.skipped:,} skipped; "
            f"{row.suppressed:,} must not be mailed."
        )
        if row.problem:
            click.echo(row.problem)
    for line in report["skipped"][:MOST_SHOWN]:
        click.echo(f"  line {line['line']}, {line['address'] or 'no address'}: {line['reason']}")
    if len(report["skipped"]) > MOST_SHOWN:
        click.echo(f"  … and {len(report['skipped']) - MOST_SHOWN:,} more lines; --json tells them all.")
