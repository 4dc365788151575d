"""The way to the processor's page. Owns that one form is one attempt and one page, whatever breaks in between.

The row comes first, then the commit, then the network, then a second transaction: a crash between any two of them is
repaired by sending the form again, under the same idempotency key. Never says that money came (``settlement`` does).
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, CursorResult, Update, func, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.clock import now
from service.db import SessionFactory, transaction
from service.donations.defence import Arrival, check_door, check_limits
from service.donations.funds import list_open_funds
from service.donations.gateway import CheckoutOrder, Gateway, OpenedCheckout
from service.donations.giftform import Wish, read_wish
from service.donations.models import Attempt, Donor
from service.donations.settlement import Settlement
from service.donations.signin import DonorSignIn
from service.donations.states import AttemptState, move_attempt
from service.errors import BadInput, Conflict, NotFound, Unavailable
from service.issues.models import Issue
from service.organisation.queries import get_organisation
from service.tokens import Purpose, TokenSigner
from service.visitors.form_age import FormAge, judge_form_mark, make_form_mark

# The page lives for 30 minutes, the least that Stripe allows, counted from when it gets our call
# (docs.stripe.com/api/checkout/sessions/create, expires_at); the five on top are for calls that we repeat unchanged.
PAGE_LASTS: Final = timedelta(minutes=35)
_CALL_FOR: Final = timedelta(minutes=4)
_LEAD_BACK_FOR: Final = timedelta(minutes=30)
# A page's end is told to us by an event; what is open hours later was never told, and reconciliation may still find it.
FORGOTTEN_AFTER: Final = timedelta(hours=3)
REFUSALS: Final = "giving:refused"
MOST_CLOSED: Final = 200  # pages at one tick
_ONE_AT_A_TIME: Final = "gift forms"


class StaleForm(Conflict):
    """The form is too old, or its page has closed: nothing was charged, and a fresh form will do."""

    code = "stale_form"


class HastyForm(Conflict):
    """The form came back before a person could have filled it in."""

    code = "hasty_form"


def make_form_token(signer: TokenSigner, made_at: datetime | None = None) -> str:
    """Return the token that a fresh form carries: when it was made, and a number that no other form has."""
    return make_form_mark(signer, Purpose.GIFT_FORM, made_at=made_at)


def open_attempt(
    session: Session, signer: TokenSigner, form: Mapping[str, str], arrival: Arrival, language: str
) -> Attempt:
    """Store what a giver wants, or find it: the same form sent again unchanged is the same attempt.

    ``form`` is as it came, with its ``token``; fields that ``giftform`` does not know are ignored. Safe to repeat and
    to race: forms are stored one at a time, so that the limits hold under a burst too.

    Raises:
        BadGift: naming each field that can't be taken.
        GivingPaused, GivingClosed, TooMany: by ``defence``.
        StaleForm, HastyForm: when the form is too old or too young, or the page that it led to has closed.
    """
    organisation = get_organisation(session)
    wish = read_wish(form, organisation, list_open_funds(session))
    nonce = _read_nonce(signer, form.get("token", ""), wish)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_ONE_AT_A_TIME, 0))))
    known = session.scalar(select(Attempt).where(Attempt.nonce == nonce))
    if known is not None:
        return _refuse_closed(known)
    check_door(session, organisation, arrival)
    check_limits(session, arrival, wish.address.key)
    attempt = _make_attempt(wish, nonce, arrival, language)
    attempt.issue_id, attempt.item_id = _find_asker(session, arrival)
    session.add(attempt)
    session.flush()
    return attempt


def open_page(factory: SessionFactory, gateway: Gateway, attempt_id: int, public_url: str) -> str:
    """Return the address to send the giver to: the processor's page, made if need be. Calls the network.

    Never call it inside a transaction. Safe to repeat and to race: the key is made of the attempt, so that a repeated
    call finds the page that a lost answer has left behind. A gift that is complete leads to its thanks.

    Raises:
        Unavailable: when the processor is away; the same form may be sent again.
        BadInput: when it refuses for good; the attempt is in error, and staff have an alarm.
    """
    with transaction(factory) as session:
        call = _prepare(session.get_one(Attempt, attempt_id), public_url)
    if isinstance(call, str):
        return call
    try:
        opened = gateway.open_checkout(call.order, call.key)
    except (BadInput, NotFound) as problem:
        with transaction(factory) as session:
            _note_refusal(session, attempt_id, problem.message)
        raise BadInput("The payment service did not take this gift. Nothing was charged.") from problem
    except Unavailable:
        # A double click: the other call may hold the key, and have got the answer meanwhile.
        with transaction(factory) as session:
            url = session.scalar(select(Attempt.session_url).where(Attempt.id == attempt_id))
        if url is None:
            raise
        return url
    with transaction(factory) as session:
        return _note_page(session, attempt_id, opened)


def list_open_pages(session: Session, *, public: bool = True, links: bool = True, donors: bool = True) -> list[int]:
    """Return the ids of forms whose page can still be paid on, newest first, no more than one tick can close.

    ``links``: those that a signed link has opened; ``public``: the others; ``donors``: also of signed-in donors.
    """
    is_open = (Attempt.state == AttemptState.OPEN) & Attempt.session_id.is_not(None)
    pages = select(Attempt.id).where(is_open, Attempt.created_at > now() - PAGE_LASTS)
    if not public:
        pages = pages.where(Attempt.issue_id.is_not(None))
    if not links:
        pages = pages.where(Attempt.issue_id.is_(None))
    if not donors:
        lasted = DonorSignIn.used_at <= Attempt.created_at, DonorSignIn.visit_ends_at > Attempt.created_at
        visits = select(DonorSignIn.id).join(Donor).where(Donor.address_key == Attempt.address_key, *lasted)
        pages = pages.where(~visits.exists())
    return list(session.scalars(pages.order_by(Attempt.id.desc()).limit(MOST_CLOSED)))


def close_page(factory: SessionFactory, gateway: Gateway, attempt_id: int) -> None:
    """Close the page that a form has led to, so that nobody pays on it any more. Never call it inside a transaction.

    Safe to repeat: only an open form's page is closed, and it is read anew, so that a gift paid a moment ago stays one.
    A processor that is away leaves it for the next tick.
    """
    with transaction(factory) as session:
        attempt = session.get_one(Attempt, attempt_id)
        session_id = attempt.session_id if attempt.state is AttemptState.OPEN else None
    if session_id is None:
        return
    try:
        gateway.expire_checkout(session_id)
        Settlement(factory, gateway).sync_attempt(attempt_id)
    except Unavailable:
        return  # the adapter has told the log
    except NotFound:  # deleted there, or of another account: nobody can pay on it
        with transaction(factory) as session:
            session.execute(_expired(Attempt.id == attempt_id, Attempt.state == AttemptState.OPEN))


def expire_attempts(session: Session) -> int:
    """Expire the forms whose page must have closed hours ago; return how many. Safe to repeat, for the sweep."""
    forgotten = _expired(
        Attempt.state.in_([AttemptState.NEW, AttemptState.OPEN]), Attempt.created_at < now() - FORGOTTEN_AFTER
    )
    return cast("CursorResult[tuple[()]]", session.execute(forgotten)).rowcount


def _expired(*whose: ColumnElement[bool]) -> Update:
    return update(Attempt).where(*whose).values(state=AttemptState.EXPIRED, finished_at=func.now())


@dataclass(frozen=True)
class _Call:
    order: CheckoutOrder
    key: str


def _read_nonce(signer: TokenSigner, token: str, wish: Wish) -> str:
    """Return what one form with these wishes is known by.

    The wish is a part of it: whoever goes back and changes the amount is led to a page with the new amount.
    """
    age = judge_form_mark(signer, Purpose.GIFT_FORM, token)
    if age is FormAge.FOREIGN:
        raise StaleForm("This form can’t be used any more. Nothing was charged; please send it once more.")
    if age is FormAge.STALE:
        raise StaleForm("This form lay open for more than a day. Nothing was charged; please send it once more.")
    if age is FormAge.HASTY:
        raise HastyForm("That was quick. Please press the button once more.")
    said = json.dumps([token, asdict(wish)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _refuse_closed(attempt: Attempt) -> Attempt:
    age = now() - attempt.created_at
    is_reopenable = {
        AttemptState.NEW: age < _CALL_FOR,
        AttemptState.ERROR: age < _CALL_FOR,
        AttemptState.OPEN: age < _LEAD_BACK_FOR,
        AttemptState.COMPLETE: True,
        AttemptState.EXPIRED: False,
    }
    if not is_reopenable[attempt.state]:
        raise StaleForm("The payment page of this form has closed. Nothing was charged; please send it once more.")
    return attempt


def _make_attempt(wish: Wish, nonce: str, arrival: Arrival, language: str) -> Attempt:
    return Attempt(
        public_id=secrets.token_urlsafe(16),
        nonce=nonce,
        network=arrival.network,
        address_key=wish.address.key,
        mailed_address=wish.address.mailed,
        donor_name=wish.name,
        language=language,
        amount_minor=wish.amount_minor,
        fee_cover_minor=wish.fee_cover_minor,
        currency=wish.currency,
        frequency=wish.frequency,
        fund_id=wish.fund_id,
        is_anonymous=wish.is_anonymous,
        tribute_kind=wish.tribute_kind,
        tribute_name=wish.tribute_name,
        employer=wish.employer,
    )


def _find_asker(session: Session, arrival: Arrival) -> tuple[int | None, int | None]:
    """Return the issue and item that asked; an issue that was deleted asks no more."""
    if arrival.asked_by is None or session.get(Issue, arrival.asked_by[0]) is None:
        return None, None
    issue_id, item_id = arrival.asked_by
    return issue_id, item_id or None  # 0: the block that closes an issue, which is no item


def _prepare(attempt: Attempt, public_url: str) -> _Call | str:
    """Return where to lead the giver, or what to ask the processor for: the same for every try of one attempt."""
    if attempt.state is AttemptState.COMPLETE:
        return f"{public_url}/give/thanks?{urlencode({'session_id': attempt.session_id, 'lang': attempt.language})}"
    if attempt.state is AttemptState.OPEN and attempt.session_url is not None:
        return attempt.session_url
    if attempt.state is AttemptState.ERROR:
        attempt.tries += 1  # the processor repeats its old refusal for an old key
    order = CheckoutOrder(
        attempt=attempt.public_id,
        amount_minor=attempt.amount_minor,
        fee_cover_minor=attempt.fee_cover_minor,
        currency=attempt.currency,
        frequency=attempt.frequency,
        fund=attempt.fund.slug,
        fund_name=attempt.fund.name,
        product_id=attempt.fund.product_id,
        address=attempt.mailed_address,
        # Whoever types an address has not shown that it is theirs; a known customer's page would show a name and cards.
        customer_id=None,
        language=attempt.language,
        success_url=f"{public_url}/give/thanks?session_id={{CHECKOUT_SESSION_ID}}&lang={attempt.language}",
        cancel_url=f"{public_url}/give/back?{urlencode(_way_back(attempt))}",
        expires_at=attempt.created_at + PAGE_LASTS,
    )
    return _Call(order, f"checkout:{attempt.id}:{attempt.tries}")


def _way_back(attempt: Attempt) -> dict[str, str | int]:
    return {
        "amount": attempt.amount_minor,
        "frequency": attempt.frequency,
        "fund": attempt.fund.slug,
        "lang": attempt.language,
    }


def _note_page(session: Session, attempt_id: int, opened: OpenedCheckout) -> str:
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
    attempt.session_id, attempt.session_url = opened.session_id, opened.url
    # A worker may have seen the page, even its end, before us.
    if attempt.state in {AttemptState.NEW, AttemptState.ERROR}:
        attempt.state = move_attempt(attempt.state, AttemptState.OPEN)
        attempt.problem = ""
    return opened.url


def _note_refusal(session: Session, attempt_id: int, sentence: str) -> None:
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
    if attempt.state is AttemptState.NEW:
        attempt.state = move_attempt(attempt.state, AttemptState.ERROR)
    # Processors like to quote the address, and an alarm is written to the log.
    attempt.problem = sentence.replace(attempt.mailed_address, "the address")
    raise_alarm(
        session,
        REFUSALS,
        f"The payment service refused to open its page for a giver: “{attempt.problem}” If others are refused too, "
        "look at its settings for this account and at the fund’s product there.",
    )
