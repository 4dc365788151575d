"""``postrider receive``: what the mail server pipes mails to RETURN_DOMAIN into. Translates; decides nothing."""

import click

from service.cli.opening import open_services
from service.db import transaction
from service.deliveries.returning import take_unsubscribe


@click.command()
@click.argument("recipient")
def receive(recipient: str) -> None:
    """Take a mail to RECIPIENT, an address to unsubscribe by (u-…), and end that subscription.

    The mail itself, on standard input, is not read: its address says all. In Postfix: a pipe transport with
    argv=postrider receive ${recipient}.
    """
    with open_services() as services, transaction(services.factory) as session:
        take_unsubscribe(session, services.composers.returns, recipient)
    click.echo("Unsubscribed.")
