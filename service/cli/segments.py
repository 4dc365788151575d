"""``postrider segments``: saved choices of readers, and how many some words mean."""

import click

from service.cli.opening import open_session, print_json
from service.deliveries.segments.counting import TOO_LONG, count_people
from service.deliveries.segments.saved import list_segments
from service.errors import BadInput, Unavailable
from service.issues.queries import get_newsletter, list_newsletters
from service.subscribers.bounded import TookTooLong


@click.group()
def segments() -> None:
    """Choose readers by what is known of them."""


@segments.command()
@click.argument("words")
@click.option("--newsletter", "slug", help="Its short name; may be left out where there is only one.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def count(words: str, slug: str | None, *, as_json: bool) -> None:
    """Say how many readers WORDS mean, such as: "language is ru and clicked since 90 days ago"."""
    with open_session() as session:
        newsletters = list_newsletters(session)
        if slug is None and len(newsletters) != 1:
            raise BadInput("Say whose readers: --newsletter and its short name.")
        newsletter = get_newsletter(session, slug) if slug else newsletters[0]
        try:
            counted = count_people(session, words, newsletter.id)
        except TookTooLong as problem:
            raise Unavailable(TOO_LONG) from problem
    if as_json:
        print_json({"readers": counted.chosen, "of": counted.whole})
    else:
        click.echo(f"{counted.chosen:,} of {counted.whole:,} readers of {newsletter.name}")


@segments.command("list")
def list_saved() -> None:
    """List saved segments: name, words, and how many issues go by each."""
    with open_session() as session:
        after = ""
        while page := list_segments(session, after):
            for one in page:
                words = " ".join(one.segment.text.split())
                click.echo(f"{one.segment.name}\t{words}\t{one.issues}")
            after = page[-1].segment.name
