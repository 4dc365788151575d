"""A person's own page by a letter mailed to them then and there: asking for it, and what only its holder may do.

Whether an address is known here can't be told from outside: every request runs the same statements and publishes a job,
as with the donors' links. The letter goes to the address that we know, never to another spelling of it.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.clock import now
from service.mail.models import Letter, LetterKind
from service.mail.outbox import post_letter_once
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import ensure_subscription
from service.subscribers.preferences import get_person
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import lift_by_confirmation

LINK_LASTS: Final = timedelta(hours=1)
MOST_A_DAY: Final = 3  # letters to one person: enough for who looks for the first among the spam


def request_own_page(session: Session, raw: str) -> None:
    """Post a link to the person with this address, unless there is none or ``MOST_A_DAY`` were posted today.

    Raises:
        BadInput: when ``raw`` is no address at all.
    """
    address = parse_address(raw)
    # Only the one way writes anything, so neither waits for the disk; a link lost in a crash is asked for again.
    session.execute(text("set local synchronous_commit = off"))
    known = select(Subscriber.id, Subscriber.mailed_address).where(Subscriber.address_key == address.key)
    subscriber_id, recipient = session.execute(known.with_for_update()).one_or_none() or (0, address.mailed)
    at = now()
    keys = [f"own-page:{subscriber_id}:{at:%Y-%m-%d}:{number}" for number in range(MOST_A_DAY)]
    posted = session.scalar(select(func.count()).where(Letter.key.in_(keys))) or 0
    is_allowed = subscriber_id > 0 and posted < MOST_A_DAY
    about = {"subscriber": subscriber_id, "asked_at": int(at.timestamp())}
    savepoint = session.begin_nested()
    key = keys[posted] if is_allowed else f"own-page:{token_urlsafe()}"  # nobody else waits for one that is taken back
    post_letter_once(session, key, LetterKind.SELF_SERVICE, recipient, about)
    if is_allowed:
        savepoint.commit()
    else:
        savepoint.rollback()


def is_fresh(asked_at: int) -> bool:
    """Return whether a link that was asked for at this second since 1970 still opens the page."""
    return now() - LINK_LASTS <= datetime.fromtimestamp(asked_at, UTC) <= now()


def join(session: Session, subscriber_id: int, newsletter_id: int, *, asked_at: int, wording: str) -> Subscription:
    """Let a person get one newsletter more, by a link that was mailed to them at ``asked_at``, seconds since 1970.

    It also takes back what was said against the address before the link was asked for. Safe to repeat.

    Raises:
        NotFound: when there is no such person.
    """
    person = get_person(session, subscriber_id)
    proof = Proof(ConsentSource.PREFERENCES_PAGE, wording)
    subscription = begin_at_once(session, subscriber_id, newsletter_id, proof)
    lift_by_confirmation(session, person.address_key, datetime.fromtimestamp(asked_at, UTC))
    return subscription


def begin_at_once(session: Session, subscriber_id: int, newsletter_id: int, proof: Proof) -> Subscription:
    """Make a subscription of a person who has shown that the mailbox is theirs; no second letter is needed."""
    subscription = lock_subscription(session, ensure_subscription(session, subscriber_id, newsletter_id))
    if subscription.state is not SubscriptionState.ACTIVE:
        apply(session, subscription, SubscriptionEvent.REQUEST, proof)
        apply(session, subscription, SubscriptionEvent.CONFIRM, proof)
    return subscription
