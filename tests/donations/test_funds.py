"""Funds: what givers may choose, and which names can be given to one."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from service.db import make_engine
from service.donations.funds import add_fund, change_fund, list_funds, list_open_funds
from service.errors import BadInput, Conflict


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A transaction that is rolled back at the end."""
    engine = make_engine(database_url)
    with Session(engine) as opened:
        yield opened
        opened.rollback()
    engine.dispose()


def test_givers_choose_among_open_funds_and_the_oldest_comes_first(session: Session) -> None:
    general, *_ = [add_fund(session, slug, slug.title()) for slug in ("general", "travel", "archive")]
    general.is_open = False
    session.flush()
    assert [fund.slug for fund in list_open_funds(session)] == ["travel", "archive"]
    assert [fund.slug for fund in list_funds(session)] == ["travel", "archive", "general"]


@pytest.mark.parametrize("slug", ["", "Travel", "a b", "thanks", "back", "a--b", "-a", "гранты", "a/b", "a\x00"])
def test_a_short_name_is_for_addresses(session: Session, slug: str) -> None:
    with pytest.raises(BadInput):
        add_fund(session, slug, "Name")


def test_a_short_name_is_taken_for_ever(session: Session) -> None:
    add_fund(session, "travel", "Travel").is_open = False
    with pytest.raises(Conflict):
        add_fund(session, "travel", "Other travel")


def test_what_givers_read_is_tidied_or_refused(session: Session) -> None:
    fund = add_fund(session, "travel", "  Поездки \n для всех ", description=" a  b ", goal_minor=1)
    assert (fund.name, fund.description, fund.goal_minor) == ("Поездки для всех", "a b", 1)
    for name, goal in (("", None), ("x" * 81, None), ("Travel", 0), ("Travel", -1)):
        with pytest.raises(BadInput):
            change_fund(fund, name=name, description="", goal_minor=goal)
    assert (fund.name, fund.goal_minor) == ("Поездки для всех", 1)
