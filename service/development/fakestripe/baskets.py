"""What a Checkout session is over: its lines, their prices and the total. Refuses before it makes anything."""

from collections.abc import Iterable

from service.development.fakestripe.account import Account
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.products import MOST_UNITS, check_price, create_price
from service.development.fakestripe.route import Params
from service.development.fakestripe.shapes import JsonObject, shape

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, for US dollars.
LEAST_UNITS = 50


def check_basket(account: Account, sent: list[Params], mode: str) -> None:
    """Do nothing if a session of this mode can be made over these lines.

    Raises:
        StripeProblem: a line is incomplete or of the wrong kind, the currencies differ, or the total is out of bounds.
    """
    if not sent:
        raise StripeProblem("Missing required param: line_items.", code="parameter_missing", param="line_items")
    lines = [_check_line(account, line, mode, f"line_items[{number}]") for number, line in enumerate(sent)]
    if len({currency for currency, _ in lines}) > 1:
        raise StripeProblem("All line items must have the same currency.", param="line_items")
    if mode == "subscription" and not any(_find_price(account, line)["recurring"] for line in sent):
        raise StripeProblem(
            "You must provide at least one recurring price in `subscription` mode when using prices.",
            param="line_items",
        )
    _check_total(sum(amount for _, amount in lines))


def fill_basket(account: Account, sent: list[Params]) -> list[JsonObject]:
    """Make the prices of lines that were checked, and return the lines as Stripe shows them."""
    return [_fill_line(account, line) for line in sent]


def sum_of(items: Iterable[JsonObject]) -> int:
    """Return the total of the lines, in minor units."""
    return sum(item["amount_total"] for item in items)


def _check_line(account: Account, sent: Params, mode: str, param: str) -> tuple[str, int]:
    """Return a line's currency and amount."""
    if "price_data" in sent:
        check_price(account, sent["price_data"], f"{param}[price_data]")
    elif "price" in sent:
        account.get("price", sent["price"], f"{param}[price]")
    else:
        raise StripeProblem(f"Missing required param: {param}[price].", code="parameter_missing", param=param)
    if "quantity" not in sent:
        missing = f"{param}[quantity]"
        raise StripeProblem(f"Missing required param: {missing}.", code="parameter_missing", param=missing)
    price = _find_price(account, sent)
    if mode == "payment" and price["recurring"]:
        raise StripeProblem(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices.",
            param=param,
        )
    return price["currency"].lower(), price["unit_amount"] * sent["quantity"]


def _find_price(account: Account, sent: Params) -> JsonObject:
    """Return a line's price, or what it would be made of."""
    if "price_data" in sent:
        return {"recurring": None, **sent["price_data"]}
    return account.get("price", sent["price"])


def _check_total(total: int) -> None:
    if total < LEAST_UNITS:
        raise StripeProblem(
            "The Checkout Session's total amount due must add up to at least $0.50 usd", code="amount_too_small"
        )
    if total > MOST_UNITS:
        raise StripeProblem(
            "The Checkout Session's total amount due must be no more than $999,999.99 usd", code="amount_too_large"
        )


def _fill_line(account: Account, sent: Params) -> JsonObject:
    data = sent.get("price_data")
    price = create_price(account, data) if data else account.get("price", sent["price"])
    amount = price["unit_amount"] * sent["quantity"]
    return shape(
        "item",
        id=account.ids.new("li"),
        amount_discount=0,
        amount_subtotal=amount,
        amount_tax=0,
        amount_total=amount,
        currency=price["currency"],
        description=account.get("product", price["product"])["name"],
        price=price,
        quantity=sent["quantity"],
    )
