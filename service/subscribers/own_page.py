"""A person's own page by a letter mailed to them then and there: asking for it, and what only its holder may do.

Whether an address is known here, or a limit reached, can't be told from outside: every request runs the same statements
and publishes a job, as with the donors' links. The letter goes to the address that we know, never to another spelling.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, insert, select, text
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.clock import now
from service.mail.models import Letter, LetterKind
from service.mail.outbox import post_letter_once
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.own_page_models import OwnPageRequest
from service.subscribers.people import ensure_subscription
from service.subscribers.preferences import get_person
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import lift_by_confirmation
from service.visitors.networks import UNKNOWN

LINK_LASTS: Final = timedelta(hours=1)
MOST_A_DAY: Final = 3  # letters to one person: enough for who looks for the first among the spam

# An office or a school behind one address; beyond, somebody there is going through a list of addresses.
MOST_PER_NETWORK: Final = 20  # requests, with a letter or without: else the one more would tell who is known here
NETWORK_WINDOW: Final = timedelta(hours=1)

# More readers than ask at once after an issue that told them to; a flood would fill strangers' inboxes and our queue.
MOST_OF_ALL: Final = 600
FLOOD_WINDOW: Final = timedelta(minutes=5)

KEPT_FOR: Final = timedelta(days=1)  # the rows that the limits are counted from


def request_own_page(session: Session, raw: str, network: str = UNKNOWN) -> None:
    """Post a link to the person with this address, unless there is none, or a limit of letters is reached.

    Limits are of letters to the person and in all, and of requests from ``network``.
    Requests that are let in at the very same moment don't see each other: as many more as there are web threads.

    Raises:
        BadInput: when ``raw`` is no address at all.
    """
    address = parse_address(raw)
    # Neither way waits for the disk, for one writes more than the other; a link lost in a crash is asked for again.
    session.execute(text("set local synchronous_commit = off"))
    known = select(Subscriber.id, Subscriber.mailed_address).where(Subscriber.address_key == address.key)
    subscriber_id, recipient = session.execute(known.with_for_update()).one_or_none() or (0, address.mailed)
    at = now()
    keys = [f"own-page:{subscriber_id}:{at:%Y-%m-%d}:{number}" for number in range(MOST_A_DAY)]
    posted = session.scalar(select(func.count()).where(Letter.key.in_(keys))) or 0
    is_open = _is_open(session, network)
    is_allowed = is_open and subscriber_id > 0 and posted < MOST_A_DAY
    about = {"subscriber": subscriber_id, "asked_at": int(at.timestamp())}
    savepoint = session.begin_nested()
    key = keys[posted] if is_allowed else f"own-page:{token_urlsafe()}"  # nobody else waits for one that is taken back
    post_letter_once(session, key, LetterKind.SELF_SERVICE, recipient, about)
    if is_allowed:
        savepoint.commit()
    else:
        savepoint.rollback()
    session.execute(insert(OwnPageRequest).values(network=network, has_letter=is_allowed))


def forget_old_requests(session: Session) -> None:
    """Delete what no limit is counted from any more."""
    session.execute(delete(OwnPageRequest).where(OwnPageRequest.requested_at < func.now() - KEPT_FOR))


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


def _is_open(session: Session, network: str) -> bool:
    """Return whether neither the network has asked, nor all together have caused letters, as often as may be."""
    from_there = _count_since(NETWORK_WINDOW, MOST_PER_NETWORK, OwnPageRequest.network == network)
    in_all = _count_since(FLOOD_WINDOW, MOST_OF_ALL, OwnPageRequest.has_letter.is_(True))
    return session.scalar(select((from_there < MOST_PER_NETWORK) & (in_all < MOST_OF_ALL))) is True


def _count_since(window: timedelta, enough: int, whose: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the count of requests within ``window``; it goes no further than ``enough``."""
    recent = select(OwnPageRequest.id).where(OwnPageRequest.requested_at > func.now() - window, whose).limit(enough)
    return select(func.count()).select_from(recent.subquery()).scalar_subquery()
