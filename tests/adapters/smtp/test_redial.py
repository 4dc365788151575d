"""When another connection is asked for."""

import socket

import pytest

from service.adapters.smtp.line import Address
from service.adapters.smtp.redial import Redial
from service.mail.events import About, Outcome, OutcomeKind

AWAY = Outcome(OutcomeKind.DEFERRED, 421, "busy", About.RELAY)
REFUSED = Outcome(OutcomeKind.REFUSED, 535, "wrong password", About.RELAY)
ONE, TWO, THREE = ((socket.AF_INET, (f"192.0.2.{number}", 25)) for number in (1, 2, 3))


def _redial(*addresses: Address) -> Redial:
    return Redial(addresses or (ONE,), rest=5.0)


def test_addresses_are_taken_in_turn() -> None:
    redial = _redial(ONE, TWO, THREE)
    assert [redial.next_address() for _ in range(4)] == [ONE, TWO, THREE, ONE]


def test_every_address_is_tried_before_the_relay_is_given_up() -> None:
    redial = _redial(ONE, TWO, THREE)
    assert [redial.note_barren(AWAY, 0, 0.0) for _ in range(3)] == [True, True, False]


def test_after_an_answer_every_address_is_worth_a_try_again() -> None:
    redial = _redial(ONE, TWO)
    assert redial.note_barren(AWAY, 0, 0.0)
    redial.note_good()
    assert [redial.note_barren(AWAY, 0, 0.0) for _ in range(2)] == [True, False]


def test_a_refusal_is_not_asked_for_twice() -> None:
    assert not _redial(ONE, TWO).note_barren(REFUSED, 0, 0.0)


@pytest.mark.parametrize(("now", "may"), [(104.9, False), (105.0, True)])
def test_a_relay_that_takes_no_more_of_them_has_a_rest(now: float, may: bool) -> None:
    redial = _redial()
    assert redial.may_add(3, 100.0)
    assert not redial.note_barren(AWAY, 3, 100.0)
    assert redial.may_add(3, now) is may
    assert redial.may_add(0, now)
    # That rest was no try.
    assert not redial.note_barren(AWAY, 0, now)
