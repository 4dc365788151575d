"""``postrider send``: figures for people and programs, one person's copies, and steering from a terminal."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from service.deliveries.models import AudiencePlan, Delivery, Instance
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.errors import BadInput, Conflict, NotFound
from service.issues.models import Issue
from service.issues.states import IssueState
from service.staff.audit import list_entries
from service.wiring import Services
from tests.cli.conftest import Run
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

READERS = 4


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """An issue that goes out to four readers: one copy was accepted, one is uncertain."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
    with open_transaction() as session:
        sent, lost = session.scalars(select(Delivery).order_by(Delivery.id).limit(2))
        sent.state, sent.reply_code, sent.reply_text, sent.route = DeliveryState.SENT, 250, "2.0.0 Ok", "main"
        sent.message_id, sent.fence = f"issue-{issue.id}.copy-{sent.id}@letters.test", 1
        lost.state, lost.reason, lost.fence = DeliveryState.UNCERTAIN, "the line broke", 1
        return issue.id


@pytest.fixture
def state_of(open_transaction: OpenTransaction) -> Callable[[int], IssueState]:
    """Tell where an issue stands."""

    def read(issue_id: int) -> IssueState:
        with open_transaction() as session:
            return session.get_one(Issue, issue_id).state

    return read


def test_the_status_for_programs_is_exactly_the_promised_document(run: Run, issue_id: int) -> None:
    figures = json.loads(run("send", "status", str(issue_id), "--json").output)
    assert figures == {
        "audience": READERS,
        "queued": 2,
        "claimed": 0,
        "sending": 0,
        "sent": 1,
        "failed": 0,
        "skipped": 0,
        "uncertain": 1,
        "per_second": figures["per_second"],
        "finishes_at": figures["finishes_at"],
    }


def test_the_status_for_people_says_what_waits_for_them(
    run: Run, issue_id: int, open_transaction: OpenTransaction
) -> None:
    said = run("send", "status", str(issue_id)).output
    assert "crossings 1-1: sending" in said
    assert "everyone is in exactly one state" in said
    assert f"1 uncertain copy waits for a decision: postrider send uncertain {issue_id}" in said
    with open_transaction() as session:
        session.execute(update(Issue).values(state=IssueState.PAUSED, pause_reason="The relay refuses our sign-in."))
    assert "The relay refuses our sign-in." in run("send", "status", str(issue_id)).output


def test_the_status_says_how_far_a_long_list_of_readers_is_written(
    run: Run, issue_id: int, open_transaction: OpenTransaction
) -> None:
    assert "list of readers" not in run("send", "status", str(issue_id)).output
    with open_transaction() as session:
        session.add(AudiencePlan(issue_id=issue_id, expected=57_000))
    said = run("send", "status", str(issue_id)).output
    assert f"its list of readers is being written: {READERS} of about 57,000 so far\n" in said


def test_one_persons_copies_are_found_with_all_that_is_known(run: Run, issue_id: int) -> None:
    [copy] = json.loads(run("send", "find", "Reader-0@example.org", "--json").output)
    assert (copy["issue"], copy["newsletter"], copy["number"], copy["state"]) == (issue_id, "crossings", "1-1", "sent")
    assert (copy["reply"], copy["route"]) == ("250 2.0.0 Ok", "main")
    assert copy["message_id"].endswith("@letters.test")
    assert "T" in copy["at"]
    said = run("send", "find", "reader-0@example.org").output
    assert "crossings 1-1: sent at " in said
    assert f"250 2.0.0 Ok main {copy['message_id']}" in said
    assert "No issue was ever planned for" in run("send", "find", "nobody@example.org").output
    assert json.loads(run("send", "find", "nobody@example.org", "--json").output) == []
    assert isinstance(run("send", "find", "nobody").exception, BadInput)


def test_an_issue_is_paused_resumed_and_cancelled(
    run: Run, issue_id: int, state_of: Callable[[int], IssueState]
) -> None:
    assert run("send", "pause", str(issue_id)).output == "crossings 1-1 is paused now.\n"
    assert run("send", "resume", str(issue_id)).output == "crossings 1-1 is sending now.\n"
    assert run("send", "cancel", str(issue_id)).exit_code == 1  # nobody answered the question
    assert state_of(issue_id) is IssueState.SENDING
    assert run("send", "cancel", str(issue_id), "--yes").output == "crossings 1-1 is cancelled now.\n"
    assert state_of(issue_id) is IssueState.CANCELLED
    assert isinstance(run("send", "pause", str(issue_id)).exception, Conflict)


