"""Reading what happened to everyone's copy. Owns the invariant's figures; changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.deliveries.models import SEARCH, AudiencePlan, Delivery
from service.deliveries.states import DeliveryState, is_open
from service.issues.models import Issue
from service.issues.states import MOVES as ISSUE_MOVES
from service.issues.states import IssueEvent, IssueState
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState

PAGE = 50
RATE_WINDOW = timedelta(seconds=10)
SHORTEST_WINDOW = timedelta(seconds=1)


@dataclass(frozen=True)
class Search:
    """How many of a newsletter's readers were looked through for who has no copy of an issue."""

    looked: int
    readers: int


@dataclass(frozen=True)
class Progress:
    """The seven states of an issue's copies. ``finishes_at`` is None while nothing moves.

    ``undecided``: how many of the uncertain ones staff have not looked at yet. ``expected``: about how many people the
    audience will be, while it is being planned in the background; None once it is whole. ``search``: while who has no
    copy yet is looked for.
    """

    audience: int
    queued: int
    claimed: int
    sending: int
    sent: int
    failed: int
    skipped: int
    uncertain: int
    per_second: float
    finishes_at: datetime | None
    undecided: int
    expected: int | None = None
    search: "Search | None" = None

    def count(self, state: DeliveryState) -> int:
        """Return how many copies are in ``state``."""
        return int(getattr(self, state.value))

    @property
    def holds(self) -> bool:
        """Whether everyone in the frozen audience is in exactly one state."""
        return self.audience == sum(self.count(state) for state in DeliveryState)

    @property
    def open(self) -> int:
        """How many copies still have work to do."""
        return sum(self.count(state) for state in DeliveryState if is_open(state))

    def to_json(self) -> dict[str, object]:
        """Return the figures for a program, as ``postrider send status --json`` promises them; the time in ISO 8601."""
        figures: dict[str, object] = {"audience": self.audience}
        figures |= {state.value: self.count(state) for state in DeliveryState}
        finishes_at = self.finishes_at.isoformat(timespec="seconds") if self.finishes_at else None
        return figures | {"per_second": round(self.per_second, 1), "finishes_at": finishes_at}


def get_progress(session: Session, issue_id: int) -> Progress:
    """Return where all copies of an issue stand, from one statement. It reads every row: ask seldom where it is slow.

    The pace is that of the last ten seconds, or of the time since the issue was set going if that is shorter; an issue
    that waits or rests has none.
    """
    undecided = (Delivery.state == DeliveryState.UNCERTAIN) & Delivery.settled_at.is_(None)
    rows = session.execute(
        select(
            Delivery.state,
            func.count(),
            func.count().filter(Delivery.changed_at > func.now() - RATE_WINDOW),
            func.count().filter(undecided),
        )
        .where(Delivery.issue_id == issue_id)
        .group_by(Delivery.state)
    ).all()
    counts = {state.value: 0 for state in DeliveryState} | {state.value: count for state, count, _, _ in rows}
    done_lately = sum(recent for state, _, recent, _ in rows if not is_open(state))
    waiting = sum(count for state, count, _, _ in rows if is_open(state))
    audience, expected, per_second, present = _find_pace(session, issue_id, done_lately)
    finishes_at = present + timedelta(seconds=waiting / per_second) if waiting and per_second else None
    return Progress(
        audience=audience,
        per_second=per_second,
        finishes_at=finishes_at,
        undecided=sum(row[3] for row in rows),
        expected=expected or None,
        search=_find_search(session, issue_id) if expected == SEARCH else None,
        **counts,
    )


def _find_pace(session: Session, issue_id: int, done_lately: int) -> tuple[int, int | None, float, datetime]:
    """Return the audience, what is expected of it, copies a second, and the present by the database's clock."""
    state, audience, expected, starts_at, present = session.execute(
        select(Issue.state, Issue.audience, AudiencePlan.expected, Issue.starts_at, func.now())
        .outerjoin(AudiencePlan, AudiencePlan.issue_id == Issue.id)
        .where(Issue.id == issue_id)
    ).one()
    if state is not IssueState.SENDING:
        return audience or 0, expected, 0.0, present
    going = present - starts_at if starts_at else RATE_WINDOW
    window = max(SHORTEST_WINDOW, min(going, RATE_WINDOW))
    return audience or 0, expected, done_lately / window.total_seconds(), present


def _find_search(session: Session, issue_id: int) -> Search:
    looked = func.count().filter(Subscription.id <= AudiencePlan.after_id)
    return Search(
        *session.execute(
            select(looked, func.count())
            .join(Issue, Issue.newsletter_id == Subscription.newsletter_id)
            .join(AudiencePlan, AudiencePlan.issue_id == Issue.id)
            .where(Issue.id == issue_id, Subscription.state == SubscriptionState.ACTIVE)
        ).one()
    )


@dataclass(frozen=True)
class Copy:
    """One person's copy, for staff: which issue, to whom, where it stands, and what the relay said."""

    delivery: Delivery
    address: str
    issue: Issue

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way."""
        return is_open(self.delivery.state)

    @property
    def can_resend(self) -> bool:
        """Whether staff may send it again: it is not on its way, and its issue takes copies."""
        return not self.is_open and takes_copies(self.issue)


def takes_copies(issue: Issue) -> bool:
    """Return whether copies can be added to the issue: it has begun, and was not cancelled."""
    return (issue.state, IssueEvent.REOPEN) in ISSUE_MOVES


def list_deliveries(
    session: Session, issue_id: int, state: DeliveryState | None = None, page: int = 1, address: str = ""
) -> list[Copy]:
    """Return a page of 50 copies of an issue, newest change first, of one state or with part of an address."""
    query = _select_copies().where(Delivery.issue_id == issue_id)
    if state is not None:
        query = query.where(Delivery.state == state)
    if address:
        forms = (Subscriber.address, Subscriber.mailed_address)
        query = query.where(or_(*(form.icontains(address, autoescape=True) for form in forms)))
    query = query.order_by(Delivery.changed_at.desc(), Delivery.id).offset((page - 1) * PAGE).limit(PAGE)
    return [Copy(*row) for row in session.execute(query)]


def find_copies(session: Session, address: str) -> list[Copy]:
    """Return every copy that was planned for a person, newest first: did Jane get issue 12?

    Raises:
        BadInput: when ``address`` is no address.
    """
    key = parse_address(address).key
    query = _select_copies().where(Subscriber.address_key == key).order_by(Delivery.id.desc())
    return [Copy(*row) for row in session.execute(query)]


def get_delivery(session: Session, delivery_id: int) -> Delivery | None:
    """Return the delivery, or None."""
    return session.get(Delivery, delivery_id)


def find_sent_at(session: Session, delivery_ids: set[int]) -> Mapping[int, datetime]:
    """Return delivery id → when the relay took it, for copies that were sent."""
    rows = session.execute(
        select(Delivery.id, Delivery.changed_at).where(
            Delivery.id.in_(delivery_ids), Delivery.state == DeliveryState.SENT
        )
    )
    return {row.id: row.changed_at for row in rows}


def _select_copies() -> Select[Delivery, str, Issue]:
    # As it is mailed: a domain in look-alike letters stands there as what it is.
    return (
        select(Delivery, Subscriber.mailed_address, Issue)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .join(Issue, Issue.id == Delivery.issue_id)
    )
