"""Questions as staff write them: what a question may be, how many there are, and in which order."""

from dataclasses import replace

import pytest

from service.errors import BadInput, Conflict, NotFound
from service.subscribers.field_editing import (
    LONGEST_FIELD_NAME,
    LONGEST_LABEL,
    MOST_CHOICES,
    MOST_FIELDS,
    Question,
    add_field,
    change_field,
    get_field,
    move_up,
    remove_field,
)
from service.subscribers.fields import LONGEST_ANSWER, list_asked, list_fields
from tests.factories.readers import make_question
from tests.fixtures.services import OpenTransaction

PLAIN = Question({"en": "Where do you live?"}, [], is_asked=True)


def test_a_question_is_tidied_and_stands_last(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_question(session)
        question = Question({"en": " Where\n to? ", "ru": " ", "xx": "?"}, ["North ", "", " South", "North"], True)
        add_field(session, " Travels to ", question)
    with open_transaction() as session:
        field = list_asked(session)[-1]
        assert (field.name, field.labels) == ("Travels to", {"en": "Where to?"})
        assert field.choices == ["North", "South"]


@pytest.mark.parametrize("name", ["", " ", "-x", "_x", "a<b", 'a"b', "a.b", "x" * (LONGEST_FIELD_NAME + 1)])
def test_a_name_that_will_not_do_is_said_so(open_transaction: OpenTransaction, name: str) -> None:
    with open_transaction() as session, pytest.raises(BadInput, match="short name"):
        add_field(session, name, PLAIN)


@pytest.mark.parametrize("name", ["a", "Должность", "职业", "job title", "travels-to_2", "x" * LONGEST_FIELD_NAME])
def test_a_name_is_of_any_script(open_transaction: OpenTransaction, name: str) -> None:
    with open_transaction() as session:
        assert add_field(session, name, PLAIN).name == name


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (replace(PLAIN, labels={}), "at least one language"),
        (replace(PLAIN, labels={"en": " ", "xx": "?"}), "at least one language"),
        (replace(PLAIN, labels={"ru": "ж" * (LONGEST_LABEL + 1)}), "in Русский has 121 characters"),
        (replace(PLAIN, choices=["North", "North"]), "no choice"),
        (replace(PLAIN, choices=["x" * (LONGEST_ANSWER + 1), "y"]), "more than 200 characters"),
        (replace(PLAIN, choices=[str(number) for number in range(MOST_CHOICES + 1)]), "51 answers"),
    ],
)
def test_a_question_that_will_not_do_is_said_so(
    open_transaction: OpenTransaction, changed: Question, says: str
) -> None:
    with open_transaction() as session, pytest.raises(BadInput, match=says):
        add_field(session, "where", changed)
    with open_transaction() as session, pytest.raises(BadInput, match=says):
        change_field(make_question(session), changed)


def test_there_are_at_most_ten_and_no_two_of_one_name(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        for number in range(MOST_FIELDS - 1):
            make_question(session, f"q{number}")
        with pytest.raises(Conflict, match="already"):
            make_question(session, "q0")
        make_question(session, "last")
        with pytest.raises(Conflict, match="10 questions already"):
            make_question(session, "one more")


def test_a_question_changes_places_with_the_one_before_it(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        fields = [make_question(session, name) for name in ("a", "b", "c")]
        remove_field(session, fields[0].id)
        session.flush()
        move_up(session, fields[2].id)
        move_up(session, fields[2].id)
        session.flush()
        assert [field.name for field in list_fields(session)] == ["c", "b"]
        make_question(session, "d")
        assert [field.name for field in list_fields(session)] == ["c", "b", "d"]


def test_one_that_is_asked_no_more_keeps_its_name_and_what_is_not_there_is_said(
    open_transaction: OpenTransaction,
) -> None:
    with open_transaction() as session:
        field = make_question(session, "where")
        change_field(field, replace(PLAIN, is_asked=False))
        session.flush()
        assert (field.name, list_asked(session)) == ("where", [])
        with pytest.raises(NotFound):
            get_field(session, field.id + 1)
