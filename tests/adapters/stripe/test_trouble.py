"""When Stripe is away, refuses, or loses its answer: our own words, nothing secret in them, and nothing done twice."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stripe

from service.adapters.stripe.client import API_VERSION, make_client
from service.adapters.stripe.gateway import StripeGateway, make_gateway
from service.adapters.stripe.problems import clean_sentence, translated
from service.clock import now
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import Gateway
from service.errors import BadInput, NotFound, PostriderError, Unavailable
from service.settings import BadSettings, Environment
from tests.adapters.stripe.conftest import PLAIN, MakeGateway
from tests.adapters.stripe.giving import give_payment, make_order
from tests.fixtures.stripe import take_gifts

pytestmark = pytest.mark.usefixtures("quick_retries")


def test_the_adapter_is_a_gateway(gateway: StripeGateway) -> None:
    whole: Gateway = gateway
    assert all(callable(getattr(whole, name)) for name in dir(Gateway) if not name.startswith("_") and name != "hosts")


CALLS: dict[str, Callable[[StripeGateway], object]] = {
    "open_checkout": lambda gateway: gateway.open_checkout(make_order(), "k"),
    "expire_checkout": lambda gateway: gateway.expire_checkout("cs_1"),
    "ensure_product": lambda gateway: gateway.ensure_product("archive", "The archive", "k"),
    "fetch_checkout": lambda gateway: gateway.fetch_checkout("cs_1"),
    "fetch_payment": lambda gateway: gateway.fetch_payment("pi_1"),
    "fetch_recurring": lambda gateway: gateway.fetch_recurring("sub_1"),
    "list_payments_of_invoice": lambda gateway: gateway.list_payments_of_invoice("in_1"),
    "list_payments": lambda gateway: list(gateway.list_payments(now())),
    "list_recurring": lambda gateway: list(gateway.list_recurring()),
    "list_transactions": lambda gateway: list(gateway.list_transactions(now())),
    "list_undelivered_events": lambda gateway: list(gateway.list_undelivered_events(now())),
    "refund": lambda gateway: gateway.refund("pi_1", 100, "k"),
    "change_amount": lambda gateway: gateway.change_amount(
        "sub_1", "si_1", "prod_1", 100, 0, "usd", make_order().frequency.MONTHLY, "k"
    ),
    "change_next_charge": lambda gateway: gateway.change_next_charge("sub_1", now() + timedelta(days=9), "k"),
    "pause": lambda gateway: gateway.pause("sub_1", None, "k"),
    "resume": lambda gateway: gateway.resume("sub_1", "k"),
    "cancel": lambda gateway: gateway.cancel("sub_1", "k"),
    "open_card_page": lambda gateway: gateway.open_card_page("cus_1", "http://letters.test/giving", "k"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_every_call_is_unavailable_while_stripe_fails(
    fake_stripe: FakeStripe, gateway: StripeGateway, call: Callable[[StripeGateway], object]
) -> None:
    fake_stripe.fail_next(9, "error")
    with pytest.raises(Unavailable) as problem:
        call(gateway)
    assert problem.value.retry
    assert problem.value.__cause__ is None


@pytest.mark.parametrize("trouble", ["busy", "conflict", "cut"])
def test_other_ways_of_being_away_are_unavailable_too(
    fake_stripe: FakeStripe, gateway: StripeGateway, trouble: str
) -> None:
    fake_stripe.fail_next(9, trouble)
    with pytest.raises(Unavailable, match="does not answer"):
        gateway.fetch_payment("pi_1")


def test_an_answer_that_does_not_come_is_not_waited_for_forever(fake_stripe: FakeStripe, make: MakeGateway) -> None:
    fake_stripe.fail_next(9, "hang", seconds=20)
    with pytest.raises(Unavailable):
        make(patience=0.1).fetch_payment("pi_1")


def test_a_server_that_is_not_there_is_unavailable(fake_stripe: FakeStripe) -> None:
    nowhere = replace(take_gifts(PLAIN, fake_stripe), stripe_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        make_gateway(nowhere).fetch_payment("pi_1")


def test_one_failure_is_not_noticed(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    for trouble in ("error", "conflict", "cut"):
        fake_stripe.fail_next(2, trouble)
        assert gateway.fetch_payment(payment_id).payment_id == payment_id


@pytest.mark.parametrize("trouble", ["error", "cut"])
def test_case_71_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(
    fake_stripe: FakeStripe, gateway: StripeGateway, trouble: str
) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    fake_stripe.fail_next(3, trouble, at="POST /v1/refunds", after_effect=True)
    try:
        gateway.refund(payment_id, 1000, "refund:1")
    except Unavailable:
        gateway.refund(payment_id, 1000, "refund:1")
    assert [one["amount"] for one in fake_stripe.list_objects("refund")] == [1000]


def test_case_71_a_page_whose_answer_was_lost_is_the_same_page(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    order = make_order()
    fake_stripe.fail_next(1, "cut", at="POST /v1/checkout/sessions", after_effect=True)
    first = gateway.open_checkout(order, "checkout:1")
    assert gateway.open_checkout(order, "checkout:1") == first
    assert len(fake_stripe.list_objects("checkout.session")) == 1


def _refuse(kind: Any, message: str, code: str | None, status: int | None) -> stripe.StripeError:
    """Return an error of Stripe's client, whose makers have no types and not all the same arguments."""
    error = (
        kind(message, None, code) if issubclass(kind, stripe.CardError | stripe.InvalidRequestError) else kind(message)
    )
    error.code, error.http_status = code, status
    made: stripe.StripeError = error
    return made


