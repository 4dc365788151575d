"""The doors of sign-ups on the desk: what they ask for is seen, switched and noted."""

from datetime import timedelta

import pytest

from service.clock import now
from service.staff.audit import list_entries
from service.subscribers.defence import is_under_attack
from service.subscribers.signup_models import SignUpRules
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, words_of
from tests.web.desk.readership import Readership


def actions(open_transaction: OpenTransaction) -> list[str]:
    """Return what the trail says was done."""
    with open_transaction() as session:
        return [entry.action for entry, _ in list_entries(session, "doors")]


def test_what_came_in_is_drawn_by_hour_and_told_by_door(desk: Desk, readership: Readership) -> None:
    assert readership
    page = desk.read("/desk/readers/doors")
    assert "Sign-ups by hour: 5 in all." in page
    assert "Asked to confirm: 5" in page
    assert '<dt>The sign-up page</dt><dd class="figures">5</dd>' in page


def test_what_every_form_asks_for_is_switched_and_noted(desk: Desk, open_transaction: OpenTransaction) -> None:
    assert desk.post("/desk/readers/doors/rules", refuses_disposable="1").location == "/desk/readers/doors"
    with open_transaction() as session:
        rules = session.get_one(SignUpRules, 1)
    assert (rules.refuses_disposable, rules.asks_for_work) == (True, False)
    desk.post("/desk/readers/doors/rules", asks_for_work="1")
    with open_transaction() as session:
        rules = session.get_one(SignUpRules, 1)
    assert (rules.refuses_disposable, rules.asks_for_work) == (False, True)
    assert actions(open_transaction) == [
        "Set the doors: throw-away addresses taken, proof of work always",
        "Set the doors: throw-away addresses sent back, proof of work under attack only",
    ]


def test_the_attack_mode_begins_and_ends(desk: Desk, open_transaction: OpenTransaction) -> None:
    desk.post("/desk/readers/doors/attack", minutes="90")
    with open_transaction() as session:
        until = session.get_one(SignUpRules, 1).attack_until
        assert until is not None
        assert timedelta(minutes=89) < until - now() <= timedelta(minutes=90)
    assert "Attack mode until" in desk.read("/desk/readers/doors")
    desk.post("/desk/readers/doors/attack", minutes="0")
    with open_transaction() as session:
        assert not is_under_attack(session)
    assert actions(open_transaction) == ["Ended the attack mode", "Switched the attack mode on for 90 minutes"]


@pytest.mark.parametrize("typed", ["", "x", "-1", "10081", "1.5"])
def test_a_number_that_will_not_do_switches_nothing(desk: Desk, open_transaction: OpenTransaction, typed: str) -> None:
    answer = desk.post("/desk/readers/doors/attack", minutes=typed)
    assert answer.status_code == 422
    assert "a whole number from 0 to 10,080" in words_of(answer)
    assert actions(open_transaction) == []
