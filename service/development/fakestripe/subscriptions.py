"""Subscriptions: the standing arrangement. Owns its states, its periods and what the API may change of it.

When it renews and what a failed payment does to it is ``renewals``. ``pause_collection`` leaves the status as it is.
"""

from stripe import Subscription

from service.development.fakestripe.account import Account
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.periods import find_period_end
from service.development.fakestripe.products import plan_of
from service.development.fakestripe.shapes import JsonObject, fill, list_of, shape

RENEWS = "renew"
ANNOUNCES = "announce"
RESUMES = "resume"
ENDED = frozenset({"canceled", "incomplete_expired"})
# invoice.upcoming comes "a few days before": the account's setting, seven days by default.
ANNOUNCED_BEFORE = 7 * DAY


def create_subscription(
    account: Account,
    customer: JsonObject,
    price: JsonObject,
    *,
    method: JsonObject | None,
    metadata: dict[str, str],
    description: str | None = None,
    trial_end: int | None = None,
) -> JsonObject:
    """Make a subscription that waits for its first payment, or that is in its trial; plan its first renewal."""
    now = account.now()
    subscription_id = account.ids.new("sub")
    anchor = trial_end or now
    end = trial_end or find_period_end(now, price["recurring"], 1)
    item = _make_item(account, subscription_id, price, now, end)
    subscription = account.add(
        "subscription",
        "sub",
        id=subscription_id,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None},
        billing_cycle_anchor=anchor,
        billing_mode={"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": None},
        billing_schedules=[],
        cancel_at_period_end=False,
        cancellation_details=fill(Subscription.CancellationDetails),
        collection_method="charge_automatically",
        currency=price["currency"],
        customer=customer["id"],
        default_payment_method=method["id"] if method else None,
        default_tax_rates=[],
        description=description,
        discounts=[],
        invoice_settings=fill(Subscription.InvoiceSettings, issuer={"account": None, "type": "self"}),
        items=list_of(f"/v1/subscription_items?subscription={subscription_id}", [item]),
        metadata=metadata,
        payment_settings=fill(Subscription.PaymentSettings, save_default_payment_method="off"),
        start_date=now,
        status="trialing" if trial_end else "incomplete",
        trial_end=trial_end,
        trial_settings={"end_behavior": {"missing_payment_method": "create_invoice"}},
        trial_start=now if trial_end else None,
    )
    emit(account, "customer.subscription.created", subscription)
    plan_period(account, subscription, number=0 if trial_end else 1)
    return subscription


def plan_period(account: Account, subscription: JsonObject, number: int) -> None:
    """Remember which period this is, counted from the anchor, and put its end on the agenda."""
    account.note(subscription["id"])["period"] = number
    item = get_item(subscription)
    end, length = item["current_period_end"], item["current_period_end"] - item["current_period_start"]
    account.agenda.set(RENEWS, subscription["id"], end)
    if length > ANNOUNCED_BEFORE:
        account.agenda.set(ANNOUNCES, subscription["id"], end - ANNOUNCED_BEFORE)
    else:
        account.agenda.drop(ANNOUNCES, subscription["id"])


def get_item(subscription: JsonObject) -> JsonObject:
    """Return the one item of a subscription."""
    item: JsonObject = subscription["items"]["data"][0]
    return item


def with_item(subscription: JsonObject, **fields: object) -> JsonObject:
    """Return the subscription's items with these fields of the one item changed."""
    return {**subscription["items"], "data": [get_item(subscription) | fields]}


def start_next_period(account: Account, subscription: JsonObject) -> None:
    """Roll on to the period that begins now, out of a trial if it was in one, and say so."""
    number = account.note(subscription["id"])["period"] + 1
    item = get_item(subscription)
    end = find_period_end(subscription["billing_cycle_anchor"], item["price"]["recurring"], number)
    items = with_item(subscription, current_period_start=item["current_period_end"], current_period_end=end)
    status = "active" if subscription["status"] == "trialing" else subscription["status"]
    change(account, subscription, "customer.subscription.updated", items=items, status=status)
    plan_period(account, subscription, number)


def set_status(account: Account, subscription: JsonObject, status: str) -> None:
    """Change the status and say so; nothing happens to one that has ended or has this status."""
    if subscription["status"] not in ENDED:
        change(account, subscription, "customer.subscription.updated", status=status)


def end_subscription(account: Account, subscription: JsonObject, reason: str, **details: str | None) -> JsonObject:
    """End it now and say so. Nothing happens to one that has ended."""
    if subscription["status"] in ENDED:
        return subscription
    account.agenda.drop_all(subscription["id"])
    now = account.now()
    subscription.update(
        status="canceled",
        ended_at=now,
        canceled_at=subscription["canceled_at"] or now,
        cancel_at_period_end=False,
        pause_collection=None,
        cancellation_details=subscription["cancellation_details"] | {"reason": reason} | details,
    )
    emit(account, "customer.subscription.deleted", subscription)
    return subscription


def _make_item(account: Account, subscription_id: str, price: JsonObject, start: int, end: int) -> JsonObject:
    return shape(
        "subscription_item",
        id=account.ids.new("si", 14),
        created=account.now(),
        current_period_end=end,
        current_period_start=start,
        discounts=[],
        metadata={},
        plan=plan_of(price),
        price=price,
        quantity=1,
        subscription=subscription_id,
        tax_rates=[],
    )
