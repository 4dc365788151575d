"""What donors see: the Checkout page, the bank's question, the portal, an invoice. Plain forms."""

from html import unescape
from typing import Any, cast

import pytest
import requests
from stripe.params.billing_portal import SessionCreateParams

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop

FILLED_IN = {
    "email": "ada@example.org",
    "method": "card",
    "card": "4242 4242 4242 4242",
    "expires": "12 / 34",
    "cvc": "123",
    "name": "Ada",
}
HONEST = "Test page, not Stripe. No card is charged."


def look(url: str) -> str:
    answer = requests.get(url, timeout=60)
    assert answer.status_code == 200
    assert HONEST in answer.text
    return unescape(answer.text)


def post(url: str, **fields: str) -> requests.Response:
    return requests.post(url, data=fields, timeout=60, allow_redirects=False)


def test_the_page_says_what_is_paid_and_that_nothing_is(shop: Shop) -> None:
    session = shop.open(5000, submit_type="donate")
    text = look(str(session.url))

    assert "Donate $50.00" in text
    assert 'name="email"' in text
    assert 'value="4242 4242 4242 4242"' in text
    assert "4000 0000 0000 0002" in text
    assert 'href="http://letters.test/give"' in text
    assert 'value="us_bank_account"' in text
    assert "<script" not in text


def test_a_known_address_is_not_asked_for_again(shop: Shop) -> None:
    text = look(str(shop.open(customer_email="ada@example.org", allowed_payment_method_types=["card"]).url))

    assert "ada@example.org" in text
    assert 'name="email"' not in text
    assert 'type="radio"' not in text