def test_a_key_that_is_refused_is_for_the_operator_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unavailable) as problem, translated():
        raise _refuse(stripe.AuthenticationError, "Invalid API Key provided: sk_test_51*****abcd", None, 401)
    assert "check STRIPE_KEY" in caplog.text
    assert "sk_test" not in caplog.text + problem.value.message


@pytest.mark.parametrize(
    ("raised", "code", "status", "kind"),
    [
        (stripe.CardError, "card_declined", 402, BadInput),
        (stripe.InvalidRequestError, None, 400, BadInput),
        (stripe.IdempotencyError, None, 400, BadInput),
        (stripe.InvalidRequestError, "resource_missing", 404, NotFound),
        (stripe.InvalidRequestError, "resource_missing", 400, NotFound),
        (stripe.InvalidRequestError, None, 404, NotFound),
        (stripe.RateLimitError, None, 429, Unavailable),
        (stripe.InvalidRequestError, "rate_limit", 400, Unavailable),
        (stripe.InvalidRequestError, "lock_timeout", 400, Unavailable),
        (stripe.IdempotencyError, "idempotency_key_in_use", 409, Unavailable),
        (stripe.APIError, None, 500, Unavailable),
        (stripe.APIError, None, 200, Unavailable),
        (stripe.APIConnectionError, None, None, Unavailable),
        (stripe.AuthenticationError, None, 401, Unavailable),
        (stripe.PermissionError, None, 403, Unavailable),
    ],
)
def test_each_error_of_stripe_has_its_word(
    raised: type[stripe.StripeError], code: str | None, status: int | None, kind: type[PostriderError]
) -> None:
    with pytest.raises(PostriderError) as problem, translated():
        raise _refuse(raised, "No, said rk_live_123.", code, status)
    assert type(problem.value) is kind
    assert "_live_" not in problem.value.message


def test_a_sentence_of_stripe_s_loses_keys_lines_and_length() -> None:
    said = clean_sentence("Key sk_live_51Hab*****cd of\nwhsec_abc123 and rk_test_x failed. " + "x" * 900)
    assert said.startswith("Key … of … and … failed. xxx")
    assert len(said) == 300


@pytest.mark.parametrize(
    ("key", "url", "environment", "is_allowed"),
    [
        ("sk_test_1", "http://127.0.0.1:1", Environment.DEVELOPMENT, True),
        ("rk_test_1", "http://127.0.0.1:1", Environment.TEST, True),
        ("sk_live_1", "http://127.0.0.1:1", Environment.DEVELOPMENT, False),
        ("rk_live_1", "https://stripe.com.example.org", Environment.TEST, False),
        ("sk_test_1", "http://127.0.0.1:1", Environment.PRODUCTION, False),
        ("sk_live_1", "https://api.stripe.com", Environment.PRODUCTION, True),
        ("sk_live_1", "https://evilstripe.com", Environment.TEST, False),
        ("sk_live_1", "", Environment.PRODUCTION, True),
    ],
)
def test_only_test_keys_and_never_production_speak_to_another_server(
    key: str, url: str, environment: Environment, is_allowed: bool
) -> None:
    settings = replace(PLAIN, stripe_key=key, stripe_url=url, environment=environment)
    if is_allowed:
        make_client(settings)
    else:
        with pytest.raises(BadSettings, match="STRIPE_URL"):
            make_client(settings)


def test_forms_may_lead_to_stripe_s_pages_or_to_the_test_stripe_s(fake_stripe: FakeStripe) -> None:
    real = make_gateway(replace(PLAIN, stripe_key="sk_live_1"))
    assert real.hosts == ("https://checkout.stripe.com", "https://billing.stripe.com")
    assert real.is_live
    assert make_gateway(take_gifts(PLAIN, fake_stripe)).hosts == (fake_stripe.url,)


def test_the_pinned_version_is_the_installed_client_s() -> None:
    assert stripe.api_version == API_VERSION


def test_the_client_itself_logs_nothing_of_a_gift(
    fake_stripe: FakeStripe, gateway: StripeGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gateway.fetch_payment(give_payment(fake_stripe, gateway))
    for secret in (fake_stripe.key, "grace.giver@example.org"):
        assert secret not in caplog.text
