"""Where a visitor comes from: the network that one household or machine room shares, whatever a proxy writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.visitors.networks import UNKNOWN, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:aa:bb::1", "2001:db8:aa::/48"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("192.0.2.77:50123", "192.0.2.0/24"),
        ("[2001:db8:aa:bb::1]:443", "2001:db8:aa::/48"),
        ("[2001:db8:aa:bb::1]", "2001:db8:aa::/48"),
        ("[::ffff:192.0.2.9]:1", "192.0.2.0/24"),
        (" 192.0.2.77 ", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", UNKNOWN),
        (None, UNKNOWN),
        ("unix:", UNKNOWN),
        ("[]:443", UNKNOWN),
        ("192.0.2.1:", UNKNOWN),
        ("192.0.2.1, 10.0.0.1", UNKNOWN),
    ],
)
def test_a_network_is_what_one_household_or_machine_room_shares(address: str | None, network: str) -> None:
    assert network_of(address) == network


@given(st.text(max_size=60) | st.text("0123456789abcdef.:[]%/ ", max_size=60))
def test_whatever_stands_where_an_address_should_is_some_network(address: str) -> None:
    assert network_of(address)
