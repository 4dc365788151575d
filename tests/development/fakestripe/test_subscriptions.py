"""Gifts that go on: renewals by the calendar, failures and retries, another amount, another day, a pause, an end."""

from datetime import UTC, datetime
from typing import cast

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from stripe import Invoice, PaymentIntent, Subscription
from stripe.params import SubscriptionUpdateParams

from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.periods import find_period_end
from tests.development.fakestripe.conftest import NOON
from tests.development.fakestripe.shop import Shop

DAY = 86400
MONTH = {"interval": "month", "interval_count": 1}


def end_of_period(subscription: Subscription) -> str:
    return f"{datetime.fromtimestamp(subscription['items'].data[0].current_period_end, UTC):%Y-%m-%d %H:%M}"


def list_invoices(shop: Shop, subscription: Subscription) -> list[Invoice]:
    return shop.client.v1.invoices.list({"subscription": subscription.id}).data


def read_again(shop: Shop, subscription: Subscription) -> Subscription:
    return shop.client.v1.subscriptions.retrieve(subscription.id)


def test_the_first_payment_starts_it(shop: Shop) -> None:
    subscription = shop.subscribe(2500)
    [invoice] = shop.client.v1.invoices.list({"subscription": subscription.id, "expand": ["data.payments"]}).data

    assert (subscription.status, subscription.metadata["attempt"]) == ("active", "7")
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == ("subscription_create", "paid", 2500)
    assert subscription.latest_invoice == invoice.id
    assert invoice.payments is not None
    [link] = invoice.payments.data
    payment = shop.look(str(link.payment.payment_intent))
    assert (payment.status, payment.amount, dict(payment.metadata.to_dict())) == ("succeeded", 2500, {})
    assert shop.kinds(2) == [
        "customer.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
        "checkout.session.completed",
    ]


def test_an_invoices_payment_is_found_from_both_ends(shop: Shop) -> None:
    subscription = shop.subscribe()
    links = shop.client.v1.invoice_payments
    [of_invoice] = links.list({"invoice": str(subscription.latest_invoice)}).data
    payment_id = str(of_invoice.payment.payment_intent)

    [of_payment] = links.list({"payment": {"type": "payment_intent", "payment_intent": payment_id}}).data

    assert of_payment.id == of_invoice.id
    assert (of_payment.status, of_payment.amount_paid, of_payment.invoice) == (
        "paid",
        2500,
        subscription.latest_invoice,
    )


