"""What the API does with subscriptions: show, change, end. Owns which changes are played, and what each leads to."""

from collections.abc import Iterable

from stripe import Subscription
from stripe.params import (
    CustomerDeleteParams,
    SubscriptionCancelParams,
    SubscriptionListParams,
    SubscriptionRetrieveParams,
    SubscriptionUpdateParams,
)

from service.development.fakestripe.account import Account
from service.development.fakestripe.changes import check_changes, check_open
from service.development.fakestripe.customers import get_customer
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.metadata import merge_metadata
from service.development.fakestripe.periods import find_period_end
from service.development.fakestripe.products import create_price, plan_of
from service.development.fakestripe.renewals import bill, bill_nothing, renew, stop_collecting
from service.development.fakestripe.route import Params, list_matching, page, read, remove, write
from service.development.fakestripe.shapes import JsonObject, fill
from service.development.fakestripe.subscriptions import (
    ENDED,
    RESUMES,
    end_subscription,
    get_item,
    plan_period,
    with_item,
)


def set_cancel_at_period_end(
    account: Account, subscription: JsonObject, *, cancels: bool, **details: str | None
) -> None:
    """Let a subscription end with its present period, or let it go on; and say so."""
    item = get_item(subscription)
    reason = "cancellation_requested" if cancels else None
    change(
        account,
        subscription,
        "customer.subscription.updated",
        cancel_at_period_end=cancels,
        cancel_at=item["current_period_end"] if cancels else None,
        canceled_at=account.now() if cancels else None,
        cancellation_details=fill(Subscription.CancellationDetails, reason=reason, **details),
    )


def cancel_now(account: Account, subscription: JsonObject, **details: str | None) -> JsonObject:
    """End a subscription at once; what it still asks for is not collected any more."""
    end_subscription(account, subscription, "cancellation_requested", **details)
    stop_collecting(account, subscription)
    return subscription


def resume_collection(account: Account, subscription_id: str) -> None:
    """End a pause whose time is over."""
    subscription = account.get("subscription", subscription_id)
    change(account, subscription, "customer.subscription.updated", pause_collection=None)


def _update(account: Account, params: Params, subscription_id: str) -> JsonObject:
    subscription = account.get("subscription", subscription_id)
    check_changes(account, subscription, params)
    before = {key: subscription[key] for key in subscription}
    bills_now = _change_items(account, subscription, params.get("items"))
    _change_plain(subscription, params)
    _change_pause(account, subscription, params)
    starts_trial = _change_trial(account, subscription, params)
    _say_what_changed(account, subscription, before)
    if "cancel_at_period_end" in params:
        cancels = params["cancel_at_period_end"]
        set_cancel_at_period_end(account, subscription, cancels=cancels, **params.get("cancellation_details", {}))
    if starts_trial:
        bill_nothing(account, subscription, "subscription_update")
    elif params.get("trial_end") == "now" and before["status"] == "trialing":
        renew(account, subscription_id)
    elif bills_now:
        bill(account, subscription, "subscription_update")
    return subscription


def _change_plain(subscription: JsonObject, params: Params) -> None:
    if "metadata" in params:
        subscription["metadata"] = merge_metadata(subscription["metadata"], params["metadata"])
    if "description" in params:
        subscription["description"] = params["description"] or None
    if "default_payment_method" in params:
        subscription["default_payment_method"] = params["default_payment_method"] or None


def _change_items(account: Account, subscription: JsonObject, items: list[Params] | None) -> bool:
    """Give the one item a new price; return whether its interval changed, so that a new period begins now."""
    if not items:
        return False
    [sent] = items
    item = get_item(subscription)
    price = _find_price(account, sent)
    changes: bool = price["recurring"]["interval"] != item["price"]["recurring"]["interval"]
    subscription["items"] = with_item(subscription, price=price, plan=plan_of(price))
    if changes:
        _restart(account, subscription, account.now())
    return changes


