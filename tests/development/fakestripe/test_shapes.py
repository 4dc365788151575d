"""Every object and every event has exactly the shape that the installed client declares."""

import pytest
import stripe
from stripe import PaymentMethod

from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.shapes import CLASSES, fill, shape
from tests.development.fakestripe.declared import find_differences
from tests.development.fakestripe.shop import Shop


def live_a_year(shop: Shop) -> None:
    """Let happen once what can happen: every kind of payment, refund, dispute, renewal, and their failures."""
    fake, client = shop.fake, shop.client
    declined = shop.open()
    with pytest.raises(Exception, match="declined"):
        fake.pay(declined.id, "4000000000000002")
    shop.give(card="4000002500003155")
    shop.give(card="4000000000000259")
    shop.give(card="4000000000001976")
    shop.give(card="4000000000005423")
    shop.give(card="4000000000005126")
    shop.give(method="paypal")
    debit = shop.give(method="us_bank_account")
    returned = shop.give(method="us_bank_account")
    fake.settle_debit(debit.id)
    fake.settle_debit(returned.id, succeeds=False)
    fake.open_dispute(debit.id, "debit_not_authorized", "bank")
    fake.hold_balance_transactions()
    gift = shop.give(customer_creation="always")
    for charge in [shop.give(card="4000000000005126"), gift]:
        client.v1.refunds.create({"payment_intent": charge.id, "amount": 100, "reason": "requested_by_customer"})
    for begins in ("pending", "requires_action"):
        fake.next_refunds(begins)
        client.v1.refunds.create({"payment_intent": gift.id, "amount": 100})
    monthly = shop.subscribe()
    shop.subscribe(card="4000000000000341")
    shop.subscribe(card="4000002760003184")
    shop.subscribe(method="us_bank_account")
    shop.subscribe(subscription_data={"trial_period_days": 10})
    client.v1.subscriptions.update(monthly.id, {"pause_collection": {"behavior": "void"}})
    portal = client.v1.billing_portal.sessions.create({"customer": str(monthly.customer)})
    assert portal.url.startswith(fake.url)
    client.v1.billing_portal.configurations.create({"features": {"payment_method_update": {"enabled": True}}})
    shop.open()
    fake.advance(days=40)
    won, asked = [one["id"] for one in fake.list_objects("dispute") if one["status"].endswith("needs_response")]
    fake.close_dispute(won, won=True)
    fake.close_dispute(asked, won=False)
    fake.pay_out()


def test_every_object_and_event_is_as_the_client_declares_it(fake: FakeStripe, shop: Shop) -> None:
    live_a_year(shop)

    differences = [
        sentence
        for name in fake.account.tables
        for made in fake.list_objects(name)
        for sentence in find_differences(made)
    ]
    unsaid = [
        sentence
        for event in fake.events
        if event["type"] != "invoice.upcoming"
        for sentence in find_differences(event["data"]["object"], event["type"])
    ]
    assert (sorted(set(differences)), sorted(set(unsaid))) == ([], [])
    assert set(fake.account.tables) == set(CLASSES) - {"balance", "item", "line_item", "plan", "subscription_item"}


def test_an_upcoming_invoice_has_all_but_an_id(fake: FakeStripe, shop: Shop) -> None:
    shop.subscribe()
    fake.advance(days=22)

    [upcoming] = [event for event in fake.events if event["type"] == "invoice.upcoming"]
    assert list(find_differences(upcoming["data"]["object"])) == ["invoice lacks ['id']"]


def test_fields_that_moved_are_where_this_version_has_them(shop: Shop) -> None:
    subscription = shop.subscribe()
    [invoice] = shop.client.v1.invoices.list({"subscription": subscription.id}).data

    plain = invoice.to_dict()
    assert "current_period_end" not in subscription.to_dict()
    assert subscription["items"].data[0].current_period_end > subscription.start_date
    assert {"subscription", "payment_intent", "charge", "payments"} & set(plain) == set()
    assert plain["parent"]["subscription_details"] == {"metadata": {"attempt": "7"}, "subscription": subscription.id}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"amount": 1}, "BalanceTransaction.available_on is missing"),
        ({"colour": "red"}, f"BalanceTransaction has no colour in stripe {stripe.VERSION}"),
    ],
)
def test_an_object_that_the_client_would_not_know_cannot_be_made(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        shape("balance_transaction", id="txn_1", **fields)


def test_a_hash_within_an_object_is_filled_likewise() -> None:
    assert fill(PaymentMethod.BillingDetails, email="ada@example.org") == {
        "address": None,
        "email": "ada@example.org",
        "name": None,
        "phone": None,
        "tax_id": None,
    }
