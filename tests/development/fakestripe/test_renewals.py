"""Gifts that go on: the first payment, renewals by the calendar, failures and what heals them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.periods import find_period_end
from tests.development.fakestripe.conftest import NOON
from tests.development.fakestripe.shop import Shop, end_of_period, list_invoices, read_again

DAY = 86400
MONTH = {"interval": "month", "interval_count": 1}


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