def test_it_renews_at_the_end_of_each_month_of_the_calendar(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe()
    ends = []
    for _ in range(3):
        ends.append(end_of_period(read_again(shop, subscription)))
        fake.advance_to(read_again(shop, subscription)["items"].data[0].current_period_end)

    assert ends == ["2027-02-28 12:00", "2027-03-31 12:00", "2027-04-30 12:00"]
    reasons = [invoice.billing_reason for invoice in list_invoices(shop, subscription)]
    assert reasons == ["subscription_cycle"] * 3 + ["subscription_create"]


def test_a_year_passed_at_once_renews_twelve_times_each_at_its_own_moment(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe()
    fake.advance(days=365)

    moments = [event["created"] for event in fake.events if event["type"] == "invoice.paid"]
    assert moments == [find_period_end(NOON, MONTH, number) for number in range(13)]
    assert read_again(shop, subscription).status == "active"


def test_a_renewal_is_announced_a_week_before(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(interval="year")
    fake.advance(days=357)
    assert "invoice.upcoming" not in shop.kinds()

    fake.advance(days=1)

    upcoming = fake.events[-1]
    assert (upcoming["type"], upcoming["data"]["object"]["amount_due"]) == ("invoice.upcoming", 2500)
    assert upcoming["data"]["object"]["next_payment_attempt"] == fake.now() + 7 * DAY
    assert upcoming["data"]["object"]["parent"]["subscription_details"]["subscription"] == subscription.id


def test_a_card_that_fails_is_tried_on_days_1_3_5_and_7_and_then_it_ends(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(card="4000000000000341")
    due = subscription["items"].data[0].current_period_end
    fake.advance_to(due)
    assert read_again(shop, subscription).status == "past_due"

    fake.advance(days=8)

    failures = [event for event in fake.events if event["type"] == "invoice.payment_failed"]
    days = [(event["created"] - due) // DAY for event in failures]
    invoices = [event["data"]["object"] for event in failures]
    nexts = [one["next_payment_attempt"] and (one["next_payment_attempt"] - due) // DAY for one in invoices]
    ended = read_again(shop, subscription)
    assert (days, nexts) == ([0, 1, 3, 5, 7], [1, 3, 5, 7, None])
    assert [one["attempt_count"] for one in invoices] == [1, 2, 3, 4, 5]
    assert (ended.status, ended.ended_at) == ("canceled", due + 7 * DAY)
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "payment_failed"
    before = len(fake.events)
    fake.advance(days=400)
    assert len(fake.events) == before


def test_another_card_heals_it_at_the_next_attempt(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(card="4000000000000341")
    fake.advance_to(subscription["items"].data[0].current_period_end)
    fake.change_card(subscription.id, "5555555555554444")
    fake.advance(days=1)

    [renewal, _] = list_invoices(shop, subscription)
    assert (renewal.status, renewal.attempt_count, renewal.next_payment_attempt) == ("paid", 2, None)
    assert read_again(shop, subscription).status == "active"


def test_the_subscriptions_own_card_goes_before_the_customers(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(card="4000000000000341")
    customers, subscriptions = shop.client.v1.customers, shop.client.v1.subscriptions
    good = shop.subscribe(customer=str(subscription.customer)).default_payment_method
    customers.update(str(subscription.customer), {"invoice_settings": {"default_payment_method": str(good)}})
    fake.advance_to(subscription["items"].data[0].current_period_end)
    assert read_again(shop, subscription).status == "past_due"

    subscriptions.update(subscription.id, {"default_payment_method": ""})
    fake.advance(days=1)

    assert read_again(shop, subscription).status == "active"


def test_a_bank_that_asks_at_a_renewal_needs_the_donor(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(card="4000002760003184")
    fake.advance_to(subscription["items"].data[0].current_period_end)

    [renewal, _] = list_invoices(shop, subscription)
    assert shop.kinds()[-3:] == [
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "customer.subscription.updated",
    ]
    assert (renewal.status, renewal.hosted_invoice_url) == ("open", f"{fake.url}/invoice/{renewal.id}")


def test_a_card_that_asked_once_renews_in_silence(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(card="4000002500003155")
    fake.advance(days=40)

    assert [invoice.status for invoice in list_invoices(shop, subscription)] == ["paid", "paid"]


def test_a_bank_debit_keeps_it_going_while_it_settles(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe(method="us_bank_account")
    [first] = list_invoices(shop, subscription)
    assert (subscription.status, first.status) == ("active", "open")
    fake.advance(days=4)
    assert list_invoices(shop, subscription)[0].status == "paid"
    assert shop.kinds()[-1] == "checkout.session.async_payment_succeeded"

    fake.advance_to(subscription["items"].data[0].current_period_end)
    assert fake.settle_debits(succeed=False) == 1

    assert (read_again(shop, subscription).status, list_invoices(shop, subscription)[0].attempt_count) == (
        "past_due",
        2,
    )


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


@given(st.integers(NOON, NOON + 3000 * DAY), st.integers(1, 40), st.sampled_from(["month", "year"]))
def test_a_period_keeps_its_day_or_the_months_last(anchor: int, number: int, interval: str) -> None:
    start = datetime.fromtimestamp(anchor, UTC)
    recurring = {"interval": interval, "interval_count": 1}
    begins, ends = (
        datetime.fromtimestamp(find_period_end(anchor, recurring, one), UTC) for one in (number - 1, number)
    )

    months = (ends.year - begins.year) * 12 + ends.month - begins.month
    assert months == (1 if interval == "month" else 12)
    assert ends.day == start.day or (ends.day < start.day and (ends.month == 2 or ends.day == 30))
    assert (ends.hour, ends.minute, ends.second) == (start.hour, start.minute, start.second)


def test_the_payment_of_a_paused_month_never_was(fake: FakeStripe, shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.client.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void"}})
    fake.advance(days=65)

    payments: list[PaymentIntent] = shop.client.v1.payment_intents.list({"customer": str(subscription.customer)}).data
    assert [payment.status for payment in payments].count("succeeded") == 1
