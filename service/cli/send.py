"""``postrider send``: where an issue's copies stand, what one person got, and the same steps as on the desk."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from service.cli.opening import open_services, open_session, print_json
from service.db import transaction
from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.missing import send_to_missing
from service.deliveries.queries import Copy, find_copies, get_progress
from service.deliveries.resending import send_again
from service.deliveries.starting import withdraw_issue
from service.deliveries.states import DeliveryState
from service.deliveries.uncertain import Doubt, list_uncertain
from service.errors import NotFound
from service.issues.queries import get_issue, issue_label
from service.issues.states import IssueState
from service.staff.audit import note

issue_argument = click.argument("issue_id", metavar="ISSUE", type=int)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")


@click.group()
def send() -> None:
    """See what happened to every copy of an issue, and steer its sending.

    ISSUE is an issue's id in `postrider issue list`.
    """


@send.command()
@issue_argument
@json_option
def status(issue_id: int, *, as_json: bool) -> None:
    """Show how many copies of ISSUE are in each state, and how far a long list of readers is written."""
    with open_session() as session:
        issue = get_issue(session, issue_id)
        progress = get_progress(session, issue_id)
    if as_json:
        print_json(progress.to_json())
        return
    click.echo(f"{issue.newsletter.slug} {issue_label(issue)}: {issue.state}")
    if issue.state is IssueState.HELD and issue.starts_at:
        click.echo(f"starts at {issue.starts_at.isoformat(timespec='seconds')}")
    if issue.pause_reason:
        click.echo(issue.pause_reason)
    if progress.expected is not None:
        click.echo(f"its list of readers is being written: {progress.audience:,} of about {progress.expected:,} so far")
    if progress.search is not None:
        looked, readers = progress.search.looked, progress.search.readers
        click.echo(f"who has no copy is looked for: {looked:,} of {readers:,} readers looked at so far")
    for state in DeliveryState:
        click.echo(f"{state:10} {progress.count(state):>9,}")
    sums = "everyone is in exactly one state" if progress.holds else "THE STATES DO NOT SUM TO THE AUDIENCE"
    click.echo(f"{'audience':10} {progress.audience:>9,}  ({sums})")
    if progress.finishes_at:
        ends = progress.finishes_at.isoformat(timespec="seconds")
        click.echo(f"{progress.per_second:,.1f} a second; done about {ends}")
    if progress.undecided:
        noun = "copy waits" if progress.undecided == 1 else "copies wait"
        click.echo(f"{progress.undecided:,} uncertain {noun} for a decision: postrider send uncertain {issue_id}")


@send.command()
@click.argument("address")
@json_option
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
        said = " ".join(str(copy[part]) for part in ("reason", "reply", "route", "message_id") if copy[part])
        click.echo("{newsletter} {number}: {state} at {at}; ".format(**copy) + said)


@send.command()
@issue_argument
def pause(issue_id: int) -> None:
    """Stop sending ISSUE for now; copies on the wire end first."""
    _steer(issue_id, pause_issue)


@send.command()
@issue_argument
def resume(issue_id: int) -> None:
    """Go on sending ISSUE."""
    _steer(issue_id, resume_issue)


@send.command()
@issue_argument
@click.confirmation_option(prompt="Whoever has no copy yet gets none, and this can't be undone. Cancel the rest?")
def cancel(issue_id: int) -> None:
    """Stop sending ISSUE for good: everyone still waiting is skipped."""
    _steer(issue_id, cancel_issue)


@send.command()
@issue_argument
def withdraw(issue_id: int) -> None:
    """Take ISSUE back before its first copy leaves: it is a draft again."""
    _steer(issue_id, withdraw_issue)


@send.command()
@issue_argument
@click.confirmation_option(prompt="Everybody who has no copy yet gets one. Send them?")
def missing(issue_id: int) -> None:
    """Send ISSUE to everybody who may get it now and has no copy."""
    with open_session() as session:
        added = send_to_missing(session, issue_id)
    if added is None:
        click.echo(f"They are being looked for among many readers: see postrider send status {issue_id}")
        return
    more = "one more person gets" if added == 1 else f"{added:,} more people get"
    click.echo(f"{more.capitalize()} it." if added else "Nobody is missing.")


@send.command()
@issue_argument
@json_option
def uncertain(issue_id: int, *, as_json: bool) -> None:
    """List the copies of ISSUE that nobody can know of, with what to look for in the relay's log."""
    doubts: list[dict[str, object]] = []
    with open_session() as session:
        get_issue(session, issue_id)
        page = 1
        while found := list_uncertain(session, issue_id, page):
            doubts += [_describe_doubt(doubt) for doubt in found]
            page += 1
    if as_json:
        print_json(doubts)
        return
    if not doubts:
        click.echo("No copy of this issue is uncertain.")
    for doubt in doubts:
        mark = "left" if doubt["left_at"] else "waits"
        click.echo("{address} {at} {message_id} ".format(**doubt) + f"({doubt['reason']}; {mark})")


@send.command()
@issue_argument
@click.argument("addresses", metavar="ADDRESS…", nargs=-1, required=True)
@click.confirmation_option(prompt="Whoever has a copy already gets a second one. Send again?")
def again(issue_id: int, addresses: tuple[str, ...]) -> None:
    """Send ISSUE again to each ADDRESS, whatever became of the first copy."""
    with open_session() as session:
        get_issue(session, issue_id)
        copies = [_find_copy(session, issue_id, address) for address in addresses]
        sent = send_again(session, issue_id, copies)
    click.echo(f"{sent:,} of {len(copies):,} sent again; the others are on their way, or may not be mailed any more.")


@send.command()
@click.confirmation_option(prompt="Only one copy of a database may send mail. Has every other one stopped for good?")
def adopt() -> None:
    """Let this database send from here, after it was moved or restored: beside its original it refuses to."""
    with open_services() as services:
        services.guard.adopt()
        with transaction(services.factory) as session:
            note(session, None, "Adopted the database", "instance:1")
    click.echo("This database sends from here now; its copies, wherever they are, refuse to.")


def _steer(issue_id: int, act: Callable[[Session, int], object]) -> None:
    with open_session() as session:
        act(session, issue_id)
        issue = get_issue(session, issue_id)
        click.echo(f"{issue.newsletter.slug} {issue_label(issue)} is {issue.state} now.")


def _find_copy(session: Session, issue_id: int, address: str) -> int:
    for copy in find_copies(session, address):
        if copy.issue.id == issue_id:
            return copy.delivery.id
    raise NotFound(f"No copy of this issue was planned for {address}. Nothing is sent again.")


def _describe(copy: Copy) -> dict[str, object]:
    delivery = copy.delivery
    return {
        "newsletter": copy.issue.newsletter.slug,
        "issue": copy.issue.id,
        "number": issue_label(copy.issue),
        "state": delivery.state.value,
        "at": delivery.changed_at.isoformat(timespec="seconds"),
        "reason": delivery.reason,
        "reply": " ".join(str(part) for part in (delivery.reply_code, delivery.reply_text) if part),
        "route": delivery.route,
        "message_id": delivery.message_id or "",
    }


def _describe_doubt(doubt: Doubt) -> dict[str, object]:
    copy = doubt.delivery
    return {
        "address": doubt.address,
        "at": copy.changed_at.isoformat(timespec="seconds"),
        "message_id": doubt.message_id,
        "route": copy.route,
        "reply": " ".join(str(part) for part in (copy.reply_code, copy.reply_text) if part),
        "reason": copy.reason,
        "attempts": copy.attempts,
        "left_at": copy.settled_at.isoformat(timespec="seconds") if copy.settled_at else None,
    }
