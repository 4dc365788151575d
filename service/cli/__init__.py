"""``postrider …``: one file per noun. Translates words of the command line into calls; decides nothing.

Exit codes: 0 done, 1 it could not be done (a sentence on stderr says why), 2 the command itself is wrong.
"""

import sys

import click

from service.cli.bench import bench
from service.cli.database import migrate
from service.cli.dkim import dkim
from service.cli.donations import donations
from service.cli.doors import doors
from service.cli.issue import issue
from service.cli.newsletter import newsletter
from service.cli.organisation import organisation
from service.cli.receive import receive
from service.cli.run import run
from service.cli.segments import segments
from service.cli.send import send
from service.cli.staff import staff
from service.cli.subscribers import subscribers
from service.errors import PostriderError
from service.settings import BadSettings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="postrider")
def postrider() -> None:
    """Postrider: the newsletter, subscriber and gift service that a small organisation runs itself.

    Commands work on the database that DATABASE_URL names, on the service that `postrider run` has started here,
    or start the embedded servers for their own run.
    """


NOUNS = (
    *(run, issue, send, subscribers, segments, donations, newsletter, doors, organisation, staff, dkim, receive),
    *(migrate, bench),
)
for command in NOUNS:
    postrider.add_command(command)


def main() -> None:
    """Run the command line; a failure is one sentence on stderr, never a trace."""
    try:
        postrider()
    except (PostriderError, BadSettings) as problem:
        click.echo(f"postrider: {problem}", err=True)
        sys.exit(1)
