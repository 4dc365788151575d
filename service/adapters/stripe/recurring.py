"""Standing arrangements: what Stripe says of one, and the changes that a donor may ask for.

Stripe keeps the calendar and charges. No change ever charges at once or credits a part of a month ("proration none").
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import stripe
from stripe.params import SubscriptionUpdateParams

from service.adapters.stripe.checkout import INTERVALS
from service.adapters.stripe.invoices import find_failing
from service.adapters.stripe.methods import describe_method
from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import Labels, find_moment, id_of, moment, read_labels, seconds
from service.clock import now
from service.donations.gateway import RecurringFacts
from service.donations.states import Frequency
from service.errors import BadInput, NotFound

LATELY: Final = timedelta(days=35)  # longer than the month in which a missed end would still be noticed
_EXPAND: Final = ["customer.invoice_settings.default_payment_method", "default_payment_method", "latest_invoice"]
_FREQUENCIES: Final = {interval: frequency for frequency, interval in INTERVALS.items()}


def fetch_recurring(client: stripe.StripeClient, subscription_id: str) -> RecurringFacts:
    """Return one standing arrangement.

    Raises:
        NotFound: there is none, or it is none of ours: of another rhythm than a month or a year.
    """
    with translated():
        subscription = client.v1.subscriptions.retrieve(subscription_id, {"expand": _EXPAND})
    frequency = _find_frequency(subscription)
    if frequency is None:
        raise NotFound(f"The arrangement {subscription.id} is not for a month or a year, so it is none of ours.")
    item = subscription.items.data[0]
    amount = (item.price.unit_amount or 0) * (item.quantity or 1)
    labels: Labels = read_labels(subscription.metadata)
    customer = subscription.customer if isinstance(subscription.customer, stripe.Customer) else None
    known = customer if customer is not None and "email" in customer else None
    pause = subscription.pause_collection
    invoice = subscription.latest_invoice if isinstance(subscription.latest_invoice, stripe.Invoice) else None
    return RecurringFacts(
        subscription_id=subscription.id,
        item_id=item.id,
        product_id=id_of(item.price.product) or "",
        status=subscription.status,
        amount_minor=amount,
        fee_cover_minor=labels.cover_of(amount),
        currency=subscription.currency,
        frequency=frequency,
        attempt=labels.attempt,
        fund=labels.fund,
        customer_id=id_of(subscription.customer),
        address=known.email if known is not None else None,
        name=(known.name or None) if known is not None else None,
        method=describe_method(_find_method(subscription, known)),
        started_at=moment(subscription.start_date),
        pays_until=moment(item.current_period_end),
        ends_at=_find_end(subscription, item),
        ended_at=find_moment(subscription.ended_at),
        end_reason=_find_reason(subscription),
        is_paused=pause is not None or subscription.status == "paused",
        resumes_at=find_moment(pause.resumes_at) if pause is not None else None,
        failing=find_failing(client, invoice),
    )


def list_recurring(client: stripe.StripeClient) -> Iterator[str]:
    """Yield the ids of arrangements that have not ended, or not long ago."""
    earliest = seconds(now() - LATELY)
    with translated():
        page = client.v1.subscriptions.list({"status": "all", "limit": 100})
        for subscription in page.auto_paging_iter():
            is_news = subscription.ended_at is None or subscription.ended_at >= earliest
            if is_news and _find_frequency(subscription) is not None:
                yield subscription.id


def change_amount(
    client: stripe.StripeClient, subscription_id: str, item_id: str, product_id: str, amount_minor: int,
    fee_cover_minor: int, currency: str, frequency: Frequency, key: str,
) -> None:  # fmt: skip
    """Charge another amount from the next time on."""
    changes: SubscriptionUpdateParams = {
        "items": [
            {
                "id": item_id,
                "price_data": {
                    "currency": currency,
                    "product": product_id,
                    "unit_amount": amount_minor,
                    "recurring": {"interval": INTERVALS[frequency]},
                },
            }
        ],
        "metadata": {"fee_cover": str(fee_cover_minor)},
    }
    _update(client, subscription_id, changes, key)


def change_next_charge(client: stripe.StripeClient, subscription_id: str, at: datetime, key: str) -> None:
    """Move the next charge; Stripe calls the time until then a trial (https://docs.stripe.com/billing/subscriptions/
    billing-cycle, "Change the billing period by adding a trial")."""  # fmt: skip
    _update(client, subscription_id, {"trial_end": seconds(at)}, key)


def pause(client: stripe.StripeClient, subscription_id: str, resumes_at: datetime | None, key: str) -> None:
    """Charge nothing; what falls due meanwhile is voided, not owed."""
    changes: SubscriptionUpdateParams = {"pause_collection": {"behavior": "void"}}
    if resumes_at is not None:
        changes = {"pause_collection": {"behavior": "void", "resumes_at": seconds(resumes_at)}}
    _update(client, subscription_id, changes, key)


def resume(client: stripe.StripeClient, subscription_id: str, key: str) -> None:
    """Charge again from the next time on."""
    _update(client, subscription_id, {"pause_collection": ""}, key)


def cancel(client: stripe.StripeClient, subscription_id: str, key: str) -> None:
    """End at once. Safe to repeat: Stripe does not find one to cancel that has ended already."""
    try:
        with translated():
            client.v1.subscriptions.cancel(subscription_id, options={"idempotency_key": key})
    except (NotFound, BadInput):
        with translated():
            present = client.v1.subscriptions.retrieve(subscription_id)
        if present.ended_at is None:
            raise


def _update(client: stripe.StripeClient, subscription_id: str, changes: SubscriptionUpdateParams, key: str) -> None:
    changes["proration_behavior"] = "none"
    with translated():
        client.v1.subscriptions.update(subscription_id, changes, {"idempotency_key": key})


def _find_frequency(subscription: stripe.Subscription) -> Frequency | None:
    """Return how often it charges, or None for a rhythm that no gift of ours has."""
    items = subscription.items.data
    rhythm = items[0].price.recurring if len(items) == 1 else None
    return _FREQUENCIES.get(rhythm.interval) if rhythm is not None and rhythm.interval_count == 1 else None


def _find_method(subscription: stripe.Subscription, customer: stripe.Customer | None) -> stripe.PaymentMethod | None:
    """The arrangement's own goes before the customer's, as when Stripe charges."""
    own = subscription.default_payment_method
    settings = customer.invoice_settings if customer is not None else None
    other = settings.default_payment_method if settings is not None else None
    return next((method for method in (own, other) if isinstance(method, stripe.PaymentMethod)), None)


def _find_end(subscription: stripe.Subscription, item: stripe.SubscriptionItem) -> datetime | None:
    if subscription.ended_at is not None:
        return None
    if subscription.cancel_at is not None:
        return moment(subscription.cancel_at)
    return moment(item.current_period_end) if subscription.cancel_at_period_end else None


def _find_reason(subscription: stripe.Subscription) -> str:
    details = subscription.cancellation_details
    return (details.reason or "") if details is not None else ""
