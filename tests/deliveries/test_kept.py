"""Sessions between letters: whose they are, when one is kept, and that none is forgotten open."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from service.deliveries.kept import LONGEST_IDLE, KeptSessions, Lent
from service.routes.choosing import NoRoute, Routes

READER = "pat@example.org"


@dataclass
class Session:
    """An open session, with so many mails in hand."""

    in_hand: int = 0
    is_open: bool = True

    def close(self) -> None:
        """Hang up."""
        self.is_open = False


@dataclass
class TwoRoutes:
    """Two routes, opened in turn. ``waits`` says for how many seconds each takes nothing."""

    waits: dict[str, float] = field(default_factory=dict)
    opened: list[Session] = field(default_factory=list)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def open(self, connections: int) -> tuple[str, Session]:
        """Open one more, on the route whose turn it is."""
        assert connections == 1  # a letter is one mail
        self.opened.append(Session())
        return ("first", "second")[(len(self.opened) - 1) % 2], self.opened[-1]

    def grant(self, route: str, recipients: list[str], *, urgent: bool) -> list[float]:
        """Return how long they wait: letters go before an issue."""
        assert urgent
        self.asked.append((route, recipients))
        return [self.waits.get(route, 0.0)]


@pytest.fixture
def routes() -> TwoRoutes:
    """Both take mail."""
    return TwoRoutes()


@pytest.fixture
def kept(routes: TwoRoutes) -> KeptSessions:
    """Nothing is kept yet."""
    return KeptSessions(cast("Routes", routes), clock=lambda: 0.0)


def session_of(lent: Lent) -> Session:
    """Return what was lent, by its own type."""
    return cast("Session", lent.session)


def test_each_letter_is_asked_for_by_its_route_and_reader_and_two_at_once_have_a_session_each(
    kept: KeptSessions, routes: TwoRoutes
) -> None:
    one, other = kept.lend(READER), kept.lend("sam@example.org")
    assert routes.asked == [("first", [READER]), ("second", ["sam@example.org"])]
    assert one.session is not other.session
    assert not one.is_used
    kept.take_back(one)
    again = kept.lend(READER)
    assert again.session is one.session
    assert again.is_used


def test_a_kept_session_whose_route_rests_gives_way_to_another_and_is_kept_on(
    kept: KeptSessions, routes: TwoRoutes
) -> None:
    first = kept.lend(READER)
    kept.take_back(first)
    routes.waits["first"] = 60.0
    second = kept.lend(READER)
    assert (second.route, second.session is first.session) == ("second", False)
    routes.waits.clear()
    assert kept.lend(READER).session is first.session
    assert len(routes.opened) == 2


def test_where_every_route_rests_what_was_opened_for_it_is_kept_and_the_wait_is_told(
    kept: KeptSessions, routes: TwoRoutes
) -> None:
    routes.waits["first"] = 60.0
    with pytest.raises(NoRoute, match="route first keeps its pace") as away:
        kept.lend(READER)
    assert away.value.wait == 60.0
    routes.waits.clear()
    assert session_of(kept.lend(READER)) is routes.opened[0]
    assert len(routes.opened) == 1


@pytest.mark.parametrize(("in_hand", "is_open"), [(1, True), (0, False), (1, False)])
def test_a_session_that_can_take_no_letter_is_closed(
    kept: KeptSessions, routes: TwoRoutes, in_hand: int, is_open: bool
) -> None:
    lent = kept.lend(READER)
    session_of(lent).in_hand, session_of(lent).is_open = in_hand, is_open
    kept.take_back(lent)
    assert not session_of(lent).is_open
    kept.lend(READER)
    assert len(routes.opened) == 2


def test_what_is_old_is_closed_and_what_is_not_is_kept(routes: TwoRoutes) -> None:
    seconds = [0.0]
    kept = KeptSessions(cast("Routes", routes), clock=lambda: seconds[0])
    old, young = kept.lend(READER), kept.lend(READER)
    kept.take_back(old)
    seconds[0] = LONGEST_IDLE - 1
    kept.take_back(young)
    kept.close_idle()
    assert session_of(old).is_open
    seconds[0] = LONGEST_IDLE
    kept.close_idle()
    assert (session_of(old).is_open, session_of(young).is_open) == (False, True)
    kept.close_idle(longest=0)
    assert not session_of(young).is_open
