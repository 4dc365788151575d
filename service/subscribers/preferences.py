"""What one person chose over all newsletters of the house, and what they say of themselves. Never who may change it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from unicodedata import category

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import BadInput, NotFound
from service.languages.choosing import LANGUAGES
from service.languages.sentences import for_readers
from service.subscribers.consent import lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import tidy_name
from service.subscribers.states import LeaveReason, MailFrequency, SubscriptionState
from service.subscribers.unsubscribe import LONGEST_NOTE


@dataclass(frozen=True)
class Choice:
    """Where one person stands with one newsletter. ``paused_until`` is None once a pause is over."""

    newsletter_id: int
    subscription_id: int
    state: SubscriptionState
    paused_until: datetime | None
    frequency: MailFrequency


def get_person(session: Session, subscriber_id: int, *, is_locked: bool = False) -> Subscriber:
    """Return the person, locked for a change if wished, or raise ``NotFound``, as for one who had everything erased."""
    # Not against whoever only points at the row: the plan of an issue does for all of its audience.
    lock = {"key_share": True} if is_locked else None
    found = session.get(Subscriber, subscriber_id, with_for_update=lock, populate_existing=is_locked)
    if found is None or found.erased_at is not None:
        raise NotFound(for_readers("We know nobody by this link any more."))
    return found


def list_choices(
    session: Session, subscriber_id: int, states: Collection[SubscriptionState] = frozenset(SubscriptionState)
) -> list[Choice]:
    """Return a person's choices that are in one of ``states``, by newsletter, the oldest first."""
    subscriptions = session.scalars(
        select(Subscription)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.state.in_(states))
        .order_by(Subscription.newsletter_id)
    )
    return [_describe(subscription) for subscription in subscriptions]


def find_choice(session: Session, subscriber_id: int, newsletter_id: int) -> Choice | None:
    """Return where a person stands with one newsletter; None where they never asked for it."""
    whose = Subscription.subscriber_id == subscriber_id, Subscription.newsletter_id == newsletter_id
    found = session.scalar(select(Subscription).where(*whose))
    return _describe(found) if found else None


def change_language(session: Session, subscriber_id: int, language: str) -> None:
    """Write to a person in another language from now on. Safe to repeat.

    Raises:
        BadInput: when it is none of ours.
        NotFound: when there is no such person.
    """
    if language not in LANGUAGES:
        raise BadInput(for_readers("Please choose one of the languages in the list."))
    get_person(session, subscriber_id, is_locked=True).language = language


def change_name(session: Session, subscriber_id: int, name: str) -> None:
    """Let a person be called ``name`` from now on, or by no name. Safe to repeat.

    Raises:
        NotFound: when there is no such person.
    """
    get_person(session, subscriber_id, is_locked=True).name = tidy_name(_without_controls(name))


def explain_leaving(session: Session, subscription_id: int, *, reason: LeaveReason | None, note: str) -> Subscription:
    """Keep why a person left, in a word and in their own; nothing of one who is here, as from a page that lay open.

    Nor of one who was erased, whose old link still leads to the question: those words could never be forgotten.

    Raises:
        NotFound: when there is no such subscription.
    """
    subscription = lock_subscription(session, subscription_id)
    if subscription.state is SubscriptionState.UNSUBSCRIBED and subscription.subscriber.erased_at is None:
        subscription.ended_reason = reason or subscription.ended_reason
        subscription.ended_note = " ".join(_without_controls(note).split())[:LONGEST_NOTE] or subscription.ended_note
    return subscription


def _describe(subscription: Subscription) -> Choice:
    paused_until = subscription.paused_until
    return Choice(
        subscription.newsletter_id,
        subscription.id,
        subscription.state,
        paused_until if paused_until and paused_until > now() else None,
        subscription.frequency,
    )


def _without_controls(typed: str) -> str:
    """Return what a person typed without what no text can hold: NUL above all, which PostgreSQL refuses."""
    return "".join(char for char in typed if char.isspace() or category(char) not in {"Cc", "Cs"})
