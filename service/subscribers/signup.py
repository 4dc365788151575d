"""Asking for a newsletter. Owns the first half of double opt-in; tells nobody who was already known."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.addresses import Address, parse_address
from service.mail.models import LetterKind
from service.mail.outbox import post_letter
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState

LONGEST_NAME = 100


def request_subscription(
    session: Session,
    newsletter_id: int,
    typed_address: str,
    *,
    name: str | None = None,
    wording: str,
    source: ConsentSource = ConsentSource.SIGNUP_PAGE,
) -> None:
    """Record the request and post a confirmation letter, unless the person already gets the newsletter.

    Safe to repeat: one person and one subscription whatever happens, by unique constraints. The caller learns
    nothing about whether the address was known.

    Raises:
        BadInput: when the address can't be mailed.
    """
    address = parse_address(typed_address)
    subscriber_id = _ensure_subscriber(session, address, name)
    subscription = lock_subscription(session, _ensure_subscription(session, subscriber_id, newsletter_id))
    if subscription.state is SubscriptionState.ACTIVE:
        return
    apply(session, subscription, SubscriptionEvent.REQUEST, Proof(source, wording))
    post_letter(session, LetterKind.CONFIRM, address.mailed, {"subscription": subscription.id})


def _ensure_subscriber(session: Session, address: Address, name: str | None) -> int:
    tidy_name = " ".join((name or "").split())[:LONGEST_NAME] or None
    statement = insert(Subscriber).values(
        address=address.typed, mailed_address=address.mailed, address_key=address.key, name=tidy_name, language="en"
    )
    # An update that changes nothing is what makes RETURNING answer for a row that was already there.
    upsert = statement.on_conflict_do_update(
        index_elements=[Subscriber.address_key], set_={"address_key": statement.excluded.address_key}
    )
    return session.execute(upsert.returning(Subscriber.id)).scalar_one()


def _ensure_subscription(session: Session, subscriber_id: int, newsletter_id: int) -> int:
    statement = insert(Subscription).values(
        subscriber_id=subscriber_id, newsletter_id=newsletter_id, state=SubscriptionState.PENDING
    )
    upsert = statement.on_conflict_do_update(
        index_elements=[Subscription.subscriber_id, Subscription.newsletter_id],
        set_={"subscriber_id": statement.excluded.subscriber_id},
    )
    return session.execute(upsert.returning(Subscription.id)).scalar_one()
