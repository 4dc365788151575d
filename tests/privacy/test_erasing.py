"""After an erasure the whole database knows nothing of the person, counts as before, and lets no file undo it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.alarms.models import Alarm
from service.deliveries.invariant import watch_invariant
from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.errors import NotFound, Unavailable
from service.issues.models import Issue
from service.issues.states import IssueState
from service.mail.models import Letter, LetterKind, LetterState
from service.privacy.erasing import erase_address, erase_person
from service.subscribers.consent import Proof
from service.subscribers.importing.models import Import, ImportLine, ImportState
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.people import ensure_subscriber
from service.subscribers.preferences import change_language, change_name
from service.subscribers.signup_models import SignUp
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import find_standing
from service.subscribers.suppression_models import SuppressionReason
from tests.factories.giving import make_donation, make_donor, make_fund
from tests.factories.readers import make_reader, make_sign_up
from tests.fixtures.services import OpenTransaction
from tests.privacy.conftest import ADA, BEFORE, NAME, OTHER, WISHED
from tests.privacy.looking import list_places
from tests.waiting import wait_for_follower

PROOF = Proof(ConsentSource.STAFF, "Erased by staff.")
WORDS = (ADA, NAME, BEFORE, WISHED, ADA.partition("@")[0], NAME.partition(" ")[2])


def test_no_column_of_any_table_holds_the_person_any_more(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        before = {place for word in WORDS for place in list_places(session, word)}
        assert {place.partition(".")[0] for place in before} == {
            "subscribers",
            "subscriptions",
            "deliveries",
            "sign_ups",
            "address_changes",
            "letters",
            "import_lines",
            "suppressions",
        }
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        assert [place for word in WORDS for place in list_places(session, word)] == []


def test_an_address_that_was_left_before_any_mail_is_forgotten_too(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    left = "eve.left@example.net"
    with open_transaction() as session:
        person = make_reader(session, newsletter_id, "eve.now@example.org").subscriber_id
        make_sign_up(session, left, newsletter_id).fields = {"employer": "Eve & Co"}
        key = f"address-old:{person}:2026-11-22:0"
        session.add(Letter(key=key, kind=LetterKind.ADDRESS_OLD, recipient=left, about={}))
        session.add(Letter(kind=LetterKind.CONFIRM, recipient=left, about={}))
        session.flush()
        erase_person(session, person, PROOF)
    with open_transaction() as session:
        assert list_places(session, left) == []


@pytest.mark.parametrize("change", [(change_name, NAME), (change_language, "fr")], ids=["name", "language"])
def test_what_a_person_changes_on_another_page_meanwhile_is_not_written_into_the_empty_row(
    open_transaction: OpenTransaction, ada: int, change: tuple[Callable[[Session, int, str], None], str]
) -> None:
    def go_on() -> None:
        with open_transaction() as session:
            change[0](session, ada, change[1])

    with ThreadPoolExecutor(1) as other_page:
        with open_transaction() as session:
            erase_person(session, ada, PROOF)
            changing = other_page.submit(go_on)
            wait_for_follower(session)
        with pytest.raises(NotFound):
            changing.result()
    with open_transaction() as session:
        empty = session.get_one(Subscriber, ada)
        assert (empty.name, empty.language) == (None, "en")


def test_nobody_else_loses_a_word(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        before = list_places(session, OTHER)
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        assert list_places(session, OTHER) == before
        assert [copy.recipient for copy in session.scalars(select(Delivery).order_by(Delivery.id))] == ["", OTHER]
        lines = session.scalars(select(ImportLine.address).order_by(ImportLine.line))
        assert list(lines) == ["", "", "", OTHER]


def test_the_sum_of_the_copies_stays_the_audience(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        session.scalars(select(Issue)).one().state = IssueState.SENDING
        erase_person(session, ada, PROOF)
        watch_invariant(session)
    with open_transaction() as session:
        assert session.scalars(select(Alarm)).all() == []
        states = session.execute(select(Delivery.subscriber_id == ada, Delivery.state).order_by(Delivery.id)).all()
        assert [tuple(row) for row in states] == [(True, DeliveryState.SKIPPED), (False, DeliveryState.QUEUED)]


def test_the_log_of_consent_stays_and_ends_with_the_erasure(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        events = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()
        assert [event.event for event in events] == [SubscriptionEvent.REQUEST, SubscriptionEvent.ERASE]
        tie = session.scalars(select(Subscription).where(Subscription.subscriber_id == ada)).one()
        assert (tie.state, tie.ended_at is None) == (SubscriptionState.UNSUBSCRIBED, False)


@pytest.mark.parametrize("address", [ADA, BEFORE], ids=["address", "former address"])
def test_the_hash_is_known_again(open_transaction: OpenTransaction, ada: int, address: str) -> None:
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        standing = find_standing(session, address)
        assert standing is not None
        assert standing.address_key is None
        assert find_standing(session, OTHER) is None


def test_an_address_only_wished_for_is_not_suppressed(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
        assert find_standing(session, WISHED) is None


def test_a_later_person_of_the_address_is_another_row_and_suppressed(
    open_transaction: OpenTransaction, ada: int
) -> None:
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        later = ensure_subscriber(session, parse_address(ADA))
        standing = find_standing(session, ADA)
        assert later != ada
        assert standing is not None
        assert (standing.address_key, standing.reason) == (ADA, SuppressionReason.STAFF)
        assert session.get_one(Subscriber, ada).address_key == f"erased:{ada}"


def test_a_second_erasure_finds_nothing_to_do(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        assert erase_address(session, ADA, PROOF).rows
    with open_transaction() as session:
        assert erase_address(session, ADA, PROOF).rows == {}
        with pytest.raises(NotFound, match="not known"):
            erase_person(session, ada, PROOF)


@pytest.mark.usefixtures("ada")
def test_who_only_asked_once_is_forgotten_too(open_transaction: OpenTransaction) -> None:
    stranger = "only.asked@example.org"
    with open_transaction() as session:
        asked = session.scalars(select(SignUp).where(SignUp.address_key == OTHER)).one()
        asked.address, asked.mailed_address, asked.address_key = stranger, stranger, stranger
        assert erase_address(session, stranger, PROOF).rows == {"sign_ups": 1}
        assert list_places(session, stranger) == []


@pytest.mark.usefixtures("ada")
def test_an_address_of_nobody_is_told(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session, pytest.raises(NotFound, match="Nothing is known"):
        erase_address(session, "ada.quil@example.org", PROOF)


def _let_a_copy_leave(session: Session) -> None:
    session.scalars(select(Delivery).where(Delivery.recipient == BEFORE)).one().state = DeliveryState.SENDING


def _let_a_letter_leave(session: Session) -> None:
    session.scalars(select(Letter).where(Letter.recipient == ADA)).one().state = LetterState.SENDING


def _let_an_import_run(session: Session) -> None:
    session.scalars(select(Import)).one().state = ImportState.RUNNING


@pytest.mark.parametrize("disturb", [_let_a_copy_leave, _let_a_letter_leave, _let_an_import_run])
def test_what_would_bring_the_address_back_is_waited_for(
    open_transaction: OpenTransaction, ada: int, disturb: object
) -> None:
    assert callable(disturb)
    with open_transaction() as session:
        disturb(session)
    with pytest.raises(Unavailable), open_transaction() as session:
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        assert session.get_one(Subscriber, ada).name == NAME


def test_gifts_and_their_letters_are_kept_and_said_so(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        donor = make_donor(session, ADA, NAME)
        make_donation(session, donor, make_fund(session))
        session.add(Letter(kind=LetterKind.RECEIPT, recipient=ADA, about={}))
    with open_transaction() as session:
        (kept,) = erase_person(session, ada, PROOF).kept
        assert kept.startswith("Kept because the law asks for the books: gifts (1), receipts (0)")
    with open_transaction() as session:
        assert session.scalar(select(func.count(Letter.id)).where(Letter.recipient == ADA)) == 1
        assert {place.partition(".")[0] for place in list_places(session, ADA)} == {"donors", "letters"}
