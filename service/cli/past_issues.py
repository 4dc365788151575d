"""``postrider issue import-archive``: the posts of another house become past issues, and can be taken back."""

import time
from pathlib import Path
from typing import Any

import click

from service.cli.choosing import choose_newsletter
from service.cli.opening import open_services, open_session, print_json
from service.db import SessionFactory, transaction
from service.issues.past.deciding import bring_in, take_back
from service.issues.past.models import ArchiveState
from service.issues.past.queries import get_archive, to_plain_data
from service.issues.past.running import run_archive
from service.issues.past.storing import store_archive

MOST_WARNINGS = 3  # of one post; --json has them all
LOOK = 0.5  # seconds between two looks at an archive that a worker has taken


@click.command("import-archive")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", "slug", help="Short name of the newsletter; needed only when there are several.")
@click.option("--site", default="", help="Where the posts stood on the web, such as https://letters.example.org.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would become of each post; keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def import_archive(file: Path, slug: str | None, site: str, *, is_dry_run: bool, as_json: bool) -> None:
    """Bring in the posts of FILE as past issues: Substack's export (a zip) or Ghost's (JSON).

    They stand in the public archive under their own dates, sealed, and are never sent to anybody. A second time changes
    nothing. Drafts, pages and what only some people could read stay out, each with its reason.
    """
    with open_services() as services:
        with transaction(services.factory) as session:
            archive_id = store_archive(session, choose_newsletter(session, slug), file, file.name, site).id
        _run(services.factory, archive_id)
        if not is_dry_run:
            with transaction(services.factory) as session:
                bring_in(session, archive_id)
            _run(services.factory, archive_id)
        with transaction(services.factory) as session:
            report = to_plain_data(session, archive_id)
            if is_dry_run:
                take_back(session, archive_id)
    if as_json:
        print_json(report if is_dry_run else report | {"archive": archive_id})
        return
    _print_plainly(report)
    click.echo(
        "Nothing was stored (--dry-run)."
        if is_dry_run
        else f"To undo all of this: postrider issue take-back-archive {archive_id}"
    )


@click.command("take-back-archive")
@click.argument("archive_id", type=click.IntRange(1))
def take_back_archive(archive_id: int) -> None:
    """Delete the past issues that the archive ARCHIVE_ID brought, all together; nobody ever got them by mail."""
    with open_session() as session:
        gone = take_back(session, archive_id)
    click.echo(f"{gone:,} past {'issue is' if gone == 1 else 'issues are'} deleted.")


def _run(factory: SessionFactory, archive_id: int) -> None:
    """Do what the archive waits for, here or, where a worker was quicker, there; return when it is done."""
    run_archive(factory, archive_id)
    while _is_open(factory, archive_id):
        time.sleep(LOOK)
        run_archive(factory, archive_id)


def _is_open(factory: SessionFactory, archive_id: int) -> bool:
    with factory() as session:
        return get_archive(session, archive_id).state in {ArchiveState.EXAMINING, ArchiveState.BRINGING}


def _print_plainly(report: dict[str, Any]) -> None:
    for post in report["posts"]:
        date = (post["published_at"] or "no date")[:10]
        click.echo(f"{post['outcome']:9} {date:10}  {post['title'] or '(no title)'}")
        for sentence in filter(None, [post["reason"], *post["warnings"][:MOST_WARNINGS]]):
            click.echo(f"{'':23}{sentence}")
        if len(post["warnings"]) > MOST_WARNINGS:
            click.echo(f"{'':23}… and {len(post['warnings']) - MOST_WARNINGS:,} more; --json tells them all.")
    click.echo(
        f"{report['house']}: of {len(report['posts']):,} posts {report['added']:,} added, {report['new']:,} to add, "
        f"{report['unchanged']:,} here already, {report['skipped']:,} skipped."
    )
