"""Another address: only once both have said yes, whoever is known by the new one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.clock import now
from service.errors import BadInput, NotFound, TooMany
from service.mail.models import Letter, LetterKind
from service.subscribers.address_change import (
    AGREE_WITHIN,
    MOST_A_DAY,
    Side,
    agree,
    ask_change,
    forget_old_changes,
    get_change,
    is_done,
)
from service.subscribers.change_models import AddressChange
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import ensure_subscriber
from service.subscribers.queries import find_subscriber
from service.subscribers.states import ConsentSource, MailFrequency, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import find_standing, suppress
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.unsubscribe import unsubscribe
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_change, make_reader
from tests.fixtures.services import OpenTransaction
from tests.subscribers.conftest import JANE
from tests.subscribers.proof import list_consent_events
from tests.waiting import wait_for_follower

NEW = "Jane.New@example.com"
KEY = "jane.new@example.com"
WORDING = "Yes, this address is mine"
EVENT = SubscriptionEvent.CHANGE_ADDRESS


@pytest.fixture
def person(open_transaction: OpenTransaction, jane: int) -> int:
    """JANE, who reads one newsletter."""
    with open_transaction() as session:
        return session.get_one(Subscription, jane).subscriber_id


@pytest.fixture
def change(open_transaction: OpenTransaction, person: int) -> int:
    """JANE's wish to be written to at NEW."""
    with open_transaction() as session:
        return ask_change(session, person, f" {NEW} ").id


def address_of(open_transaction: OpenTransaction, person: int) -> tuple[str, str, str]:
    """The three forms of a person's address."""
    with open_transaction() as session:
        found = session.get_one(Subscriber, person)
        return found.address, found.mailed_address, found.address_key


def say_yes(open_transaction: OpenTransaction, change: int, *sides: Side) -> None:
    """Press the button in these letters, one after the other."""
    for side in sides:
        with open_transaction() as session:
            agree(session, change, side, wording=WORDING)


def letters(session: Session) -> list[tuple[str, str, dict[str, int]]]:
    """The letters about addresses: kind, recipient, what they are about."""
    about = Letter.kind.in_([LetterKind.ADDRESS_OLD, LetterKind.ADDRESS_NEW])
    found = session.scalars(select(Letter).where(about).order_by(Letter.id))
    return [(letter.kind, letter.recipient, letter.about) for letter in found]


def test_a_wish_changes_nothing_and_writes_to_both(open_transaction: OpenTransaction, person: int, change: int) -> None:
    assert address_of(open_transaction, person) == (JANE, JANE, JANE)
    with open_transaction() as session:
        assert letters(session) == [
            (LetterKind.ADDRESS_OLD, JANE, {"change": change}),
            (LetterKind.ADDRESS_NEW, NEW, {"change": change}),
        ]


@pytest.mark.parametrize("side", Side)
def test_one_yes_is_not_enough_however_often_it_is_said(
    open_transaction: OpenTransaction, person: int, change: int, side: Side
) -> None:
    say_yes(open_transaction, change, side, side)
    assert address_of(open_transaction, person) == (JANE, JANE, JANE)
    with open_transaction() as session:
        assert not is_done(get_change(session, change))


@pytest.mark.parametrize("sides", [(Side.OLD, Side.NEW), (Side.NEW, Side.OLD), (Side.NEW, Side.OLD, Side.NEW)])
def test_both_make_the_change_in_either_order(
    open_transaction: OpenTransaction, person: int, jane: int, change: int, sides: tuple[Side, ...]
) -> None:
    say_yes(open_transaction, change, *sides)
    assert address_of(open_transaction, person) == (NEW, NEW, KEY)
    with open_transaction() as session:
        assert is_done(get_change(session, change))
        assert session.get_one(Subscription, jane).state is SubscriptionState.ACTIVE


@pytest.mark.parametrize(
    ("sides", "told"), [((Side.OLD, Side.NEW), [(1, 0), (1, 1)]), ((Side.NEW, Side.OLD), [(0, 1), (1, 1)])]
)
def test_each_yes_is_proven_by_its_own_words_and_names_no_address(
    open_transaction: OpenTransaction, jane: int, change: int, sides: tuple[Side, ...], told: list[tuple[int, int]]
) -> None:
    for side in (*sides, *sides):
        with open_transaction() as session:
            agree(session, change, side, wording=f"Yes of the {side} address")
    with open_transaction() as session:
        proofs = [each for each in list_consent_events(session, jane) if each.event is EVENT]
        assert [proof.wording for proof in proofs] == [f"Yes of the {side} address" for side in sides]
        assert [proof.evidence for proof in proofs] == [
            {"change": change, "old_address": old, "new_address": new} for old, new in told
        ]
        assert session.get_one(Subscription, jane).state is SubscriptionState.ACTIVE