def test_an_issue_is_taken_back_while_nothing_has_left(
    run: Run, issue_id: int, open_transaction: OpenTransaction, state_of: Callable[[int], IssueState]
) -> None:
    assert isinstance(run("send", "withdraw", str(issue_id)).exception, Conflict)
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.QUEUED, message_id=None))
        session.execute(update(Issue).values(state=IssueState.HELD))
    assert "starts at " in run("send", "status", str(issue_id)).output
    assert run("send", "withdraw", str(issue_id)).output == "crossings 1-1 is draft now.\n"
    assert state_of(issue_id) is IssueState.DRAFT


def test_the_missing_are_sent_to(run: Run, issue_id: int, open_transaction: OpenTransaction) -> None:
    assert run("send", "missing", str(issue_id), "--yes").output == "Nobody is missing.\n"
    with open_transaction() as session:
        make_reader(session, session.get_one(Issue, issue_id).newsletter_id, "late@example.org")
    assert run("send", "missing", str(issue_id)).exit_code == 1  # nobody answered the question
    assert run("send", "missing", str(issue_id), "--yes").output == "One more person gets it.\n"


def test_uncertain_copies_are_listed(run: Run, issue_id: int, open_transaction: OpenTransaction) -> None:
    [doubt] = json.loads(run("send", "uncertain", str(issue_id), "--json").output)
    assert (doubt["address"], doubt["reason"], doubt["left_at"]) == ("reader-1@example.org", "the line broke", None)
    assert doubt["message_id"].startswith(f"issue-{issue_id}.copy-")
    assert "(the line broke; waits)" in run("send", "uncertain", str(issue_id)).output
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
    assert run("send", "uncertain", str(issue_id)).output == "No copy of this issue is uncertain.\n"


def test_named_people_are_sent_another_copy(run: Run, issue_id: int, open_transaction: OpenTransaction) -> None:
    named = ("send", "again", str(issue_id), "READER-1@example.org", "reader-2@example.org")
    assert run(*named).exit_code == 1  # nobody answered the question
    said = run(*named, "--yes").output
    assert said == "1 of 2 sent again; the others are on their way, or may not be mailed any more.\n"
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).where(Delivery.recipient == "reader-1@example.org")).one()
        assert (copy.state, copy.fence) == (DeliveryState.QUEUED, 2)


def test_a_stranger_among_the_named_stops_the_whole_command(
    run: Run, issue_id: int, open_transaction: OpenTransaction
) -> None:
    refused = run("send", "again", str(issue_id), "reader-1@example.org", "stranger@example.org", "--yes").exception
    assert isinstance(refused, NotFound)
    assert "stranger@example.org. Nothing is sent again." in refused.message
    with open_transaction() as session:
        assert DeliveryState.UNCERTAIN in set(session.scalars(select(Delivery.state)))


def test_a_database_that_was_moved_is_adopted_by_a_person_who_says_so(
    run: Run, services: Services, open_transaction: OpenTransaction
) -> None:
    services.guard.refuse_foreign()  # the first to ask makes a new database its own
    with open_transaction() as session:
        session.execute(update(Instance).values(public_url="https://elsewhere.test"))
    assert run("send", "adopt").exit_code == 1  # nobody answered the question
    assert "sends from here now" in run("send", "adopt", "--yes").output
    with open_transaction() as session:
        assert session.scalars(select(Instance.public_url)).one() == PUBLIC_URL
        assert [entry.action for entry, _ in list_entries(session, "instance:1")] == ["Adopted the database"]


@pytest.mark.parametrize("command", ["status", "pause", "resume", "withdraw", "missing", "uncertain"])
def test_an_issue_that_is_not_there_is_said_to_be_missing(run: Run, command: str) -> None:
    answered = ["--yes"] if command == "missing" else []
    assert isinstance(run("send", command, "999", *answered).exception, NotFound)
