"""Checkout sessions: what Stripe demands of a new one, and what each way of paying leads to."""

from typing import Any

import pytest
import stripe

from service.development.fakestripe.controls import Declined
from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop

HOUR = 3600


def test_a_gift_by_card_is_paid_at_once_and_leads_back(fake: FakeStripe, shop: Shop) -> None:
    session = shop.open(5000, customer_creation="always", submit_type="donate", ui_mode="hosted_page")
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 5000)
    assert (session.payment_intent, session.url) == (None, f"{fake.url}/c/pay/{session.id}")

    back = fake.pay(session.id, email="ada@example.org", name="Ada")

    expand = ["payment_intent.latest_charge", "customer"]
    done = shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": expand})
    assert back == f"http://letters.test/thanks?session={session.id}"
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert done.customer_details is not None
    assert (done.customer_details.email, done.customer_details.name) == ("ada@example.org", "Ada")
    assert isinstance(done.customer, stripe.Customer)
    assert done.customer.email == "ada@example.org"
    intent = done.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.metadata["attempt"]) == ("succeeded", 5000, "7")
    assert shop.kinds() == [
        "product.created",
        "price.created",
        "customer.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "sentence"),
    [
        ("4000 0000 0000 0002", "card_declined", "generic_decline", "Your card was declined."),
        ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
        ("4000000000000069", "expired_card", None, "Your card has expired."),
        ("4000000000000127", "incorrect_cvc", None, "Your card's security code is incorrect."),
    ],
)
def test_a_declined_card_leaves_the_session_open(
    fake: FakeStripe, shop: Shop, card: str, code: str, decline_code: str | None, sentence: str
) -> None:
    session = shop.open()
    with pytest.raises(Declined, match=sentence):
        fake.pay(session.id, card)

    tried = shop.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (tried.status, tried.payment_status) == ("open", "unpaid")
    intent = tried.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert (intent.last_payment_error.code, intent.last_payment_error.decline_code) == (code, decline_code)
    assert shop.kinds(2) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]

    fake.pay(session.id)
    paid = shop.look(intent.id)
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert [charge.paid for charge in shop.client.v1.charges.list({"payment_intent": intent.id}).data] == [True, False]


def test_a_bank_that_asks_is_answered_first(fake: FakeStripe, shop: Shop) -> None:
    session = shop.open()
    with pytest.raises(Declined, match="unable to authenticate"):
        fake.pay(session.id, "4000002500003155", completes_3ds=False)
    assert "charge.failed" not in shop.kinds()
    assert shop.kinds()[-2:] == ["payment_intent.requires_action", "payment_intent.payment_failed"]

    fake.pay(session.id, "4000002500003155")

    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize(("succeeds", "status"), [(True, "paid"), (False, "unpaid")])
def test_a_bank_debit_is_promised_first_and_known_days_later(
    fake: FakeStripe, shop: Shop, succeeds: bool, status: str
) -> None:
    payment = shop.give(method="us_bank_account")
    [session] = shop.client.v1.checkout.sessions.list({"payment_intent": payment.id}).data
    assert (session.status, session.payment_status, payment.status) == ("complete", "unpaid", "processing")
    charge = payment.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.status, charge.paid, charge.balance_transaction) == ("pending", False, None)

    fake.settle_debit(payment.id, succeeds=succeeds)

    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == status
    word = "succeeded" if succeeds else "failed"
    assert shop.kinds()[-1] == f"checkout.session.async_payment_{word}"
    assert f"charge.{word}" in shop.kinds()


def test_a_bank_debit_settles_by_itself_after_four_days(fake: FakeStripe, shop: Shop) -> None:
    payment = shop.give(10_000, method="us_bank_account")
    fake.advance(days=3, hours=23)
    assert shop.look(payment.id).status == "processing"

    fake.advance(hours=1)

    assert shop.look(payment.id).status == "succeeded"


def test_a_session_expires_at_its_moment(fake: FakeStripe, shop: Shop) -> None:
    session = shop.open(expires_at=fake.now() + HOUR)
    fake.advance(minutes=59)
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "open"

    fake.advance(minutes=1)

    expired = shop.client.v1.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert shop.kinds()[-1] == "checkout.session.expired"
    with pytest.raises(Exception, match="This session is expired"):
        fake.pay(session.id)


