"""Changing a standing arrangement: stored first, then done at the processor, then told to the donor. Never money.

A change is a row before it is a call, and its id is in the call's key, so that a wish sent twice has one effect. All
changes of one arrangement go one after another; the row of the arrangement itself is only ever a mirror.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.clock import now
from service.db import SessionFactory, hold_lock, transaction
from service.donations.gateway import Gateway
from service.donations.models import Fund, RecurringChange, RecurringDonation
from service.donations.settlement import Settlement
from service.donations.wishes import ChangeKind, Wish, list_possible, read_wish
from service.errors import BadInput, NotFound, PostriderError, Unavailable
from service.mail.models import LetterKind
from service.mail.outbox import post_letter_once
from service.organisation.queries import get_organisation

log = logging.getLogger(__name__)

ASKED, DONE, FAILED = "asked", "done", "failed"
# A key whose answer was an error is answered by that same error for a day (docs.stripe.com/api/idempotent_requests),
# so later on another key is used. What is asked for is never relative: twice is as good as once.
RETRY_WITHIN: Final = timedelta(minutes=10)
LATE: Final = timedelta(hours=1)  # staff can still do it by hand before the next charge
_FORM: Final = "form"
# The end of an arrangement has a letter of its own, whoever ended it: donations/recurring.py posts it.
_WITHOUT_LETTER: Final = frozenset({ChangeKind.STOP})


def ask_change(
    session: Session, recurring_id: int, wish: Wish, *, nonce: str = "", account_id: int | None = None
) -> RecurringChange | None:
    """Store a wish, to be carried out after the commit; None when it is so already and there is nothing to do.

    Safe to repeat: the same form (``nonce`` and all that was typed), or the same wish while the first still waits, is
    the same change. A wish that waits is given up for another of its kind, and every one for a stop. ``account_id``:
    the member of staff who asks for the donor.

    Raises:
        RefusedWish: when the state does not allow it or what was typed won't do.
    """
    recurring = session.get_one(RecurringDonation, recurring_id, with_for_update=True)
    form = _name_form(nonce, wish)
    known = _find_same_form(session, recurring_id, form)
    if known is not None:
        return known
    if wish.kind is ChangeKind.STOP and ChangeKind.STOP not in list_possible(recurring):
        return None
    details = read_wish(wish, recurring, get_organisation(session), now())
    waiting = _list_waiting(session, recurring_id, wish.kind)
    if details is None:
        _give_up(waiting)
        return None
    return _reuse(waiting, wish.kind, details) or _add(session, recurring, wish.kind, {**details, **form}, account_id)


def carry_out_change(factory: SessionFactory, gateway: Gateway, change_id: int) -> RecurringChange:
    """Do at the processor what a change asks for, post its letter, read the arrangement anew; return the change.

    The change is done, or failed with the processor's sentence (staff are told). Safe to repeat: one that is not
    waiting is left alone, and a second call has the key of the first.

    Raises:
        Unavailable: when the processor does not answer; the change waits, and this may be called again.
    """
    with transaction(factory) as session:
        recurring_id = session.get_one(RecurringChange, change_id).recurring_id
    with hold_lock(factory, f"recurring-change:{recurring_id}"):
        with transaction(factory) as session:
            change = session.get_one(RecurringChange, change_id)
            recurring = session.get_one(RecurringDonation, recurring_id)
            fund = recurring.fund
        if change.state != ASKED:
            return change
        try:
            _tell(factory, gateway, change, recurring, fund)
        except (BadInput, NotFound) as problem:
            return _mark_failed(factory, change_id, problem)
        except Unavailable:
            _warn_if_late(factory, change)
            raise
        done = _mark_done(factory, change_id)
    _read_anew(factory, gateway, recurring.subscription_id)
    return done


def list_waiting_changes(session: Session, since: datetime) -> list[int]:
    """Return ids of changes asked for since then that are still to be carried out, oldest first, a hundred at most."""
    waiting = select(RecurringChange.id).where(RecurringChange.state == ASKED, RecurringChange.asked_at >= since)
    return list(session.scalars(waiting.order_by(RecurringChange.id).limit(100)))


def _name_form(nonce: str, wish: Wish) -> dict[str, str]:
    """Return the part of a change's details by which a form that was sent twice is known again."""
    return {_FORM: hashlib.sha256(repr((nonce, wish)).encode()).hexdigest()} if nonce else {}


def _find_same_form(session: Session, recurring_id: int, form: dict[str, str]) -> RecurringChange | None:
    """Return what came of the same form, unless it was refused or has waited for too long."""
    if not form:
        return None
    came_of_it = (RecurringChange.state == DONE) | (
        (RecurringChange.state == ASKED) & (RecurringChange.asked_at > now() - RETRY_WITHIN)
    )
    same_form = select(RecurringChange).where(
        RecurringChange.recurring_id == recurring_id, RecurringChange.details.contains(form), came_of_it
    )
    return session.scalar(same_form.order_by(RecurringChange.id.desc()).limit(1))


def _list_waiting(session: Session, recurring_id: int, kind: ChangeKind) -> list[RecurringChange]:
    """Return what waits and this wish takes the place of: all of its kind, and for a stop everything."""
    waiting = select(RecurringChange).where(
        RecurringChange.recurring_id == recurring_id, RecurringChange.state == ASKED
    )
    if kind is not ChangeKind.STOP:
        waiting = waiting.where(RecurringChange.kind == kind)
    return list(session.scalars(waiting))


