"""Addresses to throw away, by their domain and what it is a part of."""

import pytest

from service.subscribers.disposable import is_disposable


@pytest.mark.parametrize(
    ("address", "disposable"),
    [
        ("jane@mailinator.com", True),
        ("jane@inbox.of.jane.mailinator.com", True),
        ("mailinator.com@example.org", False),
        ("jane@mailinator.com.example.org", False),
        ("jane@gmail.com", False),
        ("jane@xn--e1afmkfd.xn--p1ai", False),
        ("jane@com", False),
    ],
)
def test_an_address_is_to_throw_away_by_its_domain(address: str, disposable: bool) -> None:
    assert is_disposable(address) is disposable
