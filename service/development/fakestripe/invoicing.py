"""The text of an invoice: its amounts, its one line, and what it says about the subscription. Never keeps or sends one.

Since Stripe's API of 2025 the subscription stands in ``parent.subscription_details`` and the payments in a list of
their own.
"""

from stripe import Invoice, InvoiceLineItem

from service.development.fakestripe.account import Account
from service.development.fakestripe.shapes import JsonObject, fill, list_of, shape


def compose_invoice(account: Account, subscription: JsonObject, reason: str, amount: int) -> JsonObject:
    """Return a draft for a subscription's present period; it is kept nowhere."""
    customer = account.get("customer", subscription["customer"])
    item = subscription["items"]["data"][0]
    invoice_id = account.ids.new("in")
    return shape(
        "invoice",
        id=invoice_id,
        created=account.now(),
        account_country="US",
        account_name="Test account",
        amount_due=amount,
        amount_overpaid=0,
        amount_paid=0,
        amount_remaining=amount,
        amount_shipping=0,
        attempt_count=0,
        attempted=False,
        auto_advance=True,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None},
        billing_reason=reason,
        collection_method="charge_automatically",
        currency=subscription["currency"],
        customer=customer["id"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        customer_phone=customer["phone"],
        customer_tax_exempt="none",
        customer_tax_ids=[],
        default_tax_rates=[],
        discounts=[],
        issuer={"account": None, "type": "self"},
        lines=list_of(
            f"/v1/invoices/{invoice_id}/lines", [_make_line(account, subscription, item, invoice_id, amount)]
        ),
        metadata={},
        parent={
            "quote_details": None,
            "subscription_details": fill(
                Invoice.Parent.SubscriptionDetails,
                ("subscription_proration_date",),
                metadata=dict(subscription["metadata"]),
                subscription=subscription["id"],
            ),
            "type": "subscription_details",
        },
        payment_settings=fill(Invoice.PaymentSettings),
        period_end=item["current_period_end"],
        period_start=item["current_period_start"],
        post_payment_credit_notes_amount=0,
        pre_payment_credit_notes_amount=0,
        starting_balance=0,
        status="draft",
        status_transitions=fill(Invoice.StatusTransitions),
        subtotal=amount,
        subtotal_excluding_tax=amount,
        total=amount,
        total_discount_amounts=[],
        total_excluding_tax=amount,
        total_pretax_credit_amounts=[],
        total_taxes=[],
    )


def _make_line(
    account: Account, subscription: JsonObject, item: JsonObject, invoice_id: str, amount: int
) -> JsonObject:
    details = fill(
        InvoiceLineItem.Parent.SubscriptionItemDetails,
        proration=False,
        subscription=subscription["id"],
        subscription_item=item["id"],
    )
    price = item["price"]
    return shape(
        "line_item",
        id=account.ids.new("il"),
        amount=amount,
        currency=subscription["currency"],
        description=account.get("product", price["product"])["name"],
        discount_amounts=[],
        discountable=True,
        discounts=[],
        invoice=invoice_id,
        metadata=dict(subscription["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        period={"start": item["current_period_start"], "end": item["current_period_end"]},
        pretax_credit_amounts=[],
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(amount),
        },
        quantity=1,
        subtotal=amount,
        taxes=[],
    )
