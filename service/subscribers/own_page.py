"""A person's own page by a letter mailed to them then and there: asking for it, and what only its holder may do.

Whether an address is known here, or a limit reached, can't be told from outside: every request runs the same statements
and publishes a job, as with the donors' links. The letter goes to the address that we know, never to another spelling.
Strangers can use up a day's letters, but not without leaving a link in the mailbox, and each link asks for a fresh one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, insert, select, text
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.clock import now
from service.errors import TooMany
from service.languages.sentences import for_readers
from service.mail.models import Letter, LetterKind
from service.mail.outbox import post_letter_once
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.own_page_models import OwnPageRequest
from service.subscribers.people import ensure_subscription
from service.subscribers.preferences import get_person
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import lift_by_confirmation
from service.tokens import Purpose, TokenSigner
from service.visitors.networks import UNKNOWN

LINK_LASTS: Final = timedelta(hours=1)
# Letters to one person: enough for who looks for the first among the spam. As many more for who holds an older link.
MOST_A_DAY: Final = 3

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
    keys = _list_keys("own-page", subscriber_id, at)
    posted = session.scalar(select(func.count()).where(Letter.key.in_(keys))) or 0
    is_open = _is_open(session, network)
    is_allowed = is_open and subscriber_id > 0 and posted < MOST_A_DAY
    about = _tell(subscriber_id, at)
    savepoint = session.begin_nested()
    key = keys[posted] if is_allowed else f"own-page:{token_urlsafe()}"  # nobody else waits for one that is taken back
    post_letter_once(session, key, LetterKind.SELF_SERVICE, recipient, about)
    if is_allowed:
        savepoint.commit()
    else:
        savepoint.rollback()
    session.execute(insert(OwnPageRequest).values(network=network, has_letter=is_allowed))


def renew_own_page(session: Session, subscriber_id: int) -> None:
    """Post a fresh link to who holds one that was mailed to them. No request of a stranger counts against it.

    Raises:
        NotFound: when there is no such person.
        TooMany: after ``MOST_A_DAY`` in a day.
    """
    person, at = get_person(session, subscriber_id, is_locked=True), now()
    keys = _list_keys("own-page-again", subscriber_id, at)
    posted = session.scalar(select(func.count()).where(Letter.key.in_(keys))) or 0
    if posted >= MOST_A_DAY:
        raise TooMany(for_readers("That was more than one person usually asks for. Please try again tomorrow."))
    post_letter_once(session, keys[posted], LetterKind.SELF_SERVICE, person.mailed_address, _tell(subscriber_id, at))


def forget_old_requests(session: Session) -> None:
    """Delete what no limit is counted from any more."""
    session.execute(delete(OwnPageRequest).where(OwnPageRequest.requested_at < func.now() - KEPT_FOR))


def sign_own_link(signer: TokenSigner, subscriber_id: int, mailed_address: str, asked_at: int) -> str:
    """Return the token of a link that goes to ``mailed_address``: it is over once the person is mailed elsewhere."""
    proof = next(_prove_mailbox(signer, mailed_address))
    return signer.sign(Purpose.SELF_SERVICE, subscriber_id, asked_at, proof)


def was_mailed_to(signer: TokenSigner, proof: int, mailed_address: str) -> bool:
    """Return whether a link with this ``proof`` went to ``mailed_address``, under whichever of our keys."""
    return proof in _prove_mailbox(signer, mailed_address)


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


def _list_keys(kind: str, subscriber_id: int, at: datetime) -> list[str]:
    """Return the keys of the letters of one kind that may go to a person on the day of ``at``."""
    return [f"{kind}:{subscriber_id}:{at:%Y-%m-%d}:{number}" for number in range(MOST_A_DAY)]


def _tell(subscriber_id: int, at: datetime) -> dict[str, int]:
    return {"subscriber": subscriber_id, "asked_at": int(at.timestamp())}


def _prove_mailbox(signer: TokenSigner, mailed_address: str) -> Iterator[int]:
    """Yield the id that stands for a mailbox in a token, under each of our keys: who has none can't guess it."""
    for digest in signer.digests(Purpose.SELF_SERVICE, f"mailbox:{mailed_address}".encode()):
        yield int.from_bytes(digest[:8]) >> 1  # 63 bits, as a token's ids have


def _is_open(session: Session, network: str) -> bool:
    """Return whether neither the network has asked, nor all together have caused letters, as often as may be."""
    from_there = _count_since(NETWORK_WINDOW, MOST_PER_NETWORK, OwnPageRequest.network == network)
    in_all = _count_since(FLOOD_WINDOW, MOST_OF_ALL, OwnPageRequest.has_letter.is_(True))
    return session.scalar(select((from_there < MOST_PER_NETWORK) & (in_all < MOST_OF_ALL))) is True


def _count_since(window: timedelta, enough: int, whose: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the count of requests within ``window``; it goes no further than ``enough``."""
    recent = select(OwnPageRequest.id).where(OwnPageRequest.requested_at > func.now() - window, whose).limit(enough)
    return select(func.count()).select_from(recent.subquery()).scalar_subquery()
