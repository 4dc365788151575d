"""Changes of a gift that goes on: another amount, another day, a pause, an end."""

from typing import cast

import pytest
import stripe
from stripe import PaymentIntent, Subscription
from stripe.params import SubscriptionUpdateParams

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.conftest import NOON
from tests.development.fakestripe.shop import Shop, end_of_period, list_invoices, read_again

DAY = 86400
MONTH = {"interval": "month", "interval_count": 1}


def change_amount(shop: Shop, subscription: Subscription, amount: int, interval: str = "month") -> Subscription:
    item = subscription["items"].data[0]
    price = {
        "currency": "usd",
        "unit_amount": amount,
        "product": item.price.product,
        "recurring": {"interval": interval},
    }
    params = {"items": [{"id": item.id, "price_data": price}], "proration_behavior": "none"}
    return shop.client.v1.subscriptions.update(subscription.id, cast("SubscriptionUpdateParams", params))


def test_another_amount_counts_from_the_next_payment(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(2500)
    changed = change_amount(shop, subscription, 4000)
    told = fake.events[-1]

    assert changed["items"].data[0].price.unit_amount == 4000
    assert end_of_period(changed) == end_of_period(subscription)
    assert told["type"] == "customer.subscription.updated"
    assert list(told["data"]["previous_attributes"]) == ["items"]
    assert told["data"]["previous_attributes"]["items"]["data"][0]["price"]["unit_amount"] == 2500
    fake.advance(days=30)
    assert [invoice.amount_paid for invoice in list_invoices(shop, subscription)] == [4000, 2500]


def test_another_interval_starts_anew_today(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(2500)
    fake.advance(days=10)
    changed = change_amount(shop, subscription, 30_000, "year")

    assert end_of_period(changed) == "2028-02-10 12:00"
    assert list_invoices(shop, subscription)[0].billing_reason == "subscription_update"


def test_another_day_moves_the_next_payment_and_those_after_it(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(2500)
    day = NOON + 46 * DAY
    moved = shop.client.v1.subscriptions.update(subscription.id, {"trial_end": day, "proration_behavior": "none"})
    assert (moved.status, moved.trial_end, end_of_period(moved)) == ("trialing", day, "2027-03-18 12:00")

    fake.advance_to(day)

    now = read_again(shop, subscription)
    assert (now.status, end_of_period(now)) == ("active", "2027-04-18 12:00")
    paid = [(invoice.billing_reason, invoice.amount_paid) for invoice in list_invoices(shop, subscription)]
    assert paid == [("subscription_cycle", 2500), ("subscription_update", 0), ("subscription_create", 2500)]


def test_a_free_start_costs_nothing_until_it_ends(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(2500, subscription_data={"trial_period_days": 10})
    [session] = shop.client.v1.checkout.sessions.list().data
    assert (subscription.status, session.payment_status) == ("trialing", "no_payment_required")
    assert fake.list_objects("charge") == []

    shop.client.v1.subscriptions.update(subscription.id, {"trial_end": "now", "proration_behavior": "none"})

    assert [charge["amount"] for charge in fake.list_objects("charge")] == [2500]
    assert read_again(shop, subscription).status == "active"


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_a_pause_takes_no_money_and_leaves_the_status(fake: FakeStripe, shop: Shop, behavior: str, status: str) -> None:
    subscription = shop.subscribe()
    pause = {"behavior": behavior, "resumes_at": NOON + 50 * DAY}
    params = cast("SubscriptionUpdateParams", {"pause_collection": pause})
    assert shop.client.v1.subscriptions.update(subscription.id, params).status == "active"

    fake.advance(days=65)

    assert [invoice.status for invoice in list_invoices(shop, subscription)] == ["paid", status, "paid"]
    assert read_again(shop, subscription).pause_collection is None


def test_a_pause_without_an_end_is_ended_by_hand(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void"}})
    fake.advance(days=62)
    resumed = shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": ""})
    fake.advance(days=30)

    assert resumed.pause_collection is None
    assert [invoice.status for invoice in list_invoices(shop, subscription)] == ["paid", "void", "void", "paid"]


def test_it_ends_with_its_period_unless_the_donor_goes_on_after_all(fake: FakeStripe, shop: Shop) -> None:
    update = shop.client.v1.subscriptions.update
    subscription = shop.subscribe()
    end = subscription["items"].data[0].current_period_end
    ending = update(subscription.id, {"cancel_at_period_end": True})
    assert (ending.status, ending.cancel_at, ending.canceled_at) == ("active", end, NOON)
    assert update(subscription.id, {"cancel_at_period_end": False}).cancel_at is None
    update(subscription.id, {"cancel_at_period_end": True})

    fake.advance_to(end)

    ended = read_again(shop, subscription)
    assert (ended.status, ended.ended_at, shop.kinds()[-1]) == ("canceled", end, "customer.subscription.deleted")
    assert len(list_invoices(shop, subscription)) == 1
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        update(subscription.id, {"cancel_at_period_end": False})


def test_it_is_ended_at_once_and_asks_for_nothing_more(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(card="4000000000000341")
    fake.advance_to(subscription["items"].data[0].current_period_end)
    ended = shop.client.v1.subscriptions.cancel(subscription.id, {"cancellation_details": {"comment": "moved"}})

    fake.advance(days=30)

    assert ended.cancellation_details is not None
    assert (ended.status, ended.cancellation_details.comment) == ("canceled", "moved")
    assert list_invoices(shop, subscription)[0].attempt_count == 1


def test_lists_show_the_living_unless_asked_for_all(shop: Shop) -> None:
    gone, here = shop.subscribe(), shop.subscribe()
    shop.client.v1.subscriptions.cancel(gone.id)
    found = {
        status: [one.id for one in shop.client.v1.subscriptions.list({"status": status}).data]
        for status in ("all", "active", "canceled", "ended")
    }

    assert [one.id for one in shop.client.v1.subscriptions.list().data] == [here.id]
    assert found == {"all": [here.id, gone.id], "active": [here.id], "canceled": [gone.id], "ended": [gone.id]}


def test_a_forgotten_customer_leaves_a_stub_and_gives_no_more(shop: Shop) -> None:
    subscription = shop.subscribe()
    customer_id = str(subscription.customer)
    assert shop.client.v1.customers.delete(customer_id).deleted

    assert read_again(shop, subscription).status == "canceled"
    assert shop.client.v1.customers.retrieve(customer_id).to_dict() == {
        "id": customer_id,
        "object": "customer",
        "deleted": True,
    }
    assert shop.client.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        shop.client.v1.billing_portal.sessions.create({"customer": customer_id})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"trial_end": NOON + DAY}, "proration_behavior=none"),
        ({"trial_end": NOON - 1, "proration_behavior": "none"}, "in the future"),
        ({"trial_end": NOON + 800 * DAY, "proration_behavior": "none"}, "two years"),
        ({"pause_collection": {"behavior": "void", "resumes_at": NOON}}, "in the future"),
        ({"default_payment_method": "pm_nothing"}, "No such payment_method"),
        (
            {"items": [{"id": "si_other", "price": "price_1"}], "proration_behavior": "none"},
            "No such subscription item",
        ),
    ],
)
def test_changes_that_stripe_would_refuse_are_refused(shop: Shop, params: dict[str, object], message: str) -> None:
    subscription = shop.subscribe()

    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.client.v1.subscriptions.update(subscription.id, cast("SubscriptionUpdateParams", params))

    assert read_again(shop, subscription).to_dict() == subscription.to_dict()


def test_the_payment_of_a_paused_month_never_was(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void"}})
    fake.advance(days=65)

    payments: list[PaymentIntent] = shop.client.v1.payment_intents.list({"customer": str(subscription.customer)}).data
    assert [payment.status for payment in payments].count("succeeded") == 1
