"""Paying back: who may ask, when a second person must agree, and the one call that moves the money.

A request is a row before the processor hears of it, and its id is in the idempotency key, so no crash, retry or double
press pays twice. What has become of a refund is never written here: ``settlement`` reads it from the processor.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from service.alarms.raising import raise_alarm
from service.clock import now
from service.db import SessionFactory, transaction
from service.donations.gateway import Gateway
from service.donations.models import Donation, Refund, RefundRequest
from service.donations.settlement import Settlement
from service.donations.states import DonationState
from service.errors import BadInput, Conflict, NotFound
from service.jobs import Job, enqueue
from service.money import write_amount
from service.organisation.queries import get_organisation
from service.staff.models import Account

LONGEST_REASON: Final = 500
LATE: Final = timedelta(seconds=60)  # a nudge that has not come by then is lost
_REFUNDABLE: Final = frozenset({DonationState.SUCCEEDED, DonationState.PARTIALLY_REFUNDED})
_WHY_NOT: Final = {
    DonationState.PROCESSING: "The money has not arrived yet, so there is nothing to pay back.",
    DonationState.FAILED: "This payment failed: nothing was taken, so there is nothing to pay back.",
    DonationState.REFUNDED: "This gift is wholly paid back already.",
    DonationState.DISPUTED: "The giver’s bank holds this money in a dispute; answer the dispute instead.",
    DonationState.CHARGED_BACK: "The giver’s bank took this money back already.",
}


class RequestState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"  # for a second person
    APPROVED = "approved"  # to be sent, or being sent
    SENT = "sent"
    DECLINED = "declined"
    FAILED = "failed"  # the processor refused for good


_OPEN: Final = (RequestState.WAITING.value, RequestState.APPROVED.value)


@dataclass(frozen=True)
class Asked:
    """A request with the names of who asked and who decided."""

    request: RefundRequest
    by: str
    decided_by: str | None


def request_refund(
    session: Session, donation_id: int, amount_minor: int, reason: str, account: Account, *, seen: int | None = None
) -> RefundRequest:
    """Ask to pay back ``amount_minor`` of a gift; up to the organisation's limit it goes at once, after the commit.

    What one person has had paid back of the same gift counts towards the limit, so that it can't be cut in pieces.
    ``seen`` is the newest request that the asker knew of (0: none), so that a form sent twice asks once.

    Raises:
        BadInput: when amount or reason will not do.
        Conflict: when the gift's state does not allow it, or somebody asked meanwhile.
    """
    donation = _lock_gift(session, donation_id)
    if seen is not None and seen != find_newest_request(session, donation_id):
        raise Conflict("Somebody asked for a refund of this gift meanwhile. Please look at it as it is now.")
    _refuse_state(donation)
    _refuse_amount(session, donation, amount_minor)
    why = " ".join(reason.split())
    if not why:
        raise BadInput("Please say why it is paid back; the next person to look will want to know.")
    request = RefundRequest(
        donation_id=donation.id,
        amount_minor=amount_minor,
        reason=why[:LONGEST_REASON],
        requested_by_id=account.id,
        state=RequestState.WAITING,
    )
    if not needs_second_person(session, donation, amount_minor):
        request.state, request.decided_at = RequestState.APPROVED, now()
    session.add(request)
    session.flush()
    if request.state == RequestState.APPROVED:
        enqueue(session, Job.SEND_REFUND, request.id)
    return request


def find_newest_request(session: Session, donation_id: int) -> int:
    """Return the id of the newest request about a gift, 0 when there is none."""
    newest = select(func.max(RefundRequest.id)).where(RefundRequest.donation_id == donation_id)
    return session.scalar(newest) or 0


def needs_second_person(session: Session, donation: Donation, amount_minor: int) -> bool:
    """Return whether ``amount_minor`` more of this gift needs a second person."""
    alone = session.scalar(
        select(func.coalesce(func.sum(RefundRequest.amount_minor), 0)).where(
            RefundRequest.donation_id == donation.id,
            RefundRequest.decided_by_id.is_(None),
            RefundRequest.state.in_((RequestState.APPROVED, RequestState.SENT)),
        )
    )
    return int(alone or 0) + amount_minor > get_organisation(session).refund_limit_minor


def approve_refund(session: Session, request_id: int, account: Account) -> RefundRequest:
    """Agree to what somebody else asked for; it goes after the commit.

    Raises:
        Conflict: for whoever asked, when it no longer waits, or when the gift has changed too much meanwhile.
    """
    request, donation = _lock_request(session, request_id)
    if request.requested_by_id == account.id:
        raise Conflict("You asked for this refund yourself: a second person must agree to it.")
    _refuse_state(donation)
    if count_left(session, donation) < 0:  # this request is among those that are counted
        raise Conflict("Less than that is left of the gift by now. Please decline, and ask for less.")
    request.state, request.decided_by_id, request.decided_at = RequestState.APPROVED, account.id, now()
    enqueue(session, Job.SEND_REFUND, request.id)
    return request


def decline_refund(session: Session, request_id: int, account: Account) -> RefundRequest:
    """Turn a waiting request down, or take one's own back. Raises Conflict when it no longer waits."""
    request, _ = _lock_request(session, request_id)
    request.state, request.decided_by_id, request.decided_at = RequestState.DECLINED, account.id, now()
    return request


