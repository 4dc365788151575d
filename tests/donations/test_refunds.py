"""Paying back: how much, who must agree, and that the money moves once."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.adapters.stripe.gateway import StripeGateway
from service.alarms.models import Alarm
from service.clock import now
from service.development.fakestripe.fake import FakeStripe
from service.donations.models import Donation, LedgerEntry, Refund, RefundRequest
from service.donations.refunds import (
    LATE,
    RequestState,
    approve_refund,
    count_left,
    decline_refund,
    find_newest_request,
    list_requests,
    list_unsent_refunds,
    request_refund,
    send_refund,
)
from service.donations.settlement import Settlement
from service.donations.states import DonationState, LedgerKind, RefundState
from service.donations.upkeep import tend_gifts
from service.errors import BadInput, Conflict, NotFound, Unavailable
from service.jobs import Job
from service.staff.models import Account
from service.staff.roles import Role
from service.turns import Turn
from service.wiring import Services
from tests.adapters.stripe.giving import give_payment
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_organisation
from tests.factories.staff import make_account
from tests.fixtures.services import OpenTransaction, PublishedJobs

LIMIT = 50_000  # what one person may pay back
OURS = {DonationState.SUCCEEDED, DonationState.PARTIALLY_REFUNDED}


def make_staff(session: Session, name: str = "Tove") -> Account:
    """Store a treasurer."""
    return make_account(session, f"{name.lower()}@office.example", name, "correct horse battery", Role.TREASURER)


def make_gift(
    session: Session, amount_minor: int = 120_000, state: DonationState = DonationState.SUCCEEDED
) -> Donation:
    """Store a card gift in a house whose limit is LIMIT."""
    make_organisation(session).refund_limit_minor = LIMIT
    return make_donation(session, make_donor(session), make_fund(session), amount_minor, state=state)


def test_up_to_the_limit_it_goes_at_once_and_above_it_waits(session: Session) -> None:
    gift, tove = make_gift(session), make_staff(session)
    assert request_refund(session, gift.id, LIMIT, "Paid twice", tove).state == RequestState.APPROVED
    assert request_refund(session, gift.id, LIMIT + 1, "Paid twice", tove).state == RequestState.WAITING


def test_a_large_refund_cut_in_pieces_needs_a_second_person_all_the_same(session: Session) -> None:
    gift, tove = make_gift(session), make_staff(session)
    states = [request_refund(session, gift.id, 20_000, f"Piece {n}", tove).state for n in range(4)]
    assert states == [RequestState.APPROVED, RequestState.APPROVED, RequestState.WAITING, RequestState.WAITING]


def test_what_a_second_person_agreed_to_does_not_use_up_the_limit_of_one(session: Session) -> None:
    gift, tove, sven = make_gift(session), make_staff(session), make_staff(session, "Sven")
    large = request_refund(session, gift.id, LIMIT + 1, "Paid twice", tove)
    approve_refund(session, large.id, sven)
    assert request_refund(session, gift.id, LIMIT, "The rest", tove).state == RequestState.APPROVED


def test_whoever_asked_can_not_be_the_second_person(session: Session) -> None:
    gift, tove, sven = make_gift(session), make_staff(session), make_staff(session, "Sven")
    asked = request_refund(session, gift.id, LIMIT + 1, "Paid twice", tove)
    with pytest.raises(Conflict, match="a second person must agree"):
        approve_refund(session, asked.id, tove)
    assert asked.state == RequestState.WAITING
    assert approve_refund(session, asked.id, sven).state == RequestState.APPROVED
    assert (asked.requested_by_id, asked.decided_by_id) == (tove.id, sven.id)


def test_a_request_is_decided_once(session: Session) -> None:
    gift, tove, sven = make_gift(session), make_staff(session), make_staff(session, "Sven")
    asked = request_refund(session, gift.id, LIMIT + 1, "Paid twice", tove)
    decline_refund(session, asked.id, tove)
    for decide in (approve_refund, decline_refund):
        with pytest.raises(Conflict, match="decided meanwhile"):
            decide(session, asked.id, sven)
    assert asked.state == RequestState.DECLINED


def test_what_is_open_can_not_be_asked_for_twice(session: Session) -> None:
    gift, tove, sven = make_gift(session, 100_000), make_staff(session), make_staff(session, "Sven")
    first = request_refund(session, gift.id, 70_000, "Paid twice", tove)
    assert count_left(session, gift) == 30_000
    with pytest.raises(BadInput, match=r"At most \$300\.00"):
        request_refund(session, gift.id, 30_001, "More", tove)
    decline_refund(session, first.id, sven)
    assert count_left(session, gift) == 100_000


@pytest.mark.parametrize(
    ("refund_state", "left"),
    [(None, 4_000), (RefundState.PENDING, 4_000), (RefundState.SUCCEEDED, 4_000), (RefundState.FAILED, 10_000)],
)
def test_a_sent_refund_counts_once_whether_its_mirror_has_come_or_not(
    session: Session, refund_state: RefundState | None, left: int
) -> None:
    gift, tove = make_gift(session, 10_000), make_staff(session)
    asked = request_refund(session, gift.id, 6_000, "Paid twice", tove)
    asked.state, asked.refund_id = RequestState.SENT, "re_1"
    if refund_state is not None:
        session.add(
            Refund(refund_id="re_1", donation_id=gift.id, amount_minor=6_000, state=refund_state, created_at=PAID_AT)
        )
        gift.refunded_minor = 0 if refund_state is RefundState.FAILED else 6_000
    session.flush()
    assert count_left(session, gift) == left


@pytest.mark.parametrize(
    "state", sorted(set(DonationState) - {DonationState.SUCCEEDED, DonationState.PARTIALLY_REFUNDED})
)
def test_only_money_that_we_hold_is_paid_back(session: Session, state: DonationState) -> None:
    gift, tove = make_gift(session, state=state), make_staff(session)
    with pytest.raises(Conflict):
        request_refund(session, gift.id, 100, "Paid twice", tove)
    assert list_requests(session) == []


def test_a_cheque_is_not_paid_back_through_the_processor(session: Session) -> None:
    gift, tove = make_gift(session), make_staff(session)
    gift.payment_id = gift.charge_id = None
    with pytest.raises(Conflict, match="cheque or transfer"):
        request_refund(session, gift.id, 100, "Paid twice", tove)


@pytest.mark.parametrize(("amount", "reason"), [(0, "Paid twice"), (-5, "Paid twice"), (120_001, "x"), (100, " \n ")])
def test_a_bad_amount_or_no_reason_is_refused(session: Session, amount: int, reason: str) -> None:
    gift, tove = make_gift(session), make_staff(session)
    with pytest.raises(BadInput):
        request_refund(session, gift.id, amount, reason, tove)
    assert list_requests(session) == []


def test_a_form_that_is_sent_twice_asks_once(session: Session) -> None:
    gift, tove = make_gift(session), make_staff(session)
    seen = find_newest_request(session, gift.id)
    request_refund(session, gift.id, 100, "Paid twice", tove, seen=seen)
    with pytest.raises(Conflict, match="meanwhile"):
        request_refund(session, gift.id, 100, "Paid twice", tove, seen=seen)
    assert len(list_requests(session, gift.id)) == 1


def test_a_request_that_no_longer_fits_is_not_approved(session: Session) -> None:
    gift, tove, sven = make_gift(session), make_staff(session), make_staff(session, "Sven")
    asked = request_refund(session, gift.id, 100_000, "Paid twice", tove)
    gift.refunded_minor, gift.state = 50_000, DonationState.PARTIALLY_REFUNDED
    session.flush()
    with pytest.raises(Conflict, match="Less than that is left"):
        approve_refund(session, asked.id, sven)
    gift.refunded_minor, gift.state = 0, DonationState.DISPUTED
    with pytest.raises(Conflict, match="dispute"):
        approve_refund(session, asked.id, sven)


def test_unknown_gifts_and_requests_are_not_found(session: Session) -> None:
    tove = make_staff(session)
    with pytest.raises(NotFound):
        request_refund(session, 999, 100, "Paid twice", tove)
    with pytest.raises(NotFound):
        approve_refund(session, 999, tove)


def test_only_an_approved_request_leaves_and_after_its_commit(
    open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        gift, tove = make_gift(session), make_staff(session)
        small = request_refund(session, gift.id, 100, "Paid twice", tove).id
        request_refund(session, gift.id, LIMIT, "Paid twice", tove)
        assert published_jobs.of(Job.SEND_REFUND) == []
    assert published_jobs.of(Job.SEND_REFUND) == [(small,)]


def test_the_sweep_finds_requests_whose_nudge_was_lost(session: Session) -> None:
    gift, tove = make_gift(session), make_staff(session)
    old, fresh, waits = (request_refund(session, gift.id, minor, "x", tove) for minor in (100, 200, LIMIT))
    for one in (old, waits):
        one.decided_at = now() - 2 * LATE
    session.flush()
    assert (fresh.state, waits.state) == (RequestState.APPROVED, RequestState.WAITING)
    assert list_unsent_refunds(session) == [old.id]


# --- Against the test Stripe ---


@pytest.fixture
def payment_id(
    fake_stripe: FakeStripe, gateway: StripeGateway, services: Services, open_transaction: OpenTransaction
) -> str:
    """A settled gift of $52 at the processor and in the books."""
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session, "archive", "The archive")
        make_staff(session)
    payment = give_payment(fake_stripe, gateway)
    Settlement(services.factory, gateway).sync_payment(payment)
    return payment


def ask(open_transaction: OpenTransaction, payment_id: str, amount_minor: int) -> int:
    """Ask for a refund of the gift; returns the request's id."""
    with open_transaction() as session:
        gift = session.scalars(select(Donation).where(Donation.payment_id == payment_id)).one()
        tove = session.scalars(select(Account)).one()
        return request_refund(session, gift.id, amount_minor, "Paid twice", tove).id


