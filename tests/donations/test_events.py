"""What an event is about, by nothing but the ids in it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.donations.events import Root, RootKind, find_roots

PAYMENT, RECURRING = Root(RootKind.PAYMENT, "pi_1"), Root(RootKind.RECURRING, "sub_1")


def event(**about: Any) -> dict[str, Any]:
    """Return an event about one object."""
    return {"id": "evt_1", "data": {"object": about}}


@pytest.mark.parametrize(
    ("about", "roots"),
    [
        ({"object": "checkout.session", "id": "cs_1"}, [Root(RootKind.CHECKOUT, "cs_1")]),
        ({"object": "payment_intent", "id": "pi_1"}, [PAYMENT]),
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, [PAYMENT]),
        ({"object": "charge", "id": "ch_1", "payment_intent": {"id": "pi_1"}}, [PAYMENT]),
        ({"object": "charge", "id": "ch_1", "payment_intent": None}, []),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_1"}, [PAYMENT]),
        ({"object": "dispute", "id": "dp_1", "payment_intent": "pi_1"}, [PAYMENT]),
        ({"object": "subscription", "id": "sub_1"}, [RECURRING]),
        (
            {"object": "invoice", "id": "in_1", "parent": {"subscription_details": {"subscription": "sub_1"}}},
            [Root(RootKind.INVOICE, "in_1"), RECURRING],
        ),
        ({"object": "invoice", "id": None, "parent": {"subscription_details": {"subscription": "sub_1"}}}, [RECURRING]),
        ({"object": "invoice", "id": "in_1", "parent": None}, [Root(RootKind.INVOICE, "in_1")]),
        ({"object": "radar.early_fraud_warning", "id": "issfr_1", "payment_intent": "pi_1"}, [PAYMENT]),
        ({"object": "payout", "id": "po_1"}, []),
        ({"object": "something.new", "id": "x_1"}, []),
    ],
)
def test_each_kind_of_event_names_what_is_to_be_read_anew(about: dict[str, Any], roots: list[Root]) -> None:
    assert find_roots(event(**about)) == roots


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["data", "id", "object"]), JSON) | st.fixed_dictionaries({"data": JSON}))
def test_a_strange_payload_is_about_nothing_and_breaks_nothing(payload: dict[str, Any]) -> None:
    assert all(root.id for root in find_roots(payload))
