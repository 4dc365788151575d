"""The page of questions at sign-up: adding, changing, ordering and removing, with nothing typed lost."""

import pytest
from sqlalchemy import select

from service.staff.audit import list_entries
from service.subscribers.field_models import ReaderField
from service.subscribers.fields import list_fields
from tests.factories.readers import make_question
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, words_of

PAGE = "/desk/readers/questions"
REGION = {"name": "region", "label_en": "Where do you live?", "choices": "North\n\nSouth", "is_asked": "1"}


def names(open_transaction: OpenTransaction) -> list[str]:
    """The questions in their order."""
    with open_transaction() as session:
        return [field.name for field in list_fields(session)]


@pytest.fixture
def three(open_transaction: OpenTransaction) -> list[int]:
    """The ids of three questions."""
    with open_transaction() as session:
        return [make_question(session, name).id for name in ("a", "b", "c")]


def test_a_question_is_added_and_said_where_it_is_asked(desk: Desk, open_transaction: OpenTransaction) -> None:
    assert "Nothing is asked yet." in desk.read(PAGE)
    assert desk.post(PAGE, **REGION).headers["Location"] == PAGE
    page = desk.read(PAGE)
    assert "The question is on every form for signing up." in page
    assert "Short name “region”; 2 answers to choose from; in English." in page
    with open_transaction() as session:
        (field,) = session.scalars(select(ReaderField))
        assert (field.labels, field.choices, field.is_asked) == (
            {"en": "Where do you live?"},
            ["North", "South"],
            True,
        )
        [(entry, who)] = list_entries(session, f"question:{field.id}")
        assert (entry.action, entry.details, who is None) == ("Added the question", {"name": "region"}, False)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "<b>"}, "The short name “<b>” will not do"),
        ({"choices": "North"}, "One answer is no choice"),
    ],
)
def test_what_will_not_do_comes_back_with_all_that_was_typed(
    desk: Desk, open_transaction: OpenTransaction, changed: dict[str, str], says: str
) -> None:
    typed = REGION | {"label_ru": "Где вы живёте?"} | changed
    refused = desk.post(PAGE, **typed)
    page = words_of(refused)
    assert refused.status_code == 422
    assert says in page
    assert 'value="Где вы живёте?"' in page
    assert typed["choices"].split()[0] in page
    assert names(open_transaction) == []


def test_a_name_that_is_taken_and_an_eleventh_question_are_said(desk: Desk, open_transaction: OpenTransaction) -> None:
    desk.post(PAGE, **REGION)
    assert desk.post(PAGE, **REGION).status_code == 409
    with open_transaction() as session:
        for number in range(9):
            make_question(session, f"q{number}")
    assert "as many as a form can hold" in desk.read(PAGE)
    assert desk.post(PAGE, **REGION | {"name": "eleventh"}).status_code == 409


def test_a_question_is_changed_and_its_name_stays(
    desk: Desk, open_transaction: OpenTransaction, three: list[int]
) -> None:
    page = f"{PAGE}/{three[0]}"
    assert 'value="A"' in desk.read(page)
    refused = desk.post(page, label_en="", choices="x\ny")
    assert (refused.status_code, "at least one language" in words_of(refused)) == (422, True)
    desk.post(page, name="Eve", label_de="Wo?", choices="")
    with open_transaction() as session:
        field = session.get_one(ReaderField, three[0])
        assert (field.name, field.labels, field.is_asked) == ("a", {"de": "Wo?"}, False)
    assert '<a href="/desk/readers/questions/1" lang="de">Wo?</a>' in desk.read(PAGE)


def test_questions_change_places_and_go(desk: Desk, open_transaction: OpenTransaction, three: list[int]) -> None:
    desk.post(f"{PAGE}/{three[2]}/up")
    desk.post(f"{PAGE}/{three[0]}/up")
    assert names(open_transaction) == ["a", "c", "b"]
    desk.post(f"{PAGE}/{three[0]}/up")
    desk.post(f"{PAGE}/{three[2]}/remove")
    assert names(open_transaction) == ["a", "b"]
    assert "“c” is asked nowhere any more." in desk.read(PAGE)


@pytest.mark.parametrize("page", ["", "/up", "/remove"])
def test_one_that_is_gone_is_said_to_be(desk: Desk, page: str) -> None:
    assert desk.post(f"{PAGE}/4711{page}", **REGION).status_code == 404


@pytest.mark.parametrize("whose", ["editor_desk", "treasurer_desk"])
def test_only_who_may_see_readers_comes_here(request: pytest.FixtureRequest, whose: str) -> None:
    assert request.getfixturevalue(whose).get(PAGE).status_code == 403
