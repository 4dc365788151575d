"""Optional questions: which answers are taken, and that none becomes a person's before they have confirmed it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.subscribers.confirmation import confirm_sign_up
from service.subscribers.fields import (
    LONGEST_ANSWER,
    BadAnswer,
    change_answers,
    keep_confirmed,
    label_of,
    list_asked,
    list_open,
    read_answers,
)
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import ensure_subscriber
from service.subscribers.signup import SpentForm
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import SignUpOutcome
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from tests.factories.readers import make_question, make_unasked_question
from tests.fixtures.services import OpenTransaction
from tests.subscribers.conftest import JANE
from tests.subscribers.signing_up import sign_up

NEW = "new@example.org"


@pytest.fixture(autouse=True)
def _questions(open_transaction: OpenTransaction) -> None:
    """A question with free text, one with choices, and one that is asked no more."""
    with open_transaction() as session:
        make_question(session, "profession")
        make_question(session, "region", "North", "South", en="Where do you live?", ru="Где вы живёте?")
        make_unasked_question(session, "old")


def answers_of(open_transaction: OpenTransaction, address: str) -> dict[str, str]:
    """What a person has answered."""
    with open_transaction() as session:
        return session.scalars(select(Subscriber.fields).where(Subscriber.address_key == address)).one()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"profession": "  Печник\n в\t отпуске "}, {"profession": "Печник в отпуске"}),
        ({"profession": "a\x00\x1b\ud800b"}, {"profession": "ab"}),
        ({"profession": "ж" * LONGEST_ANSWER}, {"profession": "ж" * LONGEST_ANSWER}),
        ({"region": " South "}, {"region": "South"}),
        ({"profession": " ", "region": ""}, {}),
        ({"shoe size": "44", "old": "x", "": "y"}, {}),
        ({}, {}),
    ],
)
def test_an_answer_is_kept_on_one_line_and_what_nobody_asked_is_dropped(
    open_transaction: OpenTransaction, typed: dict[str, str], kept: dict[str, str]
) -> None:
    with open_transaction() as session:
        assert read_answers(list_asked(session), typed) == kept


@pytest.mark.parametrize(
    ("field", "answer", "says"),
    [
        ("region", "West", "one of the answers"),
        ("region", "south", "one of the answers"),
        ("profession", "ж" * (LONGEST_ANSWER + 1), "at most 200"),
    ],
)
def test_what_is_no_answer_is_refused_by_the_name_of_its_question(
    open_transaction: OpenTransaction, field: str, answer: str, says: str
) -> None:
    with open_transaction() as session, pytest.raises(BadAnswer, match=says) as refused:
        read_answers(list_asked(session), {field: answer})
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("labels", "language", "shown"),
    [
        ({"en": "Where?", "ru": "Где?"}, "ru", ("Где?", "ru")),
        ({"en": "Where?", "ru": "Где?"}, "zh", ("Where?", "en")),
        ({"ru": "Где?", "fr": "Où ?"}, "zh", ("Où ?", "fr")),
    ],
)
def test_a_question_is_asked_in_the_best_language_that_there_is(
    open_transaction: OpenTransaction, labels: dict[str, str], language: str, shown: tuple[str, str]
) -> None:
    with open_transaction() as session:
        assert label_of(make_question(session, "where", **labels), language) == shown


def test_an_answer_waits_for_the_confirmation(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        row = sign_up(session, NEW, [newsletter_id], answers={"region": "North"})
        assert handle_sign_up(session, row.id) is SignUpOutcome.CONFIRM
    assert answers_of(open_transaction, NEW) == {}
    for _ in range(2):
        with open_transaction() as session:
            confirm_sign_up(session, row.id, wording="Yes")
        assert answers_of(open_transaction, NEW) == {"region": "North"}


def test_a_confirmed_form_takes_the_place_of_no_answer_that_was_there(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        ensure_subscriber(session, parse_address(NEW))
        person = session.scalars(select(Subscriber).where(Subscriber.address_key == NEW)).one()
        person.fields = {"region": "South", "from a file": "kept"}
        row = sign_up(session, NEW, [newsletter_id], answers={"region": "North", "profession": "Baker"})
        handle_sign_up(session, row.id)
    with open_transaction() as session:
        confirm_sign_up(session, row.id, wording="Yes")
    whole = {"region": "South", "from a file": "kept", "profession": "Baker"}
    assert answers_of(open_transaction, NEW) == whole
    with open_transaction() as session:
        change_answers(session, person.id, {"region": "North", "profession": "Miller"})
    with open_transaction() as session:  # the old link, pressed once more
        confirm_sign_up(session, row.id, wording="Yes")
    assert answers_of(open_transaction, NEW) == {"region": "North", "from a file": "kept", "profession": "Miller"}


def test_who_gets_it_already_is_not_written_over_by_a_strangers_form(
    open_transaction: OpenTransaction, jane: int, newsletter_id: int
) -> None:
    with open_transaction() as session:
        assert jane
        row = sign_up(session, JANE, [newsletter_id], answers={"region": "North"})
        assert handle_sign_up(session, row.id) is SignUpOutcome.ALREADY
    assert answers_of(open_transaction, JANE) == {}


def test_an_old_link_of_one_who_left_since_brings_no_answer(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        row = sign_up(session, NEW, [newsletter_id], answers={"region": "North"})
        handle_sign_up(session, row.id)
        tie = session.scalars(select(Subscription)).one()
        unsubscribe(session, tie.id, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        confirm_sign_up(session, row.id, wording="Yes")
    assert answers_of(open_transaction, NEW) == {}


def test_the_same_form_with_other_answers_is_another(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        mark = sign_up(session, NEW, [newsletter_id], answers={"region": "North"}).mark
    with open_transaction() as session:
        sign_up(session, NEW, [newsletter_id], answers={"region": "North"}, mark=mark)
    with open_transaction() as session, pytest.raises(SpentForm):
        sign_up(session, NEW, [newsletter_id], answers={"region": "South"}, mark=mark)


def _answer(session: Session, jane: int, **fields: str) -> Subscriber:
    person = session.get_one(Subscription, jane).subscriber
    person.fields = fields
    session.flush()
    return person


def test_a_person_changes_what_is_asked_and_takes_back_what_they_empty(
    open_transaction: OpenTransaction, jane: int
) -> None:
    with open_transaction() as session:
        person = _answer(session, jane, region="North", profession="Baker", old="x", employer="by a file")
        assert [field.name for field in list_open(session, person)] == ["profession", "region", "old"]
        change_answers(session, person.id, {"region": "South", "profession": " ", "employer": "Eve", "other": "Eve"})
    assert answers_of(open_transaction, JANE) == {"region": "South", "employer": "by a file"}


def test_an_answer_of_before_stays_one_where_the_choices_have_changed(
    open_transaction: OpenTransaction, jane: int
) -> None:
    with open_transaction() as session:
        person = _answer(session, jane, region="West")
        change_answers(session, person.id, {"region": "West", "profession": "Baker"})
    assert answers_of(open_transaction, JANE) == {"region": "West", "profession": "Baker"}
    with open_transaction() as session, pytest.raises(BadAnswer):
        change_answers(session, person.id, {"region": "East"})


def test_nothing_is_written_where_nothing_is_new(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session:
        person = _answer(session, jane, region="West")
        keep_confirmed(person, {"region": "North"})
        assert not session.dirty
