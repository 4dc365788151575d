"""What staff switch on at the doors stays as it is until they switch it off."""

from datetime import timedelta

import pytest

from service.errors import BadInput
from service.subscribers.defence import is_under_attack, needs_work
from service.subscribers.signup_rules import LONGEST_ATTACK, change_rules
from tests.fixtures.services import OpenTransaction


def test_what_is_not_told_stays(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        change_rules(session, refuses_disposable=True, asks_for_work=True, attack_for=timedelta(hours=1))
    with open_transaction() as session:
        rules = change_rules(session)
        assert (rules.refuses_disposable, rules.asks_for_work, is_under_attack(session)) == (True, True, True)
        rules = change_rules(session, asks_for_work=False)
        assert (rules.refuses_disposable, rules.asks_for_work, needs_work(session)) == (True, False, True)
        rules = change_rules(session, attack_for=timedelta(0))
        assert (rules.refuses_disposable, is_under_attack(session), needs_work(session)) == (True, False, False)


@pytest.mark.parametrize("attack_for", [timedelta(seconds=-1), LONGEST_ATTACK + timedelta(seconds=1)])
def test_no_attack_mode_is_forgotten_for_a_year(open_transaction: OpenTransaction, attack_for: timedelta) -> None:
    with open_transaction() as session, pytest.raises(BadInput, match="7 days"):
        change_rules(session, attack_for=attack_for)
