"""The drift guard: requests are read by the installed client's own types, and nothing else passes."""

from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe.params import (
    CustomerListParams,
    EventListParams,
    RefundCreateParams,
    SubscriptionUpdateParams,
)
from stripe.params.checkout import SessionCreateParams

from service.development.fakestripe.catalogue import ROUTES
from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.forms import unfold
from service.development.fakestripe.parameters import declared, read_params
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.route import Route
from tests.development.fakestripe.shop import Shop

CURRENCY = ("line_items[0][price_data][currency]", "usd")


def read(pairs: list[tuple[str, str]], takes: type) -> dict[str, Any]:
    return read_params(unfold(pairs), takes, frozenset(declared(takes)))


@pytest.mark.parametrize(
    ("takes", "sent", "expected"),
    [
        (RefundCreateParams, [("amount", "100")], {"amount": 100}),
        (RefundCreateParams, [("metadata[note]", "да, 好")], {"metadata": {"note": "да, 好"}}),
        (RefundCreateParams, [("metadata", "")], {"metadata": ""}),
        (RefundCreateParams, [("expand[0]", "charge")], {"expand": ["charge"]}),
        (RefundCreateParams, [("expand[]", "charge"), ("expand[]", "customer")], {"expand": ["charge", "customer"]}),
        (SubscriptionUpdateParams, [("trial_end", "now")], {"trial_end": "now"}),
        (SubscriptionUpdateParams, [("trial_end", "1801396800")], {"trial_end": 1801396800}),
        (SubscriptionUpdateParams, [("pause_collection", "")], {"pause_collection": ""}),
        (SubscriptionUpdateParams, [("cancel_at_period_end", "true")], {"cancel_at_period_end": True}),
        (EventListParams, [("delivery_success", "false")], {"delivery_success": False}),
        (EventListParams, [("created[gte]", "7")], {"created": {"gte": 7}}),
        (EventListParams, [("created", "7")], {"created": 7}),
    ],
)
def test_text_becomes_what_the_client_declares(takes: type, sent: list[tuple[str, str]], expected: object) -> None:
    assert read(sent, takes) == expected


@pytest.mark.parametrize(
    ("sent", "code", "param", "message"),
    [
        ([("colour", "red")], "parameter_unknown", "colour", "Received unknown parameter: colour"),
        ([("idempotency_key", "k")], "parameter_unknown", "idempotency_key", "Received unknown parameter"),
        (
            [CURRENCY, ("line_items[0][price_data][custom_unit_amount]", "1")],
            "parameter_unknown",
            "line_items[0][price_data][custom_unit_amount]",
            "Received unknown parameter",
        ),
        (
            [("line_items[0][price_data][unit_amount]", "5")],
            "parameter_missing",
            "line_items[0][price_data][currency]",
            "Missing required param",
        ),
        ([("ui_mode", "hosted")], None, "ui_mode", "must be one of elements, embedded_page, form, or hosted_page"),
        (
            [CURRENCY, ("line_items[0][price_data][unit_amount]", "5.00")],
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
            "Invalid integer: 5.00",
        ),
        ([("expires_at", "soon")], "parameter_invalid_integer", "expires_at", "Invalid integer: soon"),
        ([("allow_promotion_codes", "yes")], None, "allow_promotion_codes", "Invalid boolean: yes"),
        ([("mode[0]", "payment")], None, "mode", "a hash was sent where a value belongs"),
        ([("line_items", "all")], None, "line_items", "a value was sent where a hash or a list belongs"),
        ([("mode", "payment"), ("mode[x]", "1")], None, "mode[x]", "lies inside of a value"),
        ([("metadata[" + "k" * 41 + "]", "1")], None, "metadata[" + "k" * 40 + "]", "up to 40 characters"),
        ([("metadata[k]", "v" * 501)], None, "metadata[k]", "a value up to 500"),
        ([(f"metadata[{n}]", "v") for n in range(51)], None, "metadata", "up to 50 keys"),
        ([("a" + "[b]" * 9, "1")], "parameter_unknown", None, "nests too deep"),
        ([("a]b[", "1")], "parameter_unknown", None, "is not a parameter's name"),
    ],
)
def test_a_bad_request_is_named(sent: list[tuple[str, str]], code: str | None, param: str | None, message: str) -> None:
    with pytest.raises(StripeProblem) as refused:
        read(sent, SessionCreateParams)

    error = refused.value.body["error"]
    assert (refused.value.status, error["type"]) == (400, "invalid_request_error")
    assert (error.get("code"), error.get("param")) == (code, param)
    assert message in error["message"]


def test_a_refusal_reaches_the_client_as_its_own_error(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="must be one of payment, setup, or subscription") as refused:
        shop.open(mode="gift")

    assert (refused.value.http_status, refused.value.param) == (400, "mode")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_an_entrance_plays_is_what_the_client_can_send(route: Route) -> None:
    assert route.plays - set(declared(route.takes)) <= {"expand"}


def test_no_two_entrances_are_the_same() -> None:
    entrances = [(route.method, route.path) for route in ROUTES]

    assert len(entrances) == len(set(entrances))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=6)), max_size=4))
def test_any_form_is_read_or_refused_in_stripes_words(pairs: list[tuple[str, str]]) -> None:
    known = declared(CustomerListParams)
    try:
        params = read(pairs, CustomerListParams)
    except StripeProblem as refused:
        params = refused.body["error"]
        known = {"type": str, "message": str, "code": str, "param": str}

    assert set(params) <= set(known)


def test_a_request_that_is_refused_changes_nothing(fake: FakeStripe, client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: gift"):
        client.raw_request("post", "/v1/customers", gift="7")

    assert (fake.events, fake.list_objects("customer")) == ([], [])
