"""What only Stripe itself can confirm: that it takes what we send and answers as the adapter reads it.

Run by an operator, with a test-mode key of an account of their own; nothing is charged:
``STRIPE_LIVE_TEST_KEY=sk_test_… pytest -m stripe_live``. Everything it makes carries ``postrider_live`` in its name.
"""

import os
import secrets
from datetime import timedelta
from itertools import islice

import pytest
import stripe

from service.adapters.stripe.client import make_client
from service.adapters.stripe.gateway import StripeGateway, make_gateway
from service.clock import now
from service.donations.gateway import CheckoutOrder
from service.donations.states import DisputeState, Frequency, PaymentStatus, RefundState
from service.errors import BadInput, NotFound
from service.settings import Environment, Settings, parse_routes
from tests.waiting import wait_until

pytestmark = pytest.mark.stripe_live

HINT = "STRIPE_LIVE_TEST_KEY is not set. Type: STRIPE_LIVE_TEST_KEY=sk_test_… pytest -m stripe_live"


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Settings that speak to Stripe itself, with a test-mode key only."""
    key = os.environ.get("STRIPE_LIVE_TEST_KEY", "")
    if not key.startswith(("sk_test_", "rk_test_")):
        pytest.fail(HINT)
    return Settings(
        environment=Environment.TEST,
        database_url="postgresql+psycopg://unused",
        redis_url="redis://unused",
        secret_keys=("a test key of more than thirty-two characters",),
        public_url="https://letters.example.org",
        routes=parse_routes("smtp://unused"),
        inbox_dir=None,
        stripe_key=key,
        stripe_webhook_secrets=("whsec_is_not_used_by_this_suite_at_all",),
    )


@pytest.fixture(scope="module")
def gateway(settings: Settings) -> StripeGateway:
    """The adapter, as production has it."""
    return make_gateway(settings)


@pytest.fixture(scope="module")
def client(settings: Settings) -> stripe.StripeClient:
    """The client by itself, to do what a giver's browser would."""
    return make_client(settings)


def make_order(frequency: Frequency = Frequency.ONCE) -> CheckoutOrder:
    """Return an order of $50 and $2 for the fee."""
    return CheckoutOrder(
        attempt=f"postrider_live_{secrets.token_hex(6)}",
        amount_minor=5000,
        fee_cover_minor=200,
        currency="usd",
        frequency=frequency,
        fund="postrider_live",
        fund_name="postrider_live fund",
        product_id=None,
        address="postrider.live@example.org",
        customer_id=None,
        language="ru",
        success_url="https://letters.example.org/give/thanks?session_id={CHECKOUT_SESSION_ID}",
        cancel_url="https://letters.example.org/give/back",
        expires_at=now() + timedelta(minutes=35),
    )