def _find_price(account: Account, sent: Params) -> JsonObject:
    if "price_data" in sent:
        return create_price(account, sent["price_data"], "items[0][price_data]")
    return account.get("price", sent["price"], "items[0][price]")


def _restart(account: Account, subscription: JsonObject, anchor: int) -> None:
    item = get_item(subscription)
    end = find_period_end(anchor, item["price"]["recurring"], 1)
    subscription["billing_cycle_anchor"] = anchor
    subscription["items"] = with_item(subscription, current_period_start=anchor, current_period_end=end)
    plan_period(account, subscription, number=1)


def _change_trial(account: Account, subscription: JsonObject, params: Params) -> bool:
    """Move the next payment to ``trial_end``; return whether a trial began."""
    moment = params.get("trial_end")
    now = account.now()
    if moment == "now":
        if subscription["status"] == "trialing":
            subscription.update(trial_end=now, billing_cycle_anchor=now)
            subscription["items"] = with_item(subscription, current_period_end=now)
            plan_period(account, subscription, number=0)
        return False
    if moment is None:
        return False
    subscription.update(
        status="trialing", trial_start=subscription["trial_start"] or now, trial_end=moment, billing_cycle_anchor=moment
    )
    subscription["items"] = with_item(subscription, current_period_start=now, current_period_end=moment)
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = moment
    plan_period(account, subscription, number=0)
    return True


def _change_pause(account: Account, subscription: JsonObject, params: Params) -> None:
    if "pause_collection" not in params:
        return
    sent = params["pause_collection"]
    account.agenda.drop(RESUMES, subscription["id"])
    if sent == "":
        subscription["pause_collection"] = None
        return
    resumes_at = sent.get("resumes_at")
    if resumes_at is not None:
        account.agenda.set(RESUMES, subscription["id"], resumes_at)
    subscription["pause_collection"] = {"behavior": sent["behavior"], "resumes_at": resumes_at}


def _say_what_changed(account: Account, subscription: JsonObject, before: JsonObject) -> None:
    previous = {key: value for key, value in before.items() if subscription[key] != value}
    if previous:
        emit(account, "customer.subscription.updated", subscription, previous)


def _cancel(account: Account, params: Params, subscription_id: str) -> JsonObject:
    subscription = account.get("subscription", subscription_id)
    check_open(subscription)
    return cancel_now(account, subscription, **params.get("cancellation_details", {}))


def _retrieve(account: Account, _params: Params, subscription_id: str) -> JsonObject:
    return account.get("subscription", subscription_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    status = params.get("status")
    for subscription in list_matching(account, "subscription", params, "customer"):
        if _is_listed(subscription["status"], status):
            yield subscription


def _is_listed(has: str, asked: str | None) -> bool:
    """Whether a list for ``asked`` shows it: all but canceled ones unless told otherwise."""
    if asked is None:
        return has != "canceled"
    return asked in {"all", has} or (asked == "ended" and has in ENDED)


def _delete_customer(account: Account, _params: Params, customer_id: str) -> JsonObject:
    customer = get_customer(account, customer_id, "id")
    for subscription in account.newest_first("subscription"):
        if subscription["customer"] == customer_id:
            cancel_now(account, subscription)
    emit(account, "customer.deleted", customer)
    stub = {"id": customer_id, "object": "customer", "deleted": True}
    account.keep(stub)
    return stub


ROUTES = (
    read("/v1/subscriptions/<subscription_id>", SubscriptionRetrieveParams, _retrieve),
    write(
        "/v1/subscriptions/<subscription_id>",
        SubscriptionUpdateParams,
        _update,
        plays="items metadata description default_payment_method cancel_at_period_end cancellation_details"
        " pause_collection trial_end proration_behavior",
    ),
    remove(
        "/v1/subscriptions/<subscription_id>", SubscriptionCancelParams, _cancel, plays="cancellation_details prorate"
    ),
    page("/v1/subscriptions", SubscriptionListParams, _list, plays="created customer status"),
    remove("/v1/customers/<customer_id>", CustomerDeleteParams, _delete_customer),
)
