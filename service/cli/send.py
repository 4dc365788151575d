"""``postrider send``: where an issue's copies stand, and what one person got."""

import click

from service.cli.opening import open_session, print_json
from service.deliveries.queries import Copy, find_copies, get_progress
from service.deliveries.states import DeliveryState
from service.issues.queries import get_issue, issue_label


@click.group()
def send() -> None:
    """See what happened to every copy of an issue."""


@send.command()
@click.argument("issue_id", metavar="ISSUE", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def status(issue_id: int, *, as_json: bool) -> None:
    """Show how many copies of ISSUE (its id in `postrider issue list`) are in each state."""
    with open_session() as session:
        get_issue(session, issue_id)
        progress = get_progress(session, issue_id)
    if as_json:
        print_json(progress.to_json())
        return
    for state in DeliveryState:
        click.echo(f"{state:10} {progress.count(state):>9,}")
    sums = "everyone is in exactly one state" if progress.holds else "THE STATES DO NOT SUM TO THE AUDIENCE"
    click.echo(f"{'audience':10} {progress.audience:>9,}  ({sums})")


@send.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def find(address: str, *, as_json: bool) -> None:
    """Show every issue that was planned for ADDRESS: its state, when, and what the relay said."""
    with open_session() as session:
        copies = [_describe(copy) for copy in find_copies(session, address)]
    if as_json:
        print_json(copies)
        return
    if not copies:
        click.echo(f"No issue was ever planned for {address}.")
    for copy in copies:
        click.echo("{newsletter} {number}: {state} at {at}; {reply} {message_id}".format(**copy))


def _describe(copy: Copy) -> dict[str, object]:
    delivery = copy.delivery
    return {
        "newsletter": copy.issue.newsletter.slug,
        "number": issue_label(copy.issue),
        "state": delivery.state.value,
        "at": delivery.changed_at.isoformat(timespec="seconds"),
        "reason": delivery.reason,
        "reply": " ".join(str(part) for part in (delivery.reply_code, delivery.reply_text) if part),
        "message_id": delivery.message_id or "",
    }
