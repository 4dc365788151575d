"""A dozen readers about whom everything differs, as rows and as plain facts, and what a segment means by the latter.

The oracle is written from the grammar's words alone and knows no SQL: it and the database have to agree.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.donations.givers import find_donor
from service.donations.models import Fund
from service.donations.states import DonationState
from service.issues.models import Issue, Newsletter
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.segments.tree import (
    Ago,
    AnswerContains,
    AnswerIs,
    Attended,
    AttendedIssue,
    Attention,
    Clause,
    Contains,
    Day,
    Either,
    Every,
    Field,
    Gave,
    Got,
    Is,
    IssueNumber,
    JoinedSince,
    Not,
    Tree,
)
from service.subscribers.states import MailFrequency, SubscriptionState
from service.tracking.models import Agent, Hit, Verdict
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation
from tests.factories.publication import make_issue, make_newsletter

SLUG, OTHER_SLUG = "crossings", "harbour"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
_HUMAN, _MACHINE, _UNKNOWN = Verdict.HUMAN, Verdict.MACHINE, Verdict.UNKNOWN


@dataclass(frozen=True)
class Saw:
    """One fetch of a copy's pixel or link. ``verdict`` None: not judged yet."""

    issue: IssueNumber
    attention: Attention
    verdict: Verdict | None
    at: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Gift:
    """A gift in minor units of ``currency``."""

    minor: int
    refunded: int = 0
    state: DonationState = DonationState.SUCCEEDED
    currency: str = "usd"
    at: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """All that is known of a reader. ``key`` is the part of the address before the @."""

    key: str
    name: str | None = None
    language: str = "en"
    tags: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    source: str = ""
    frequency: MailFrequency = MailFrequency.EVERY
    joined_at: datetime | None = None
    gets_other: SubscriptionState | None = None
    copies: dict[IssueNumber, DeliveryState] = field(default_factory=dict)
    saw: tuple[Saw, ...] = ()
    gifts: tuple[Gift, ...] = ()


ONE, TWO, OLD_ONE = IssueNumber(1, 1), IssueNumber(2, 1), IssueNumber(1, 2)
_OPENED, _CLICKED = Attention.OPENED, Attention.CLICKED
_SENT = {ONE: DeliveryState.SENT, TWO: DeliveryState.SENT, OLD_ONE: DeliveryState.SENT}

PEOPLE = (
    Person("nobody"),
    Person("anna", "Anna Lee", "ru", ("donor", "Board"), {"city": "Berlin"}, "Substack export", copies=_SENT),
    Person("anya", "Анна", "ru-latn", ("donor's",), {"city": "Нью-Йорк", "colour": "red"}, "100% sure_thing"),
    Person("rune", "Rune", "run", ("don", "or"), {"City": "Berlin"}, "footer", MailFrequency.MONTHLY),
    Person("mei", "梅", "zh-Hant", ("耐心",), {"city": ""}, "", MailFrequency.QUARTERLY),
    Person("robert", "Robert'); DROP TABLE subscribers;--", tags=("x' or 1=1 --", "%", "_", "\\")),
    # Half past midnight on the last of January by the office's clocks, and half an hour before.
    Person("after", joined_at=datetime(2026, 1, 31, 5, 30, tzinfo=UTC), gets_other=SubscriptionState.ACTIVE),
    Person("before", joined_at=datetime(2026, 1, 31, 4, 30, tzinfo=UTC), gets_other=SubscriptionState.UNSUBSCRIBED),
    Person(
        "keen", joined_at=datetime(2026, 11, 15, 12, tzinfo=UTC), copies=_SENT,
        saw=(
            Saw(ONE, _OPENED, _HUMAN), Saw(ONE, _OPENED, _HUMAN), Saw(TWO, _OPENED, _UNKNOWN),
            Saw(OLD_ONE, _OPENED, _HUMAN, datetime(2026, 11, 20, 12, tzinfo=UTC)), Saw(ONE, _CLICKED, _HUMAN),
        ),
        gifts=(Gift(5000), Gift(2500, at=datetime(2026, 11, 20, 12, tzinfo=UTC))),
    ),
    Person(
        "proxied", copies={ONE: DeliveryState.UNCERTAIN, TWO: DeliveryState.FAILED},
        saw=(Saw(ONE, _OPENED, _UNKNOWN), Saw(ONE, _CLICKED, _UNKNOWN)),
        gifts=(Gift(5000, 1, DonationState.PARTIALLY_REFUNDED),),
    ),
    Person(
        "scanned", copies={ONE: DeliveryState.SENT, TWO: DeliveryState.SKIPPED},
        saw=(Saw(ONE, _OPENED, _MACHINE), Saw(ONE, _CLICKED, _MACHINE), Saw(TWO, _OPENED, None)),
        gifts=(Gift(9900, 9900, DonationState.REFUNDED), Gift(9900, state=DonationState.FAILED)),
    ),
    Person("abroad", copies={TWO: DeliveryState.QUEUED}, gifts=(Gift(9900, currency="eur"),)),
)  # fmt: skip


def settle(session: Session) -> Newsletter:
    """Store everybody, their newsletter with its three issues, and another newsletter. Returns the first."""
    make_organisation(session)
    newsletter, other = make_newsletter(session, SLUG), make_newsletter(session, OTHER_SLUG, "Harbour")
    fund = make_fund(session)
    issues = {}
    for number in (ONE, TWO, OLD_ONE):
        issues[number] = make_issue(session, newsletter, number.number + 10 * (number.volume or 0))
        issues[number].volume, issues[number].number = number.volume, number.number
        session.flush()
    for person in PEOPLE:
        _settle(session, person, newsletter, other, issues, fund)
    return newsletter


