"""``postrider newsletter``: the publications of the house."""

import click

from service.cli.opening import open_session
from service.issues.newsletters import Facts, add_newsletter
from service.issues.queries import list_newsletters


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
    with open_session() as session:
        added = add_newsletter(
            session,
            slug,
            Facts(
                name=facts["name"],
                tagline=facts["tagline"],
                language=facts["language"],
                publisher=facts["publisher"],
                postal_address=facts["postal_address"],
                tax_line=facts["tax_line"],
                gift_url=facts["gift_url"],
                sender_name=facts["name"],
                sender_address=facts["sender"],
                reply_address=facts["reply_to"],
            ),
        ).name
    click.echo(f"Added {added}.")


@newsletter.command("list")
def list_all() -> None:
    """List every newsletter."""
    with open_session() as session:
        for row in list_newsletters(session):
            click.echo(f"{row.slug:20} {row.name} ({row.sender_address})")