def test_who_left_is_written_to_elsewhere_too_and_stays_away(
    open_transaction: OpenTransaction, jane: int, person: int, change: int
) -> None:
    with open_transaction() as session:
        unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
    say_yes(open_transaction, change, Side.OLD, Side.NEW)
    assert address_of(open_transaction, person) == (NEW, NEW, KEY)
    with open_transaction() as session:
        assert [each.event for each in list_consent_events(session, jane)][-2:] == [EVENT, EVENT]
        assert session.get_one(Subscription, jane).state is SubscriptionState.UNSUBSCRIBED


def test_one_who_is_known_by_the_new_address_gets_what_the_other_got(
    open_transaction: OpenTransaction, person: int, jane: int, change: int, newsletter_id: int
) -> None:
    with open_transaction() as session:
        harbours = make_newsletter(session, "harbours").id
        other = make_reader(session, harbours, KEY).subscriber_id
        session.get_one(Subscription, jane).frequency = MailFrequency.MONTHLY
    say_yes(open_transaction, change, Side.OLD, Side.NEW)
    assert address_of(open_transaction, person) == (JANE, JANE, JANE)
    with open_transaction() as session:
        ties = session.scalars(select(Subscription).where(Subscription.subscriber_id == other)).all()
        assert {(tie.newsletter_id, tie.state) for tie in ties} == {
            (harbours, SubscriptionState.ACTIVE),
            (newsletter_id, SubscriptionState.ACTIVE),
        }
        (taken,) = [tie for tie in ties if tie.newsletter_id == newsletter_id]
        assert taken.frequency is MailFrequency.MONTHLY
        assert session.get_one(Subscription, jane).state is SubscriptionState.UNSUBSCRIBED
        both = {"change": change, "old_address": 1, "new_address": 1}
        proofs = [list_consent_events(session, tie)[-1] for tie in (taken.id, jane)]
        assert [(proof.wording, proof.evidence) for proof in proofs] == [(WORDING, both)] * 2


def commit_while_waited_for(open_transaction: OpenTransaction, rival: Callable[[Session], object], change: int) -> None:
    """Carry the change out while another connection has done ``rival``, and commits only once it is waited for."""
    say_yes(open_transaction, change, Side.OLD)
    with ThreadPoolExecutor(1) as beside, open_transaction() as session:
        rival(session)
        session.flush()
        last_yes = beside.submit(say_yes, open_transaction, change, Side.NEW)
        wait_for_follower(session)
        session.commit()
        last_yes.result()


def test_who_signs_up_by_the_new_address_at_the_same_moment_gets_what_the_other_got(
    open_transaction: OpenTransaction, person: int, jane: int, change: int, newsletter_id: int
) -> None:
    commit_while_waited_for(open_transaction, lambda session: ensure_subscriber(session, parse_address(NEW)), change)
    assert address_of(open_transaction, person) == (JANE, JANE, JANE)
    with open_transaction() as session:
        other = find_subscriber(session, KEY)
        assert other is not None
        assert [(tie.newsletter_id, tie.state) for tie in other.subscriptions] == [
            (newsletter_id, SubscriptionState.ACTIVE)
        ]
        assert session.get_one(Subscription, jane).state is SubscriptionState.UNSUBSCRIBED


def test_of_two_people_who_change_to_one_address_at_the_same_moment_the_first_gets_what_both_got(
    open_transaction: OpenTransaction, person: int, change: int
) -> None:
    with open_transaction() as session:
        harbours = make_newsletter(session, "harbours").id
        first = make_reader(session, harbours, "ann@example.org").subscriber_id
        rival = make_change(session, first, NEW).id
    say_yes(open_transaction, rival, Side.OLD)
    commit_while_waited_for(open_transaction, lambda session: agree(session, rival, Side.NEW, wording=WORDING), change)
    assert address_of(open_transaction, first)[2] == KEY
    assert address_of(open_transaction, person) == (JANE, JANE, JANE)
    with open_transaction() as session:
        states = {tie.state for tie in session.get_one(Subscriber, first).subscriptions}
        assert (states, len(session.get_one(Subscriber, first).subscriptions)) == ({SubscriptionState.ACTIVE}, 2)


