"""What becomes of a sign-up, in a worker. Owns how often an address is written to, and which letter it gets.

Limits are of letters, whatever network asked for them: ten thousand strangers can't fill one inbox. They lock nobody
out, for each letter that came before holds a link that still confirms. What came in is told to nobody but the owner of
the address.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.addresses import Address
from service.errors import NotFound
from service.mail.models import LetterKind
from service.mail.outbox import post_letter
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import ensure_subscriber, ensure_subscription
from service.subscribers.signup_models import Door, SignUp, SignUpOutcome
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import find_standing
from service.subscribers.suppression_models import Suppression, SuppressionReason

# Somebody who mistypes, loses the letter and asks again needs two or three.
MOST_A_DAY: Final = 3
MOST_A_MONTH: Final = 6
# A month, since the complaint: who said "spam" may have changed their mind, or be a victim again.
MOST_AFTER_COMPLAINT: Final = 1
DAY: Final = timedelta(days=1)
MONTH: Final = timedelta(days=30)

_WRITTEN_TO: Final = (SignUpOutcome.CONFIRM, SignUpOutcome.ALREADY)
_SOURCES: Final = {
    Door.PAGE: ConsentSource.SIGNUP_PAGE,
    Door.ELSEWHERE: ConsentSource.OTHER_SITE,
    Door.JSON: ConsentSource.JSON,
    Door.STAFF: ConsentSource.STAFF,
}


def handle_sign_up(session: Session, sign_up_id: int) -> SignUpOutcome:
    """Decide what becomes of a sign-up and post at most one letter.

    Safe to repeat, and at once: the outcome is set once, under a lock on the row; sign-ups of one address wait for each
    other, so that the limits hold however many come together.

    Raises:
        NotFound: when it was deleted, with its person or by age.
    """
    sign_up = session.get(SignUp, sign_up_id, with_for_update=True, populate_existing=True)
    if sign_up is None:
        raise NotFound("There is no such sign-up.")
    if sign_up.outcome is None:
        _wait_for_others(session, sign_up.address_key)
        sign_up.outcome = _answer(session, sign_up)
    return sign_up.outcome


def _answer(session: Session, sign_up: SignUp) -> SignUpOutcome:
    suppression = find_standing(session, sign_up.address_key)
    if _was_written_to_enough(session, sign_up.address_key, suppression):
        return SignUpOutcome.TOO_MANY
    if suppression is None and _gets_all(session, sign_up):
        post_letter(session, LetterKind.ALREADY_SUBSCRIBED, sign_up.mailed_address, {"sign_up": sign_up.id})
        return SignUpOutcome.ALREADY
    _ask_for_each(session, sign_up)
    post_letter(session, LetterKind.CONFIRM, sign_up.mailed_address, {"sign_up": sign_up.id})
    return SignUpOutcome.CONFIRM


def _wait_for_others(session: Session, address_key: str) -> None:
    """Let one transaction at a time decide about an address."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sign-up:{address_key}", 0))))


def _was_written_to_enough(session: Session, address_key: str, suppression: Suppression | None) -> bool:
    if suppression is not None and suppression.reason is SuppressionReason.COMPLAINT:
        since_then = SignUp.created_at > suppression.created_at
        if _count_letters(session, address_key, MONTH, since_then) >= MOST_AFTER_COMPLAINT:
            return True
    return (
        _count_letters(session, address_key, DAY) >= MOST_A_DAY
        or _count_letters(session, address_key, MONTH) >= MOST_A_MONTH
    )


def _count_letters(session: Session, address_key: str, within: timedelta, *conditions: ColumnElement[bool]) -> int:
    """Return how many sign-ups of the last days led to a letter; counts no further than matters."""
    letters = (
        select(SignUp.id)
        .where(SignUp.address_key == address_key, SignUp.created_at > func.now() - within)
        .where(SignUp.outcome.in_(_WRITTEN_TO), *conditions)
        .limit(MOST_A_MONTH)
    )
    return session.execute(select(func.count()).select_from(letters.subquery())).scalar_one()


def _gets_all(session: Session, sign_up: SignUp) -> bool:
    got = (
        select(func.count())
        .select_from(Subscription)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscriber.address_key == sign_up.address_key)
        .where(Subscription.newsletter_id.in_(sign_up.newsletter_ids))
        .where(Subscription.state == SubscriptionState.ACTIVE)
    )
    return session.execute(got).scalar_one() == len(sign_up.newsletter_ids)


def _ask_for_each(session: Session, sign_up: SignUp) -> None:
    """Make the person and the pending subscriptions; one that is active already stays as it is."""
    address = Address(sign_up.address, sign_up.mailed_address, sign_up.address_key)
    subscriber_id = ensure_subscriber(session, address, name=sign_up.name, language=sign_up.language)
    proof = Proof(_SOURCES[sign_up.door], sign_up.wording, {"sign_up": sign_up.id})
    for newsletter_id in sign_up.newsletter_ids:
        made = ensure_subscription(session, subscriber_id, newsletter_id, source=sign_up.source)
        subscription = lock_subscription(session, made)
        if subscription.state is not SubscriptionState.ACTIVE:
            apply(session, subscription, SubscriptionEvent.REQUEST, proof)
