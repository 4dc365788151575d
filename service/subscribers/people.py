"""One person for each address, whoever asks first. Owns making one; an import makes its own in bulk.

Never overwrites what is known of somebody: whoever types an address has not proven to be its owner.
"""

from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.addresses import Address
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState
from service.subscribers.suppression import recognise

LONGEST_NAME: Final = 100


def tidy_name(name: str | None) -> str | None:
    """Return a name on one line and of a bearable length; None where there is none."""
    return " ".join((name or "").split())[:LONGEST_NAME] or None


def ensure_subscriber(session: Session, address: Address, *, name: str | None = None, language: str = "en") -> int:
    """Return the id of the person with this address, who is made if unknown. Safe to repeat, and at once."""
    statement = insert(Subscriber).values(
        address=address.typed,
        mailed_address=address.mailed,
        address_key=address.key,
        name=tidy_name(name),
        language=language,
    )
    # An update that changes nothing is what makes RETURNING answer for a row that was already there.
    upsert = statement.on_conflict_do_update(
        index_elements=[Subscriber.address_key], set_={"address_key": statement.excluded.address_key}
    )
    subscriber_id = session.execute(upsert.returning(Subscriber.id)).scalar_one()
    recognise(session, address.key)
    return subscriber_id


def ensure_subscription(session: Session, subscriber_id: int, newsletter_id: int, *, source: str = "") -> int:
    """Return the id of the tie of a person to a newsletter, which is made, pending, if there is none."""
    statement = insert(Subscription).values(
        subscriber_id=subscriber_id, newsletter_id=newsletter_id, state=SubscriptionState.PENDING, source=source
    )
    upsert = statement.on_conflict_do_update(
        index_elements=[Subscription.subscriber_id, Subscription.newsletter_id],
        set_={"subscriber_id": statement.excluded.subscriber_id},
    )
    return session.execute(upsert.returning(Subscription.id)).scalar_one()