def test_one_who_gets_it_already_keeps_it_as_they_chose(
    open_transaction: OpenTransaction, jane: int, change: int, newsletter_id: int
) -> None:
    with open_transaction() as session:
        theirs = make_reader(session, newsletter_id, KEY)
        theirs.frequency = MailFrequency.QUARTERLY
        theirs_id = theirs.id
    say_yes(open_transaction, change, Side.OLD, Side.NEW)
    with open_transaction() as session:
        kept = session.get_one(Subscription, theirs_id)
        assert (kept.state, kept.frequency) == (SubscriptionState.ACTIVE, MailFrequency.QUARTERLY)
        assert list_consent_events(session, theirs_id) == []
        assert session.get_one(Subscription, jane).state is SubscriptionState.UNSUBSCRIBED


def test_what_was_said_against_the_new_address_before_the_wish_is_taken_back_and_nothing_since(
    open_transaction: OpenTransaction, person: int
) -> None:
    with open_transaction() as session:
        suppress(session, KEY, SuppressionReason.ASKED)
    with open_transaction() as session:
        change = ask_change(session, person, NEW).id
    say_yes(open_transaction, change, Side.OLD, Side.NEW)
    with open_transaction() as session:
        assert find_standing(session, KEY) is None


def test_a_complaint_after_the_wish_stays(open_transaction: OpenTransaction, change: int) -> None:
    with open_transaction() as session:
        suppress(session, KEY, SuppressionReason.COMPLAINT)
    say_yes(open_transaction, change, Side.OLD, Side.NEW)
    with open_transaction() as session:
        assert find_standing(session, KEY) is not None


@pytest.mark.parametrize("known", [True, False])
def test_nobody_learns_whether_the_new_address_is_known(
    open_transaction: OpenTransaction, person: int, newsletter_id: int, *, known: bool
) -> None:
    if known:
        with open_transaction() as session:
            make_reader(session, newsletter_id, KEY)
            suppress(session, KEY, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        ask_change(session, person, NEW)
        assert [(kind, recipient) for kind, recipient, _ in letters(session)] == [
            (LetterKind.ADDRESS_OLD, JANE),
            (LetterKind.ADDRESS_NEW, NEW),
        ]


def test_a_second_wish_takes_the_place_of_the_first(
    open_transaction: OpenTransaction, person: int, change: int
) -> None:
    say_yes(open_transaction, change, Side.OLD)
    with open_transaction() as session:
        second = ask_change(session, person, "jane.third@example.com").id
    with pytest.raises(NotFound, match="another came after it"), open_transaction() as session:
        agree(session, change, Side.NEW, wording=WORDING)
    say_yes(open_transaction, second, Side.NEW)
    assert address_of(open_transaction, person) == (JANE, JANE, JANE)


def test_a_wish_lasts_a_week_and_is_then_forgotten(open_transaction: OpenTransaction, change: int) -> None:
    with open_transaction() as session:
        forget_old_changes(session)
        assert session.get(AddressChange, change) is not None
        session.execute(update(AddressChange).values(asked_at=now() - AGREE_WITHIN - timedelta(seconds=1)))
    for side in Side:
        with pytest.raises(NotFound, match="more than a week"), open_transaction() as session:
            agree(session, change, side, wording=WORDING)
    with open_transaction() as session:
        forget_old_changes(session)
        assert session.scalars(select(AddressChange)).all() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("jane at example", "no spaces"),
        ("", "Please write"),
        (JANE, "write to already"),
        (f" {JANE.upper()}", "write to already"),
    ],
)
def test_what_can_not_be_written_to_or_is_no_change_is_refused(
    open_transaction: OpenTransaction, person: int, typed: str, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence), open_transaction() as session:
        ask_change(session, person, typed)


def test_a_person_writes_to_few_strangers_a_day(
    open_transaction: OpenTransaction, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MOST_A_DAY):
        with open_transaction() as session:
            ask_change(session, person, f"victim-{number}@example.com")
    with pytest.raises(TooMany), open_transaction() as session:
        ask_change(session, person, "victim@example.com")
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr("service.subscribers.address_change.now", lambda: tomorrow)
    with open_transaction() as session:
        ask_change(session, person, "victim@example.com")
        assert len(letters(session)) == 2 * (MOST_A_DAY + 1)
