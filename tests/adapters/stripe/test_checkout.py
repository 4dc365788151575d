"""Stripe's page for one gift: what is asked for on it, and how far a giver came."""

import re

import pytest
from stripe.params.checkout import SessionCreateParams

from service.adapters.stripe.checkout import COVER, LOCALES, choose_locale
from service.adapters.stripe.gateway import StripeGateway
from service.development.fakestripe.controls import Declined
from service.development.fakestripe.fake import FakeStripe
from service.donations.states import Frequency, PaymentStatus
from service.errors import BadInput, NotFound
from tests.adapters.stripe.giving import give, give_payment, make_order


def _list_lines(gateway: StripeGateway, session_id: str) -> list[tuple[str, int, str | None]]:
    session = gateway.client.v1.checkout.sessions.retrieve(session_id, {"expand": ["line_items"]})
    lines = session.line_items.data if session.line_items else []
    recurring = [line.price.recurring if line.price else None for line in lines]
    return [
        (line.description or "", line.amount_total, rhythm.interval if rhythm else None)
        for line, rhythm in zip(lines, recurring, strict=True)
    ]


def test_a_gift_and_its_fee_are_two_lines_and_every_object_is_labelled(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    order = make_order()
    opened = gateway.open_checkout(order, "checkout:1")
    session = fake_stripe.get_object(opened.session_id)
    labels = {"attempt": order.attempt, "fund": "archive", "fee_cover": "200"}
    assert opened.url == session["url"]
    assert opened.url.startswith(gateway.hosts[0])
    assert (session["mode"], session["submit_type"], session["customer_creation"]) == ("payment", "donate", "always")
    assert (session["amount_total"], session["currency"], session["locale"]) == (5200, "usd", "en")
    assert (session["customer_email"], session["expires_at"]) == (order.address, int(order.expires_at.timestamp()))
    assert (session["success_url"], session["cancel_url"]) == (order.success_url, order.cancel_url)
    assert (session["metadata"], session["client_reference_id"]) == (labels, order.attempt)
    assert _list_lines(gateway, opened.session_id) == [("The archive", 5000, None), (COVER, 200, None)]
    fake_stripe.pay(opened.session_id)
    payment_id = gateway.fetch_checkout(opened.session_id).payment_id
    assert payment_id is not None
    assert fake_stripe.get_object(payment_id)["metadata"] == labels


def test_a_gift_without_a_fee_is_one_line(gateway: StripeGateway) -> None:
    opened = gateway.open_checkout(make_order(fee_cover_minor=0), "checkout:1")
    assert _list_lines(gateway, opened.session_id) == [("The archive", 5000, None)]


@pytest.mark.parametrize(("frequency", "interval"), [(Frequency.MONTHLY, "month"), (Frequency.YEARLY, "year")])
def test_a_standing_arrangement_is_one_line_for_the_whole(
    fake_stripe: FakeStripe, gateway: StripeGateway, frequency: Frequency, interval: str
) -> None:
    order = make_order(frequency=frequency)
    opened = gateway.open_checkout(order, "checkout:1")
    assert _list_lines(gateway, opened.session_id) == [("The archive", 5200, interval)]
    fake_stripe.pay(opened.session_id)
    facts = gateway.fetch_checkout(opened.session_id)
    assert facts.subscription_id is not None
    labels = {"attempt": order.attempt, "fund": "archive", "fee_cover": "200"}
    assert fake_stripe.get_object(facts.subscription_id)["metadata"] == labels
    assert facts.payment_id is not None
    assert gateway.fetch_payment(facts.payment_id).amount_minor == 5200


@pytest.mark.parametrize("frequency", list(Frequency))
def test_a_fund_that_has_a_product_is_sold_by_it(gateway: StripeGateway, frequency: Frequency) -> None:
    product_id = gateway.ensure_product("archive", "Das Archiv", "product:archive")
    order = make_order(product_id=product_id, fee_cover_minor=0, frequency=frequency)
    opened = gateway.open_checkout(order, "checkout:1")
    assert _list_lines(gateway, opened.session_id)[0][0] == "Das Archiv"


def test_a_known_customer_is_named_and_an_unknown_one_is_a_new_one(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    customer_id = gateway.fetch_payment(give_payment(fake_stripe, gateway)).customer_id
    assert customer_id is not None
    for frequency in Frequency:
        again = give_payment(fake_stripe, gateway, customer_id=customer_id, frequency=frequency)
        assert gateway.fetch_payment(again).customer_id == customer_id
    lost = give_payment(fake_stripe, gateway, customer_id="cus_of_another_account", product_id="prod_deleted")
    assert gateway.fetch_payment(lost).customer_id not in {customer_id, "cus_of_another_account", None}


def test_a_declined_card_leaves_the_page_open_and_another_card_pays(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    opened = gateway.open_checkout(make_order(), "checkout:1")
    with pytest.raises(Declined):
        fake_stripe.pay(opened.session_id, card="4000000000000002")
    facts = gateway.fetch_checkout(opened.session_id)
    assert facts.state == "open"
    fake_stripe.pay(opened.session_id)
    facts = gateway.fetch_checkout(opened.session_id)
    assert (facts.state, facts.subscription_id) == ("complete", None)


def test_a_bank_debit_completes_the_page_unpaid_and_is_paid_days_later(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    facts = give(fake_stripe, gateway, method="us_bank_account")
    assert facts.state == "complete"
    assert facts.payment_id is not None
    assert gateway.fetch_payment(facts.payment_id).status is PaymentStatus.PROCESSING
    fake_stripe.settle_debit(facts.payment_id)
    assert gateway.fetch_payment(facts.payment_id).status is PaymentStatus.PAID


def test_the_same_key_is_the_same_page_and_never_another_amount(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    order = make_order()
    first = gateway.open_checkout(order, "checkout:1")
    assert gateway.open_checkout(order, "checkout:1") == first
    assert gateway.open_checkout(order, "checkout:2") != first
    with pytest.raises(BadInput):
        gateway.open_checkout(make_order(amount_minor=6000), "checkout:1")
    assert len(fake_stripe.list_objects("checkout.session")) == 2


def test_a_page_is_closed_once_and_asking_again_does_no_harm(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    opened = gateway.open_checkout(make_order(), "checkout:1")
    assert gateway.fetch_checkout(opened.session_id).state == "open"
    gateway.expire_checkout(opened.session_id)
    gateway.expire_checkout(opened.session_id)
    facts = gateway.fetch_checkout(opened.session_id)
    assert (facts.state, facts.payment_id) == ("expired", None)
    paid = give(fake_stripe, gateway)
    gateway.expire_checkout(paid.session_id)
    assert gateway.fetch_checkout(paid.session_id) == paid


def test_a_page_that_stripe_does_not_know_is_not_found(gateway: StripeGateway) -> None:
    for ask in (gateway.fetch_checkout, gateway.expire_checkout):
        with pytest.raises(NotFound):
            ask("cs_test_nobody")


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("en-GB", "en-GB"),
        ("en-US", "en"),
        ("pt-br", "pt-BR"),
        ("pt_BR", "pt-BR"),
        ("es-419", "es-419"),
        ("fr-CA", "fr-CA"),
        ("hi", "hi-IN"),
        ("no", "nb"),
        ("nn", "nb"),
        ("zh", "zh"),
        ("zh-Hans", "zh"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("zh-HK", "zh-HK"),
        ("ru", "ru"),
        ("uk", "auto"),
        ("ar", "auto"),
        ("", "auto"),
        ("x" * 50, "auto"),
    ],
)
def test_the_page_speaks_the_giver_s_language_if_it_can(language: str, locale: str) -> None:
    assert choose_locale(language) == locale


def test_the_languages_are_those_that_the_installed_client_names() -> None:
    declared = re.findall(r"'([\w-]+)'", str(SessionCreateParams.__annotations__["locale"]))
    assert set(declared) == {"auto", *LOCALES}