def test_a_caller_whose_clock_did_not_move_still_opens_sessions_that_end_in_time(fake: FakeStripe, shop: Shop) -> None:
    real = fake.now()
    fake.advance(days=40)

    session = shop.open(expires_at=real + HOUR)
    assert session.expires_at == real + HOUR
    fake.advance(minutes=59)
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    fake.advance(minutes=1)
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_session_is_expired_on_demand_once(shop: Shop) -> None:
    session = shop.open()
    assert shop.client.v1.checkout.sessions.expire(session.id).status == "expired"

    with pytest.raises(stripe.InvalidRequestError, match=r"Only Checkout Sessions with a status in \[\"open\"\]"):
        shop.client.v1.checkout.sessions.expire(session.id)


def test_an_expired_session_takes_its_payment_with_it(fake: FakeStripe, shop: Shop) -> None:
    session = shop.open()
    with pytest.raises(Declined):
        fake.pay(session.id, "4000000000000002")
    shop.client.v1.checkout.sessions.expire(session.id)

    [intent] = shop.client.v1.payment_intents.list().data
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")


@pytest.mark.parametrize(
    ("interval", "more", "param"),
    [
        ("", {"expires_at": 1_801_396_800 + 29 * 60}, "expires_at"),
        ("", {"expires_at": 1_801_396_800 + 25 * HOUR}, "expires_at"),
        ("", {"subscription_data": {"description": "no"}}, "subscription_data"),
        ("month", {"payment_intent_data": {"description": "no"}}, "payment_intent_data"),
        ("month", {"customer_creation": "always"}, "customer_creation"),
        ("", {"success_url": "letters.test/thanks"}, "success_url"),
        ("", {"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ("", {"customer": "cus_nobody"}, "customer"),
        ("", {"payment_method_types": ["alipay"]}, "payment_method_types"),
        ("", {"ui_mode": "elements"}, "ui_mode"),
        ("", {"mode": "setup"}, "mode"),
        ("month", {"mode": "payment", "subscription_data": {}}, "line_items[0]"),
        ("", {"line_items": []}, "line_items"),
        ("", {"payment_intent_data": {"metadata": {"k": "v" * 501}}}, "payment_intent_data[metadata][k]"),
    ],
)
def test_what_stripe_would_refuse_is_refused(shop: Shop, interval: str, more: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(2500, interval, **more)

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("amount", "code"),
    [(49, "amount_too_small"), (100_000_000, None), (-1, None)],
    ids=["small", "large", "negative"],
)
def test_an_amount_has_its_bounds(shop: Shop, amount: int, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(amount)

    assert refused.value.code == code


def test_a_known_customer_is_paid_for_and_not_made_again(fake: FakeStripe, shop: Shop) -> None:
    customer = shop.client.v1.customers.create({"email": "ada@example.org", "name": "Ada"})
    session = shop.open(customer=customer.id)
    fake.pay(session.id)

    assert shop.client.v1.checkout.sessions.retrieve(session.id).customer == customer.id
    assert len(shop.client.v1.customers.list({"email": "ada@example.org"}).data) == 1


def test_a_guest_gives_without_becoming_a_customer(shop: Shop) -> None:
    assert shop.give().customer is None


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("4000000000000259", ["charge.dispute.created", "charge.dispute.funds_withdrawn"]),
        ("4000000000001976", ["charge.dispute.created"]),
        ("4000000000005423", ["radar.early_fraud_warning.created"]),
    ],
)
def test_some_cards_have_a_sequel(shop: Shop, card: str, expected: list[str]) -> None:
    shop.give(card=card)

    after = shop.kinds().index("checkout.session.completed") + 1
    assert shop.kinds(after) == expected


def test_no_real_card_is_taken(fake: FakeStripe, shop: Shop) -> None:
    session = shop.open()

    with pytest.raises(Declined, match="No real card works here"):
        fake.pay(session.id, "4111 1111 1111 1111")

    assert shop.kinds(2) == []


def test_the_page_offers_what_the_account_takes_and_the_session_allows(shop: Shop) -> None:
    everything = shop.open()
    chosen = shop.open(allowed_payment_method_types=["card", "alipay"])
    without = shop.open(excluded_payment_method_types=["paypal"])

    offers = [session.payment_method_types for session in (everything, chosen, without)]
    assert offers == [["card", "us_bank_account", "paypal"], ["card"], ["card", "us_bank_account"]]