def pay(client: stripe.StripeClient, method: str, amount: int = 5000) -> str:
    """Make a confirmed payment with one of Stripe's test methods; return its id."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": method,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
            "metadata": {"attempt": "postrider_live", "fund": "postrider_live", "fee_cover": "200"},
        }
    ).id


@pytest.mark.parametrize("frequency", list(Frequency))
def test_a_page_opens_for_every_frequency_and_can_be_closed(gateway: StripeGateway, frequency: Frequency) -> None:
    order = make_order(frequency)
    opened = gateway.open_checkout(order, order.attempt)
    assert opened.url.startswith(gateway.hosts[0])
    again = gateway.open_checkout(order, order.attempt)
    assert again.session_id == opened.session_id
    facts = gateway.fetch_checkout(opened.session_id)
    assert (facts.state, facts.attempt) == ("open", order.attempt)
    gateway.expire_checkout(opened.session_id)
    gateway.expire_checkout(opened.session_id)
    assert gateway.fetch_checkout(opened.session_id).state == "expired"


def test_another_order_under_the_same_key_is_refused(gateway: StripeGateway) -> None:
    order = make_order()
    gateway.open_checkout(order, order.attempt)
    with pytest.raises(BadInput):
        gateway.open_checkout(make_order(), order.attempt)


def test_a_payment_is_read_with_its_charge_and_refunds(gateway: StripeGateway, client: stripe.StripeClient) -> None:
    payment_id = pay(client, "pm_card_visa")
    facts = gateway.fetch_payment(payment_id)
    assert (facts.status, facts.amount_minor, facts.fee_cover_minor) == (PaymentStatus.PAID, 5000, 200)
    assert facts.charge_id
    assert facts.paid_at
    refund_id = gateway.refund(payment_id, 1500, f"refund:{payment_id}")
    assert gateway.refund(payment_id, 1500, f"refund:{payment_id}") == refund_id
    (refund,) = gateway.fetch_payment(payment_id).refunds
    assert (refund.amount_minor, refund.state) == (1500, RefundState.SUCCEEDED)
    with pytest.raises(BadInput):
        gateway.refund(payment_id, 4000, f"too-much:{payment_id}")


def test_a_dispute_is_read_with_the_money_that_it_moves(gateway: StripeGateway, client: stripe.StripeClient) -> None:
    payment_id = pay(client, "pm_card_createDispute")
    wait_until(lambda: bool(gateway.fetch_payment(payment_id).disputes), "Stripe to open the dispute")
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert dispute.state is DisputeState.OPEN
    assert sum(moved.amount_minor for moved in dispute.transactions) == -5000


def test_a_standing_gift_is_read_changed_paused_and_ended(gateway: StripeGateway, client: stripe.StripeClient) -> None:
    product = gateway.ensure_product("postrider_live", "postrider_live fund", "postrider_live product")
    customer = client.v1.customers.create({"email": "postrider.live@example.org", "payment_method": "pm_card_visa"})
    method = client.v1.payment_methods.list({"customer": customer.id}).data[0].id
    price = client.v1.prices.create(
        {"currency": "usd", "unit_amount": 2500, "recurring": {"interval": "month"}, "product": product}
    )
    made = client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "default_payment_method": method,
            "items": [{"price": price.id}],
            "metadata": {"attempt": "postrider_live", "fund": "postrider_live", "fee_cover": "0"},
        }
    )
    facts = gateway.fetch_recurring(made.id)
    assert (facts.status, facts.amount_minor, facts.frequency) == ("active", 2500, Frequency.MONTHLY)
    assert "4242" in facts.method
    gateway.change_amount(made.id, facts.item_id, product, 7500, 250, "usd", Frequency.MONTHLY, f"amount:{made.id}")
    changed = gateway.fetch_recurring(made.id)
    assert (changed.amount_minor, changed.fee_cover_minor) == (7500, 250)
    gateway.change_next_charge(made.id, now() + timedelta(days=20), f"date:{made.id}")
    gateway.pause(made.id, now() + timedelta(days=60), f"pause:{made.id}")
    assert gateway.fetch_recurring(made.id).is_paused
    gateway.resume(made.id, f"resume:{made.id}")
    assert not gateway.fetch_recurring(made.id).is_paused
    gateway.cancel(made.id, f"stop:{made.id}")
    gateway.cancel(made.id, f"stop:{made.id}")
    assert gateway.fetch_recurring(made.id).ended_at


def test_lists_are_read_page_by_page(gateway: StripeGateway, client: stripe.StripeClient) -> None:
    payment_id = pay(client, "pm_card_visa")
    since = now() - timedelta(days=1)
    assert payment_id in list(gateway.list_payments(since))
    assert all(moved.net_minor == moved.amount_minor - moved.fee_minor for moved in gateway.list_transactions(since))
    assert list(islice(gateway.list_recurring(), 5)) is not None
    assert list(islice(gateway.list_undelivered_events(since), 5)) is not None


def test_what_stripe_does_not_know_is_not_found(gateway: StripeGateway) -> None:
    for fetch in (gateway.fetch_payment, gateway.fetch_recurring, gateway.fetch_checkout):
        with pytest.raises(NotFound):
            fetch("pi_of_nobody")