def look(open_transaction: OpenTransaction, request_id: int) -> tuple[str, int, list[int]]:
    """Return a request's state, what the gift says is paid back, and the refund lines of the books."""
    with open_transaction() as session:
        request = session.get_one(RefundRequest, request_id)
        lines = select(LedgerEntry.amount_minor).where(LedgerEntry.kind == LedgerKind.REFUND).order_by(LedgerEntry.id)
        return request.state, request.donation.refunded_minor, list(session.scalars(lines))


def test_a_refund_is_paid_once_however_often_it_is_sent(
    services: Services, gateway: StripeGateway, open_transaction: OpenTransaction, payment_id: str
) -> None:
    request_id = ask(open_transaction, payment_id, 2_000)
    for _ in range(3):
        send_refund(services.factory, gateway, request_id)
    assert look(open_transaction, request_id) == (RequestState.SENT, 2_000, [-2_000])


@pytest.mark.parametrize("after_effect", [False, True], ids=["not heard", "done, but its answer lost"])
def test_a_processor_that_is_away_leaves_the_request_to_be_tried_again(
    services: Services,
    gateway: StripeGateway,
    fake_stripe: FakeStripe,
    open_transaction: OpenTransaction,
    payment_id: str,
    *,
    after_effect: bool,
) -> None:
    request_id = ask(open_transaction, payment_id, 2_000)
    fake_stripe.fail_next(3, "cut", at="POST /v1/refunds", after_effect=after_effect)
    with pytest.raises(Unavailable):
        send_refund(services.factory, gateway, request_id)
    assert look(open_transaction, request_id) == (RequestState.APPROVED, 0, [])
    send_refund(services.factory, gateway, request_id)
    assert look(open_transaction, request_id) == (RequestState.SENT, 2_000, [-2_000])


