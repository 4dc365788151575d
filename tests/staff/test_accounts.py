"""Signing in: who may, who may not, and what a stranger can learn (nothing)."""

from datetime import timedelta

import pytest

from service.clock import now
from service.errors import BadInput
from service.staff.accounts import (
    FAILURES_BEFORE_LOCK,
    change_password,
    create_account,
    find_account,
    sign_in,
)
from service.staff.models import Account
from service.staff.roles import GRANTS, Permission, Role, may
from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD, OpenTransaction


def _try(open_transaction: OpenTransaction, password: str, address: str = STAFF_ADDRESS) -> bool:
    with open_transaction() as session:
        return sign_in(session, address, password) is not None


def test_the_right_password_opens_by_any_spelling_of_the_address(
    open_transaction: OpenTransaction, publisher_account: int
) -> None:
    with open_transaction() as session:
        account = sign_in(session, STAFF_ADDRESS.upper(), STAFF_PASSWORD)
        assert account is not None
        assert account.id == publisher_account


@pytest.mark.parametrize("address", [STAFF_ADDRESS, "nobody@example.org", "not an address"])
def test_a_wrong_password_and_an_unknown_address_look_the_same(
    open_transaction: OpenTransaction, publisher_account: int, address: str
) -> None:
    assert publisher_account
    assert not _try(open_transaction, "a wrong password", address)


def test_ten_wrong_passwords_lock_the_account_for_a_while(
    open_transaction: OpenTransaction, publisher_account: int
) -> None:
    for _ in range(FAILURES_BEFORE_LOCK):
        assert not _try(open_transaction, "a wrong password")
    assert not _try(open_transaction, STAFF_PASSWORD)
    with open_transaction() as session:
        session.get_one(Account, publisher_account).locked_until = now() - timedelta(seconds=1)
    assert _try(open_transaction, STAFF_PASSWORD)


def test_a_success_forgets_earlier_failures(open_transaction: OpenTransaction, publisher_account: int) -> None:
    for _ in range(2):
        for _ in range(FAILURES_BEFORE_LOCK - 1):
            _try(open_transaction, "a wrong password")
        assert _try(open_transaction, STAFF_PASSWORD)
    assert publisher_account


def test_a_new_password_ends_every_session(open_transaction: OpenTransaction, publisher_account: int) -> None:
    with open_transaction() as session:
        epoch = session.get_one(Account, publisher_account).epoch
        change_password(session, publisher_account, STAFF_PASSWORD, "another horse battery")
    with open_transaction() as session:
        assert find_account(session, publisher_account, epoch) is None
    assert _try(open_transaction, "another horse battery")


@pytest.mark.parametrize(("old", "new"), [("wrong", "another horse battery"), (STAFF_PASSWORD, "short")])
def test_a_password_change_that_will_not_do_is_refused(
    open_transaction: OpenTransaction, publisher_account: int, old: str, new: str
) -> None:
    with pytest.raises(BadInput), open_transaction() as session:
        change_password(session, publisher_account, old, new)
    assert _try(open_transaction, STAFF_PASSWORD)


def test_one_address_has_one_account(open_transaction: OpenTransaction, publisher_account: int) -> None:
    assert publisher_account
    with pytest.raises(BadInput, match="already"), open_transaction() as session:
        create_account(session, STAFF_ADDRESS.upper(), "Twin", STAFF_PASSWORD, Role.EDITOR)


def test_only_a_publisher_may_send() -> None:
    assert [role for role in Role if may(role, Permission.SEND)] == [Role.PUBLISHER]
    assert set(GRANTS) == set(Role)
