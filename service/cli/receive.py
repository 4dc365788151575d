"""``postrider receive``: what the mail server pipes mails to RETURN_DOMAIN into. Translates; decides nothing.

Its exit codes are the mail server's (sysexits.h): 75 means keep the mail and try again, so that nobody's wish to leave
is lost because a database was being restarted.
"""

import os
import sys

import click
from sqlalchemy.exc import DBAPIError

from service.db import transaction
from service.deliveries.returning import take_unsubscribe
from service.errors import BadInput, NotFound
from service.settings import BadSettings, load_settings
from service.wiring import wire

NO_SUCH_USER = os.EX_NOUSER
TRY_AGAIN = os.EX_TEMPFAIL


@click.command()
@click.argument("recipient")
def receive(recipient: str) -> None:
    """Take a mail to RECIPIENT, an address to unsubscribe by (u-…), and end that subscription.

    The mail itself, on standard input, is not read: its address says all. It needs the service's own environment and
    never starts a server. Exit codes: 0 done, 67 no such address, 75 try again later.
    """
    try:
        services = wire(load_settings(), pool_size=1)
        try:
            with transaction(services.factory) as session:
                take_unsubscribe(session, services.composers.returns, recipient)
        finally:
            services.close()
    except (BadInput, NotFound) as problem:
        _leave(problem.message, NO_SUCH_USER)
    except BadSettings as problem:
        _leave(str(problem), TRY_AGAIN)
    except DBAPIError:
        _leave("the database does not answer", TRY_AGAIN)
    click.echo("Unsubscribed.")


def _leave(sentence: str, code: int) -> None:
    click.echo(f"postrider: {sentence}", err=True)
    sys.exit(code)