def test_a_refusal_of_the_processor_is_kept_with_its_sentence_and_raises_an_alarm(
    services: Services, gateway: StripeGateway, open_transaction: OpenTransaction, payment_id: str
) -> None:
    gateway.refund(payment_id, 4_000, "made-by-hand-in-the-dashboard")
    request_id = ask(open_transaction, payment_id, 2_000)
    send_refund(services.factory, gateway, request_id)
    with open_transaction() as session:
        request = session.get_one(RefundRequest, request_id)
        assert request.state == RequestState.FAILED
        assert request.problem
        assert session.scalars(select(Alarm.key)).all() == [f"refund:{request_id}"]


def test_an_old_try_that_was_paid_unheard_is_found_instead_of_paid_again(
    services: Services,
    gateway: StripeGateway,
    fake_stripe: FakeStripe,
    open_transaction: OpenTransaction,
    payment_id: str,
) -> None:
    request_id = ask(open_transaction, payment_id, 2_000)
    refund_id = gateway.refund(payment_id, 2_000, f"refund:{request_id}")
    fake_stripe.advance(days=31)  # by then the processor has forgotten the key
    send_refund(services.factory, gateway, request_id)
    assert look(open_transaction, request_id) == (RequestState.SENT, 2_000, [-2_000])
    with open_transaction() as session:
        assert session.get_one(RefundRequest, request_id).refund_id == refund_id


def test_a_refund_that_waits_is_nudged_once_a_minute_not_at_every_tick(
    open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        asked = request_refund(session, make_gift(session).id, 100, "Paid twice", make_staff(session))
        asked.decided_at = now() - 2 * LATE
    published_jobs.jobs.clear()
    for _ in range(3):
        with open_transaction() as session:
            tend_gifts(session)
    assert published_jobs.of(Job.SEND_REFUND) == [(asked.id,)]
    with open_transaction() as session:
        session.execute(update(Turn).values(taken_at=now() - timedelta(minutes=2)))
    with open_transaction() as session:
        tend_gifts(session)
    assert published_jobs.of(Job.SEND_REFUND) == [(asked.id,)] * 2
