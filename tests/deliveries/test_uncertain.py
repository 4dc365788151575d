"""Copies that nobody can know of: shown with their evidence, left, or settled by what the relay's log says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.deliveries.abandoned import doubt_copies
from service.deliveries.claiming import Claim, give_back
from service.deliveries.models import Delivery
from service.deliveries.outcomes import record_outcomes
from service.deliveries.planning import release_issue
from service.deliveries.queries import get_progress
from service.deliveries.resending import send_again
from service.deliveries.states import DeliveryEvent, DeliveryState, next_state
from service.deliveries.uncertain import PAGE, accept, leave, list_uncertain, list_undecided, settle_by_evidence
from service.mail.events import outcome_of_reply
from service.staff.audit import list_entries
from tests.deliveries.steps import claim, intend_all
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

BROKEN = "the connection ended before the relay's answer"
LOGGED = "2026-11-22T09:00:01 relay postfix/smtp: status=sent (250 2.0.0 Ok: queued as 4F)"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def copies(open_transaction: OpenTransaction) -> list[int]:
    """The ids of three copies of one issue: uncertain, uncertain, sent."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 3)
        release_issue(session, make_issue(session, newsletter).id, PUBLIC_URL)
    with open_transaction() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        for row in rows[:2]:
            row.state, row.reason, row.route, row.attempts = DeliveryState.UNCERTAIN, BROKEN, "main", 2
            row.fence, row.changed_at = 3, LONG_AGO + timedelta(minutes=-row.id)
        rows[2].state = DeliveryState.SENT
        return [row.id for row in rows]


def read(open_transaction: OpenTransaction, copy: int) -> Delivery:
    """Return the copy as it stands."""
    with open_transaction() as session:
        return session.get_one(Delivery, copy)


def test_each_is_listed_with_all_that_is_known_those_who_wait_first(
    open_transaction: OpenTransaction, copies: list[int]
) -> None:
    with open_transaction() as session:
        issue_id = session.get_one(Delivery, copies[0]).issue_id
        doubts = list_uncertain(session, issue_id)
        assert [doubt.delivery.id for doubt in doubts] == [copies[1], copies[0]]  # the older doubt first
        assert doubts[0].address == "reader-1@example.org"
        assert doubts[0].message_id == f"issue-{issue_id}.copy-{copies[1]}@letters.test"
        session.execute(update(Delivery).where(Delivery.id == copies[0]).values(message_id="as-sent@relay.test"))
        leave(session, issue_id, [copies[1]])
        doubts = list_uncertain(session, issue_id)
        assert [doubt.delivery.id for doubt in doubts] == [copies[0], copies[1]]
        assert doubts[0].message_id == "as-sent@relay.test"
        assert list_undecided(session, issue_id) == [copies[0]]
        assert get_progress(session, issue_id).undecided == 1


def test_the_list_comes_in_pages(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, PAGE + 1)
        issue_id = make_issue(session, newsletter).id
        release_issue(session, issue_id, PUBLIC_URL)
        session.execute(update(Delivery).values(state=DeliveryState.UNCERTAIN))
        pages = [list_uncertain(session, issue_id, page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE, 1, 0]
    assert len({doubt.delivery.id for page in pages for doubt in page}) == PAGE + 1


def test_leaving_says_who_let_it_be_and_is_safe_to_repeat(
    open_transaction: OpenTransaction, copies: list[int], publisher_account: int
) -> None:
    with open_transaction() as session:
        issue_id = session.get_one(Delivery, copies[0]).issue_id
        assert leave(session, issue_id, copies, publisher_account) == 2
        assert leave(session, issue_id, copies, publisher_account) == 0
        [(entry, who)] = list_entries(session, f"issue:{issue_id}")
        assert (who, sorted(entry.details["copies"])) == ("Pat Publisher", copies[:2])
    assert read(open_transaction, copies[0]).state is DeliveryState.UNCERTAIN
    assert read(open_transaction, copies[0]).settled_at is not None
    assert read(open_transaction, copies[2]).settled_at is None


@pytest.mark.parametrize("by", ["message id", "message id in brackets", "delivery id"])
@pytest.mark.parametrize(("accepted", "state"), [(True, DeliveryState.SENT), (False, DeliveryState.FAILED)])
def test_case_04_evidence_from_the_relay_settles_an_uncertain_copy(
    open_transaction: OpenTransaction, copies: list[int], by: str, accepted: bool, state: DeliveryState
) -> None:
    with open_transaction() as session:
        issue_id = session.get_one(Delivery, copies[0]).issue_id
        name = f"issue-{issue_id}.copy-{copies[0]}@letters.test"
        asked = {"message id": name, "message id in brackets": f"<{name}>", "delivery id": ""}[by]
        delivery_id = copies[0] if by == "delivery id" else None
        evidence = {"accepted": accepted, "reply": LOGGED, "message_id": asked, "delivery_id": delivery_id}
        assert settle_by_evidence(session, **evidence) is True  # type: ignore[arg-type]  # a dictionary of mixed values
        assert settle_by_evidence(session, **evidence) is False  # type: ignore[arg-type]  # as above
    copy = read(open_transaction, copies[0])
    assert (copy.state, copy.reply_text) == (state, LOGGED)
    assert copy.reason == (None if accepted else "the relay refused it")
    with open_transaction() as session:
        [(entry, _)] = list_entries(session, f"issue:{issue_id}")
        assert (entry.details["copy"], entry.details["was"]) == (copies[0], "uncertain")
        assert get_progress(session, issue_id).holds


def test_evidence_that_comes_before_the_senders_own_word_counts_and_stands(
    open_transaction: OpenTransaction, copies: list[int]
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.id == copies[0]).values(state=DeliveryState.SENDING))
        assert settle_by_evidence(session, accepted=True, reply=LOGGED, delivery_id=copies[0])
    assert read(open_transaction, copies[0]).state is DeliveryState.SENT


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.QUEUED,
        DeliveryState.CLAIMED,
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.SKIPPED,
    ],
)
@pytest.mark.parametrize("accepted", [True, False])
def test_evidence_changes_nothing_of_a_copy_that_is_not_in_doubt(
    open_transaction: OpenTransaction, copies: list[int], state: DeliveryState, accepted: bool
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.id == copies[0]).values(state=state))
        assert not settle_by_evidence(session, accepted=accepted, reply=LOGGED, delivery_id=copies[0])
    assert read(open_transaction, copies[0]).state is state