def _reuse(waiting: list[RecurringChange], kind: ChangeKind, details: dict[str, Any]) -> RecurringChange | None:
    """Return the waiting change that asks for the same, giving up all others."""
    fresh = now() - RETRY_WITHIN
    same = next((each for each in waiting if each.asked_at > fresh and _asks_for(each, kind, details)), None)
    _give_up([each for each in waiting if each is not same])
    return same


def _asks_for(change: RecurringChange, kind: ChangeKind, details: dict[str, Any]) -> bool:
    asked = {name: value for name, value in change.details.items() if name != _FORM}
    return (change.kind, asked) == (kind.value, details)


def _give_up(waiting: list[RecurringChange]) -> None:
    for change in waiting:
        change.state, change.problem = FAILED, "The donor asked for something else before it could be done."


def _add(
    session: Session,
    recurring: RecurringDonation,
    kind: ChangeKind,
    details: dict[str, Any],
    account_id: int | None,
) -> RecurringChange:
    change = RecurringChange(recurring_id=recurring.id, kind=kind.value, details=details, account_id=account_id)
    session.add(change)
    session.flush()
    return change


def _tell(
    factory: SessionFactory,
    gateway: Gateway,
    change: RecurringChange,
    recurring: RecurringDonation,
    fund: Fund | None,
) -> None:
    """Make the one call that the change is about, outside any transaction."""
    key, subscription_id = _name_call(change), recurring.subscription_id
    match ChangeKind(change.kind):
        case ChangeKind.AMOUNT:
            _tell_amount(factory, gateway, change, recurring, fund, key)
        case ChangeKind.DATE:
            gateway.change_next_charge(subscription_id, datetime.fromisoformat(change.details["at"]), key)
        case ChangeKind.PAUSE:
            gateway.pause(subscription_id, datetime.fromisoformat(change.details["resumes_at"]), key)
        case ChangeKind.RESUME:
            gateway.resume(subscription_id, key)
        case ChangeKind.STOP:
            gateway.cancel(subscription_id, key)


def _name_call(change: RecurringChange) -> str:
    """Return the key of the call: one for all tries of the first minutes, then another every while."""
    late = (now() - change.asked_at) // RETRY_WITHIN
    return f"plan-{change.kind}:{change.id}:{late}" if late > 0 else f"plan-{change.kind}:{change.id}"


def _tell_amount(
    factory: SessionFactory,
    gateway: Gateway,
    change: RecurringChange,
    recurring: RecurringDonation,
    fund: Fund | None,
    key: str,
) -> None:
    facts = gateway.fetch_recurring(recurring.subscription_id)
    gateway.change_amount(
        recurring.subscription_id,
        facts.item_id,
        _ensure_product(factory, gateway, fund) if fund else facts.product_id,
        change.details["amount_minor"],
        change.details["fee_cover_minor"],
        facts.currency,
        facts.frequency,
        key,
    )


def _ensure_product(factory: SessionFactory, gateway: Gateway, fund: Fund) -> str:
    """Return the fund's name at the processor, made and kept at its first use."""
    if fund.product_id:
        return fund.product_id
    product_id = gateway.ensure_product(fund.slug, fund.name, f"product:{fund.id}")
    with transaction(factory) as session:
        session.get_one(Fund, fund.id).product_id = product_id
    return product_id


def _mark_done(factory: SessionFactory, change_id: int) -> RecurringChange:
    with transaction(factory) as session:
        change = session.get_one(RecurringChange, change_id, with_for_update=True)
        change.state, change.problem, change.done_at = DONE, "", now()
        donor = session.get_one(RecurringDonation, change.recurring_id).donor
        if donor is not None and ChangeKind(change.kind) not in _WITHOUT_LETTER:
            post_letter_once(
                session,
                f"recurring-changed:{change.id}",
                LetterKind.RECURRING_CHANGED,
                donor.mailed_address,
                {"change": change.id},
            )
        return change


def _mark_failed(factory: SessionFactory, change_id: int, problem: PostriderError) -> RecurringChange:
    with transaction(factory) as session:
        change = session.get_one(RecurringChange, change_id, with_for_update=True)
        change.state, change.problem = FAILED, problem.message
        raise_alarm(
            session,
            f"recurring-change:{change.id}",
            f"A donor’s wish ({change.kind}, recurring gift {change.recurring_id}) was refused by the processor: "
            f"{problem.message} Please do it there by hand, and tell the donor.",
        )
        return change


def _warn_if_late(factory: SessionFactory, change: RecurringChange) -> None:
    if change.asked_at > now() - LATE:
        return
    with transaction(factory) as session:
        raise_alarm(
            session,
            f"recurring-change:{change.id}",
            f"A donor’s wish ({change.kind}, recurring gift {change.recurring_id}) has waited for more than an hour: "
            "the processor does not answer. If it does not soon, please do it there by hand.",
        )


def _read_anew(factory: SessionFactory, gateway: Gateway, subscription_id: str) -> None:
    """Bring the mirror up to date now instead of when the event comes; if that fails, the event does it."""
    try:
        Settlement(factory, gateway).sync_recurring(subscription_id)
    except PostriderError as problem:
        log.warning("a changed arrangement waits for its event: %s", problem.message)