def test_the_form_pays_and_leads_back(shop: Shop) -> None:
    session = shop.open()
    answer = post(str(session.url), **FILLED_IN)

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://letters.test/thanks?session={session.id}"
    paid = shop.client.v1.checkout.sessions.retrieve(session.id)
    assert paid.payment_status == "paid"
    assert paid.customer_details is not None
    assert paid.customer_details.email == "ada@example.org"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"card": "4000 0000 0000 0002"}, "Your card was declined."),
        ({"card": "4111 1111 1111 1111"}, "No real card works here."),
        ({"card": ""}, "Your card number is not one of the test cards."),
        ({"expires": "13 / 34"}, "Your card's expiration date is incomplete."),
        ({"expires": "soon"}, "Your card's expiration date is incomplete."),
        ({"expires": "01 / 20"}, "Your card's expiration year is in the past."),
        ({"cvc": "12"}, "Your card's security code is incomplete."),
        ({"email": "ada"}, "Your email is incomplete."),
        ({"method": "alipay"}, "Please choose one of the ways to pay."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(shop: Shop, wrong: dict[str, str], sentence: str) -> None:
    session = shop.open()
    answer = post(str(session.url), **{**FILLED_IN, "name": "Ada <Lovelace>", **wrong})

    assert answer.status_code == 200
    assert sentence in unescape(answer.text)
    assert 'value="Ada &lt;Lovelace&gt;"' in answer.text
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_bank_account_needs_no_card(shop: Shop) -> None:
    session = shop.open()
    answer = post(str(session.url), email="ada@example.org", method="us_bank_account")

    assert answer.status_code == 303
    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


@pytest.mark.parametrize(("answered", "status", "paid"), [("complete", 303, "paid"), ("fail", 200, "unpaid")])
def test_the_banks_question_is_a_page_of_its_own(shop: Shop, answered: str, status: int, paid: str) -> None:
    session = shop.open()
    question = post(str(session.url), **{**FILLED_IN, "card": "4000 0025 0000 3155"})
    assert "Your bank asks whether it is you" in question.text

    answer = post(f"{session.url}/bank", answer=answered)

    assert answer.status_code == status
    assert ("unable to authenticate" in answer.text) is (answered == "fail")
    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == paid


def test_a_page_that_is_over_says_so_and_takes_nothing(fake: FakeStripe, shop: Shop) -> None:
    done, gone = shop.open(), shop.open()
    url, gone_url = str(done.url), str(gone.url)
    fake.pay(done.id)
    fake.expire(gone.id)
    payments = len(fake.list_objects("charge"))

    assert "It cannot be paid twice" in look(url)
    assert "Nothing was charged" in look(gone_url)
    assert "It cannot be paid twice" in post(url, **FILLED_IN).text
    assert len(fake.list_objects("charge")) == payments


@pytest.mark.parametrize("path", ["/c/pay/cs_test_nobody", "/p/session/bps_nobody", "/invoice/in_nobody", "/nowhere"])
def test_an_unknown_page_is_a_sentence(fake: FakeStripe, path: str) -> None:
    answer = requests.get(f"{fake.url}{path}", timeout=60)

    assert answer.status_code == 404
    assert HONEST in answer.text
    assert "Not possible" in answer.text


def open_portal(shop: Shop, customer: str, **more: Any) -> str:
    params = {"customer": customer, "return_url": "http://letters.test/gifts", **more}
    return shop.client.v1.billing_portal.sessions.create(cast("SessionCreateParams", params)).url


def test_the_portal_stops_a_gift_and_lets_it_go_on(shop: Shop) -> None:
    subscription = shop.subscribe(2500)
    url = open_portal(shop, str(subscription.customer))
    assert "$25.00 a month" in look(url)

    assert post(url, do="cancel", subscription=subscription.id).status_code == 303
    assert shop.client.v1.subscriptions.retrieve(subscription.id).cancel_at_period_end
    assert "Go on after all" in look(url)
    post(url, do="renew", subscription=subscription.id)

    assert not shop.client.v1.subscriptions.retrieve(subscription.id).cancel_at_period_end


def test_the_portal_changes_a_gifts_card(shop: Shop) -> None:
    subscription = shop.subscribe()
    url = open_portal(shop, str(subscription.customer))
    post(url, do="card", card="5555 5555 5555 4444", subscription=subscription.id)

    expanded = shop.client.v1.subscriptions.retrieve(subscription.id, {"expand": ["default_payment_method"]}).to_dict()
    assert expanded["default_payment_method"]["card"]["last4"] == "4444"
    assert "No real card works here" in post(url, do="card", card="4111111111111111").text


def test_the_card_flow_changes_the_customers_card_alone_and_leads_back(shop: Shop) -> None:
    subscription = shop.subscribe()
    flow = {
        "type": "payment_method_update",
        "after_completion": {"type": "redirect", "redirect": {"return_url": "http://letters.test/done"}},
    }
    url = open_portal(shop, str(subscription.customer), flow_data=flow)
    assert "Stop this gift" not in look(url)

    answer = post(url, do="card", card="5555555555554444")

    customer = shop.client.v1.customers.retrieve(
        str(subscription.customer), {"expand": ["invoice_settings.default_payment_method"]}
    ).to_dict()
    assert answer.headers["Location"] == "http://letters.test/done"
    assert customer["invoice_settings"]["default_payment_method"]["card"]["last4"] == "4444"
    unchanged = shop.client.v1.subscriptions.retrieve(subscription.id)
    assert unchanged.default_payment_method == subscription.default_payment_method


def test_the_portal_does_what_its_configuration_allows_and_no_more(shop: Shop) -> None:
    subscription = shop.subscribe()
    configurations = shop.client.v1.billing_portal.configurations
    made = configurations.create({"features": {"payment_method_update": {"enabled": True}}})
    url = open_portal(shop, str(subscription.customer), configuration=made.id)

    refused = post(url, do="cancel", subscription=subscription.id)

    assert "does not allow that" in refused.text
    assert shop.client.v1.subscriptions.retrieve(subscription.id).to_dict() == subscription.to_dict()
    assert [one.id for one in configurations.list({"active": True}).data] == [made.id]


def test_nobody_stops_anothers_gift(shop: Shop) -> None:
    mine, theirs = shop.subscribe(), shop.subscribe()
    url = open_portal(shop, str(mine.customer))

    assert "There is nothing to change here" in post(url, do="cancel", subscription=theirs.id).text
    assert not shop.client.v1.subscriptions.retrieve(theirs.id).cancel_at_period_end


def fail_renewal(shop: Shop, card: str) -> tuple[str, str]:
    """Return a subscription whose renewal failed, and the address of the invoice's page."""
    subscription = shop.subscribe(card=card)
    shop.fake.advance_to(subscription["items"].data[0].current_period_end)
    [renewal, _] = shop.client.v1.invoices.list({"subscription": subscription.id}).data
    return subscription.id, str(renewal.hosted_invoice_url)


def test_a_failed_renewal_is_paid_on_its_page_with_another_card(shop: Shop) -> None:
    subscription_id, url = fail_renewal(shop, "4000000000000341")
    assert "The card on file ends in 0341" in look(url)

    assert post(url, do="pay", card="5555 5555 5555 4444").status_code == 303

    assert shop.client.v1.subscriptions.retrieve(subscription_id).status == "active"
    assert "paid" in look(url)
    assert "not open any more" in post(url, do="pay").text


def test_a_renewal_that_needs_the_bank_is_completed_on_its_page(shop: Shop) -> None:
    subscription_id, url = fail_renewal(shop, "4000002760003184")
    post(url, do="pay")
    assert "Your bank asks whether it is you" in look(url)
    assert "unable to authenticate" in post(url, do="fail").text
    post(url, do="pay")

    assert post(url, do="complete").status_code == 303

    assert shop.client.v1.subscriptions.retrieve(subscription_id).status == "active"
