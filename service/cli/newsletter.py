"""``postrider newsletter``: the publications of the house."""

import re

import click

from service.addresses import parse_address
from service.cli.opening import open_session
from service.errors import BadInput
from service.issues.editing import one_line
from service.issues.models import Newsletter
from service.issues.queries import list_newsletters

_LINES = {
    "name": "The name",
    "tagline": "The tagline",
    "publisher": "The publisher",
    "tax_line": "The sentence about tax",
    "gift_url": "The address of gifts",
}


@click.group()
def newsletter() -> None:
    """Add and list newsletters."""


@newsletter.command()
@click.argument("slug")
@click.option("--name", required=True, help="The name in the masthead.")
@click.option("--tagline", default="", help="One line below the name.")
@click.option("--publisher", required=True, help="The organisation.")
@click.option("--postal-address", required=True, help="Printed in every mail, as the law asks.")
@click.option("--tax-line", default="", help="The sentence about tax-deductible gifts.")
@click.option("--gift-url", default="", help="Where the gift button leads.")
@click.option("--sender", required=True, help="The address in From.")
@click.option("--reply-to", required=True, help="Where replies go.")
@click.option("--language", default="en", show_default=True)
def add(slug: str, **facts: str) -> None:
    """Add the newsletter SLUG (its short name in URLs: letters, digits and hyphens)."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise BadInput("A short name has lower-case letters, digits and single hyphens only.")
    said = {name: one_line(facts[name], what) for name, what in _LINES.items()}
    sender, reply_to = parse_address(facts["sender"]).mailed, parse_address(facts["reply_to"]).mailed
    with open_session() as session:
        if any(known.slug == slug for known in list_newsletters(session)):
            raise BadInput(f"There is a newsletter {slug} already.")
        session.add(
            Newsletter(
                slug=slug,
                list_id=f"{slug}.{sender.rpartition('@')[2]}",
                name=said["name"],
                tagline=said["tagline"],
                language=facts["language"],
                publisher=said["publisher"],
                postal_address=facts["postal_address"],
                tax_line=said["tax_line"],
                gift_url=said["gift_url"],
                sender_name=said["name"],
                sender_address=sender,
                reply_address=reply_to,
            )
        )
    click.echo(f"Added {said['name']}.")


@newsletter.command("list")
def list_all() -> None:
    """List every newsletter."""
    with open_session() as session:
        for row in list_newsletters(session):
            click.echo(f"{row.slug:20} {row.name} ({row.sender_address})")