@pytest.mark.parametrize(
    "message_id",
    [
        "",
        "nonsense",
        "issue-1.copy-999999@letters.test",
        "issue-1.copy-x@letters.test",
        "issue-1.copy-" + "9" * 40 + "@a",
    ],
)
def test_evidence_about_no_copy_of_ours_is_let_go(
    open_transaction: OpenTransaction, copies: list[int], message_id: str
) -> None:
    with open_transaction() as session:
        assert not settle_by_evidence(session, accepted=True, reply=LOGGED, message_id=message_id)
    assert read(open_transaction, copies[0]).state is DeliveryState.UNCERTAIN


def test_staff_who_found_copies_in_the_log_settle_those_of_this_issue_alone(
    open_transaction: OpenTransaction, copies: list[int], publisher_account: int
) -> None:
    with open_transaction() as session:
        issue_id = session.get_one(Delivery, copies[0]).issue_id
        assert accept(session, issue_id + 1, copies, publisher_account) == 0
        assert accept(session, issue_id, copies, publisher_account) == 2
        assert {who for _, who in list_entries(session, f"issue:{issue_id}")} == {"Pat Publisher"}
    assert read(open_transaction, copies[1]).state is DeliveryState.SENT


CLAIM = {"issue_id": 0, "subscription_id": 0, "recipient": "", "is_thanked": False, "name": None}
LATE_WORDS: dict[DeliveryEvent, Callable[[Session, Claim], None]] = {
    DeliveryEvent.DEFER: lambda session, one: record_outcomes(session, [(one, outcome_of_reply(451, "4.2.1 Later"))]),
    DeliveryEvent.RELEASE: lambda session, one: give_back(session, [one]),
    DeliveryEvent.ACCEPT: lambda session, one: record_outcomes(session, [(one, outcome_of_reply(250, "2.0.0 Ok"))]),
    DeliveryEvent.REFUSE: lambda session, one: record_outcomes(session, [(one, outcome_of_reply(550, "5.1.1 No"))]),
}


@pytest.mark.parametrize("event", LATE_WORDS)
@pytest.mark.parametrize("is_left", [True, False])
def test_what_its_sender_says_late_settles_a_copy_that_staff_have_left_or_changes_nothing_of_it(
    open_transaction: OpenTransaction, copies: list[int], event: DeliveryEvent, is_left: bool
) -> None:
    with open_transaction() as session:
        before = session.get_one(Delivery, copies[0])
        if is_left:
            leave(session, before.issue_id, [copies[0]])
        LATE_WORDS[event](session, Claim(copies[0], before.fence, **CLAIM))  # type: ignore[arg-type]  # mixed values
    copy = read(open_transaction, copies[0])
    told = next_state(DeliveryState.UNCERTAIN, event)
    assert copy.state is (DeliveryState.UNCERTAIN if is_left and told is DeliveryState.QUEUED else told)
    with open_transaction() as session:
        assert copies[0] not in list_undecided(session, copy.issue_id)


def test_every_doubt_about_a_copy_that_goes_out_once_more_waits_for_a_decision_of_its_own(
    open_transaction: OpenTransaction, copies: list[int]
) -> None:
    with open_transaction() as session:
        issue_id = session.get_one(Delivery, copies[0]).issue_id
        leave(session, issue_id, [copies[0]])
        LATE_WORDS[DeliveryEvent.DEFER](session, Claim(copies[0], 3, **CLAIM))  # type: ignore[arg-type]  # as above
        send_again(session, issue_id, [copies[0]])
    with open_transaction() as session:
        _, claims = claim(session, issue_id)
        intend_all(session, claims)
        doubt_copies(session, claims)
    with open_transaction() as session:
        assert copies[0] in list_undecided(session, issue_id)


def test_evidence_about_a_copy_that_staff_sent_again_is_too_late(
    open_transaction: OpenTransaction, copies: list[int]
) -> None:
    with open_transaction() as session:
        issue_id = session.get_one(Delivery, copies[0]).issue_id
        assert send_again(session, issue_id, [copies[0]]) == 1
        assert not settle_by_evidence(session, accepted=True, reply=LOGGED, delivery_id=copies[0])
    assert read(open_transaction, copies[0]).state is DeliveryState.QUEUED