def count_left(session: Session, donation: Donation) -> int:
    """Return how much of a gift can still be asked back: what was charged, less what went back or is on its way."""
    mirrored = select(Refund.refund_id).where(Refund.donation_id == donation.id)
    of_gift = RefundRequest.donation_id == donation.id
    not_seen_yet = (RefundRequest.state == RequestState.SENT) & RefundRequest.refund_id.not_in(mirrored)
    on_its_way = session.scalar(
        select(func.coalesce(func.sum(RefundRequest.amount_minor), 0)).where(
            of_gift, RefundRequest.state.in_(_OPEN) | not_seen_yet
        )
    )
    return donation.amount_minor - donation.refunded_minor - int(on_its_way or 0)


def send_refund(factory: SessionFactory, gateway: Gateway, request_id: int) -> None:
    """Have an approved request paid back. Safe to repeat: only an approved one is sent, under one key
    by which the processor knows its refund for ever.

    Raises:
        Unavailable: when the processor does not answer; the request stays approved and is tried again.
    """
    with transaction(factory) as session:
        request = session.get(RefundRequest, request_id, options=[joinedload(RefundRequest.donation)])
        if request is None or request.state != RequestState.APPROVED:
            return
        payment_id = request.donation.payment_id or ""
    try:
        refund_id = gateway.refund(payment_id, request.amount_minor, f"refund:{request_id}")
    except (BadInput, NotFound) as problem:
        _mark_failed(factory, request_id, problem.message)
        return
    _mark_sent(factory, request_id, refund_id)
    Settlement(factory, gateway).sync_payment(payment_id)


def list_unsent_refunds(session: Session) -> list[int]:
    """Return the ids of approved requests whose nudge was lost, or that could not be sent yet."""
    unsent = select(RefundRequest.id).where(
        RefundRequest.state == RequestState.APPROVED, RefundRequest.decided_at < now() - LATE
    )
    return list(session.scalars(unsent.order_by(RefundRequest.id)))


def list_requests(session: Session, donation_id: int | None = None) -> list[Asked]:
    """Return requests, those that wait for a second person first, then the newest; of one gift or of all."""
    asker, decider = select(Account).subquery(), select(Account).subquery()
    query = (
        select(RefundRequest, asker.c.name, decider.c.name)
        .join(asker, asker.c.id == RefundRequest.requested_by_id)
        .outerjoin(decider, decider.c.id == RefundRequest.decided_by_id)
        .options(joinedload(RefundRequest.donation).joinedload(Donation.donor))
        .order_by((RefundRequest.state == RequestState.WAITING).desc(), RefundRequest.id.desc())
    )
    if donation_id is not None:
        query = query.where(RefundRequest.donation_id == donation_id)
    return [Asked(*row) for row in session.execute(query)]


def _lock_gift(session: Session, donation_id: int) -> Donation:
    donation = session.get(Donation, donation_id, with_for_update={"key_share": True})
    if donation is None:
        raise NotFound("There is no such gift.")
    return donation


def _lock_request(session: Session, request_id: int) -> tuple[RefundRequest, Donation]:
    """Lock the gift, then its request, as ``request_refund`` does; the request must wait for a second person."""
    request = session.get(RefundRequest, request_id)
    if request is None:
        raise NotFound("There is no such request for a refund.")
    donation = _lock_gift(session, request.donation_id)
    session.refresh(request, with_for_update={"key_share": True})
    if request.state != RequestState.WAITING:
        raise Conflict("This request was decided meanwhile.")
    return request, donation


def _refuse_state(donation: Donation) -> None:
    if donation.payment_id is None:
        raise Conflict("This gift came by cheque or transfer: pay it back the same way, then void the gift here.")
    if donation.state not in _REFUNDABLE:
        raise Conflict(_WHY_NOT[donation.state])


def _refuse_amount(session: Session, donation: Donation, amount_minor: int) -> None:
    left = count_left(session, donation)
    if amount_minor <= 0:
        raise BadInput("The amount to pay back must be above zero.")
    if amount_minor > left:
        raise BadInput(f"At most {write_amount(left, donation.currency)} of this gift can be paid back.")


def _mark_sent(factory: SessionFactory, request_id: int, refund_id: str) -> None:
    with transaction(factory) as session:
        request = session.get_one(RefundRequest, request_id, with_for_update={"key_share": True})
        request.state, request.refund_id = RequestState.SENT, refund_id


def _mark_failed(factory: SessionFactory, request_id: int, problem: str) -> None:
    with transaction(factory) as session:
        request = session.get_one(RefundRequest, request_id, with_for_update={"key_share": True})
        if request.state != RequestState.APPROVED:
            return
        request.state, request.problem = RequestState.FAILED, problem
        sentence = f"A refund of gift {request.donation_id} was refused by the processor: {problem}"
        raise_alarm(session, f"refund:{request_id}", sentence)
