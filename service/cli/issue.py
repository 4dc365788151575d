"""``postrider issue``: manuscripts become drafts, archives past issues; issues are listed."""

from pathlib import Path

import click

from service.cli.choosing import choose_newsletter
from service.cli.opening import open_session, print_json
from service.cli.past_issues import import_archive, take_back_archive
from service.errors import BadInput
from service.issues.importing import import_manuscript
from service.issues.queries import issue_label, list_issues
from service.manuscripts import Manuscript, read_manuscript

LARGEST_FILE = 20_000_000  # bytes; what is inside is checked again, unpacked, by the reader


@click.group()
def issue() -> None:
    """Turn manuscripts and archives into issues, and list them."""


for command in (import_archive, take_back_archive):
    issue.add_command(command)


@issue.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", "slug", help="Short name of the newsletter; needed only when there are several.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported; store nothing and need no database.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def import_file(file: Path, slug: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Read FILE (text pasted from the web, Markdown, Word .docx or HTML) and make it a draft.

    Nothing of the file is lost: what is not part of an item is listed as left out, with its line and the reason.
    """
    if file.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{file.name} has {file.stat().st_size:,} bytes; at most {LARGEST_FILE:,} can be read.")
    data = file.read_bytes()
    manuscript = read_manuscript(data, file.name)
    stored_as = None if dry_run else _store(data, file.name, slug)
    if as_json:
        print_json(manuscript.to_json() | ({} if stored_as is None else {"issue": stored_as}))
        return
    _print_summary(manuscript)
    click.echo(f"\nStored as draft {stored_as}." if stored_as else "\nNothing was stored (--dry-run).")


@issue.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def list_all(*, as_json: bool) -> None:
    """List every issue, newest first."""
    with open_session() as session:
        rows = [
            {
                "issue": row.id,
                "newsletter": row.newsletter.slug,
                "number": issue_label(row),
                "date": row.issued_on.isoformat(),
                "state": row.state.value,
                "title": row.title,
            }
            for row in list_issues(session)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo("{issue:>5}  {newsletter:16} {number:>7}  {date}  {state:10} {title}".format(**row))


def _store(data: bytes, filename: str, slug: str | None) -> int:
    with open_session() as session:
        return import_manuscript(session, choose_newsletter(session, slug), data, filename).id


def _print_summary(manuscript: Manuscript) -> None:
    if manuscript.title:
        click.echo(f"Title: {manuscript.title}")
    for item in manuscript.items:
        by = f", by {' and '.join(item.byline)}" if item.byline else ""
        notes = f", {len(item.notes)} notes" if item.notes else ""
        click.echo(f"  {item.kind:9} {item.title or '(no title)'}{by} [{item.language}{notes}]")
    for heading, rows in (("Left out", manuscript.left_out), ("To settle", manuscript.warnings)):
        if rows:
            click.echo(f"{heading}:")
        for row in rows:
            click.echo(f"  line {row.lines[0]}: {row.text[:60]} ({row.reason})")
