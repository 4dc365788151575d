"""Readers for tests, each confirmed by the same steps as a real one, or in bulk where thousands are needed."""

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.subscribers.change_models import AddressChange
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.field_editing import Question, add_field
from service.subscribers.field_models import ReaderField
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import ensure_subscriber, ensure_subscription
from service.subscribers.signup_models import Door, SignUp
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import suppress
from service.subscribers.suppression_models import Suppression, SuppressionReason


def make_reader(session: Session, newsletter_id: int, address: str, name: str | None = None) -> Subscription:
    """Store one confirmed reader."""
    subscriber = Subscriber(
        address=address, mailed_address=address, address_key=address.casefold(), name=name, language="en"
    )
    subscription = Subscription(
        subscriber=subscriber, newsletter_id=newsletter_id, state=SubscriptionState.ACTIVE, confirmed_at=None
    )
    session.add_all([subscriber, subscription])
    session.flush()
    return subscription


def request_subscription(
    session: Session, newsletter_id: int, typed_address: str, *, name: str | None = None, wording: str
) -> None:
    """Let somebody have asked for a newsletter, with the proof of it; no letter is posted and no limit counted."""
    subscriber_id = ensure_subscriber(session, parse_address(typed_address), name=name)
    subscription = lock_subscription(session, ensure_subscription(session, subscriber_id, newsletter_id))
    apply(session, subscription, SubscriptionEvent.REQUEST, Proof(ConsentSource.SIGNUP_PAGE, wording))


def make_sign_up(session: Session, address: str, *newsletter_ids: int, language: str = "en") -> SignUp:
    """Store a request as it came by the page, for newsletters."""
    sign_up = SignUp(
        address=address,
        mailed_address=address,
        address_key=address.casefold(),
        language=language,
        newsletter_ids=list(newsletter_ids),
        wording="Send me everything.",
        door=Door.PAGE,
        network="192.0.2.0/24",
    )
    session.add(sign_up)
    session.flush()
    return sign_up


def make_change(session: Session, subscriber_id: int, address: str) -> AddressChange:
    """Store a wish to be written to at another address, without its letters."""
    change = AddressChange(
        subscriber_id=subscriber_id,
        new_address=address,
        new_mailed_address=address,
        new_address_key=address.casefold(),
    )
    session.add(change)
    session.flush()
    return change


def stop(session: Session, address: str, reason: SuppressionReason = SuppressionReason.STAFF) -> Suppression:
    """Let an address be one that must not be mailed."""
    suppress(session, address.casefold(), reason, note="By telephone.")
    return session.scalars(select(Suppression).where(Suppression.address_key == address.casefold())).one()


def make_question(session: Session, name: str = "profession", *choices: str, **labels: str) -> ReaderField:
    """Store an optional question that is asked; its ``labels`` by language, or its name in English."""
    return add_field(session, name, Question(labels or {"en": name.capitalize()}, choices, is_asked=True))


def make_unasked_question(session: Session, name: str = "profession") -> ReaderField:
    """Store one that is on no form."""
    question = make_question(session, name)
    question.is_asked = False
    return question


def make_readers(session: Session, newsletter_id: int, count: int) -> None:
    """Store ``count`` confirmed readers ``reader-N@example.org`` in two statements."""
    rows = [
        {
            "address": f"reader-{n}@example.org",
            "mailed_address": f"reader-{n}@example.org",
            "address_key": f"reader-{n}@example.org",
            "name": f"Reader {n}" if n % 2 else None,
            "language": "en",
        }
        for n in range(count)
    ]
    session.execute(insert(Subscriber), rows)
    everyone = select(Subscriber.id, literal(newsletter_id), literal(SubscriptionState.ACTIVE.value))
    session.execute(insert(Subscription).from_select(["subscriber_id", "newsletter_id", "state"], everyone))