def choose(tree: Tree) -> set[str]:
    """Return the keys of the people whom a segment means."""
    return {person.key for person in PEOPLE if _fits(tree, person)}


def _settle(
    session: Session, person: Person, newsletter: Newsletter, other: Newsletter, issues: dict[IssueNumber, Issue],
    fund: Fund,
) -> None:  # fmt: skip
    address = f"{person.key}@example.org"
    reader = Subscriber(
        address=address, mailed_address=address, address_key=address, name=person.name, language=person.language,
        tags=list(person.tags), fields=person.answers,
    )  # fmt: skip
    tie = Subscription(
        subscriber=reader, newsletter_id=newsletter.id, state=SubscriptionState.ACTIVE, source=person.source,
        frequency=person.frequency, confirmed_at=person.joined_at,
    )  # fmt: skip
    session.add(tie)
    if person.gets_other:
        session.add(Subscription(subscriber=reader, newsletter_id=other.id, state=person.gets_other))
    session.flush()
    for number, state in person.copies.items():
        seen = [saw for saw in person.saw if saw.issue == number]
        _send(session, issues[number], tie, state, seen)
    for gift in person.gifts:
        _give(session, address, gift, fund)


def _send(session: Session, issue: Issue, tie: Subscription, state: DeliveryState, seen: list[Saw]) -> None:
    copy = Delivery(
        issue_id=issue.id, subscriber_id=tie.subscriber_id, subscription_id=tie.id, recipient="x", state=state
    )
    session.add(copy)
    session.flush()
    for saw in seen:
        link = 1 if saw.attention is Attention.CLICKED else None
        hit = Hit(issue_id=issue.id, delivery_id=copy.id, link_number=link, agent=Agent.BROWSER, verdict=saw.verdict)
        hit.happened_at = saw.at
        session.add(hit)


def _give(session: Session, address: str, gift: Gift, fund: Fund) -> None:
    donor = find_donor(session, address) or make_donor(session, address)
    donation = make_donation(session, donor, fund, gift.minor, paid_at=gift.at, state=gift.state)
    donation.refunded_minor, donation.currency = gift.refunded, gift.currency


def _fits(tree: Tree, person: Person) -> bool:
    match tree:
        case Not(part):
            return not _fits(part, person)
        case Every(parts):
            return all(_fits(part, person) for part in parts)
        case Either(parts):
            return any(_fits(part, person) for part in parts)
        case _:
            return _is_true(tree, person)


def _is_true(clause: Clause, person: Person) -> bool:
    match clause:
        case Is() | Contains() | AnswerIs() | AnswerContains():
            return _is_so(clause, person)
        case JoinedSince(day):
            return person.joined_at is not None and _is_since(person.joined_at, day)
        case _:
            return _did(clause, person)


def _is_so(fact: Is | Contains | AnswerIs | AnswerContains, person: Person) -> bool:
    match fact:
        case Is(Field.LANGUAGE, code):
            return f"{person.language.lower()}-".startswith(f"{code}-")
        case Is(field, text):
            return text.lower() in [known.lower() for known in _list_known(field, person)]
        case Contains(field, text):
            return any(text.lower() in known.lower() for known in _list_known(field, person))
        case AnswerIs(name, text):
            return person.answers.get(name, "").lower() == text.lower()
        case AnswerContains(name, text):
            return text.lower() in person.answers.get(name, "").lower()


def _list_known(field: Field, person: Person) -> list[str]:
    gets_other = person.gets_other is SubscriptionState.ACTIVE
    facts = {
        Field.NAME: [person.name or ""],
        Field.SOURCE: [person.source],
        Field.FREQUENCY: [person.frequency.value],
        Field.NEWSLETTER: [SLUG, OTHER_SLUG] if gets_other else [SLUG],
    }
    return facts.get(field, list(person.tags))


def _did(deed: Attended | AttendedIssue | Got | Gave, person: Person) -> bool:
    match deed:
        case Attended(attention, at_least, since):
            return len({saw.issue for saw in _list_seen(person, attention) if _is_since(saw.at, since)}) >= at_least
        case AttendedIssue(attention, issue):
            return any(_is_meant(saw.issue, issue) for saw in _list_seen(person, attention))
        case Got(issue):
            came = [number for number, state in person.copies.items() if state in {"sent", "uncertain"}]
            return any(_is_meant(number, issue) for number in came)
        case Gave(at_least, since):
            gifts = [gift for gift in person.gifts if gift.state in {"succeeded", "partially_refunded"}]
            kept = [gift for gift in gifts if gift.minor > gift.refunded and _is_since(gift.at, since)]
            dollars = sum(gift.minor - gift.refunded for gift in kept if gift.currency == "usd") / 100
            return bool(kept) and dollars >= at_least


def _list_seen(person: Person, attention: Attention) -> list[Saw]:
    known = {Verdict.HUMAN, Verdict.UNKNOWN}
    return [
        saw for saw in person.saw
        if saw.attention is attention and saw.verdict in known and saw.issue in person.copies
    ]  # fmt: skip


def _is_meant(number: IssueNumber, said: IssueNumber) -> bool:
    return number.number == said.number and said.volume in {None, number.volume}


def _is_since(at: datetime, day: Day | None) -> bool:
    today = NOW.astimezone(ZONE).date()
    first = today - timedelta(days=day.days) if isinstance(day, Ago) else day or date.min
    return at.astimezone(ZONE).date() >= first
