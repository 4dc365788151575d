"""Products and prices: what is paid for, and how much and how often. Never charges anyone."""

from collections.abc import Iterable

from stripe.params import (
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    ProductCreateParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
)

from service.development.fakestripe.account import Account
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.metadata import merge_metadata
from service.development.fakestripe.problems import StripeProblem, not_played
from service.development.fakestripe.route import Params, list_matching, page, read, write
from service.development.fakestripe.shapes import JsonObject, shape

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: at most eight digits.
MOST_UNITS = 99_999_999


def create_product(account: Account, params: Params) -> JsonObject:
    """Make a product from the parameters of Stripe's "create a product"."""
    given_id = params.get("id")
    if given_id and account.find("product", given_id):
        raise StripeProblem(f"Product already exists: {given_id}", code="resource_already_exists", param="id")
    product = account.add(
        "product",
        "prod",
        length=14,
        **({"id": given_id} if given_id else {}),
        active=params.get("active", True),
        name=params["name"],
        description=params.get("description"),
        images=params.get("images", []),
        marketing_features=[],
        metadata=merge_metadata({}, params.get("metadata")),
        statement_descriptor=params.get("statement_descriptor"),
        type="service",
        updated=account.now(),
        url=params.get("url"),
    )
    emit(account, "product.created", product)
    return product


def create_price(account: Account, params: Params, param: str = "") -> JsonObject:
    """Make a price from the parameters of Stripe's "create a price", or from a ``price_data``.

    Args:
        account: whose.
        params: currency, unit_amount, product or product_data, recurring.
        param: the name of the ``price_data`` in its request, for sentences.

    Raises:
        StripeProblem: the amount is missing or too large, or the product is not there.
    """
    check_price(account, params, param)
    amount = params["unit_amount"]
    recurring = params.get("recurring")
    price = account.add(
        "price",
        "price",
        active=True,
        billing_scheme="per_unit",
        currency=params["currency"].lower(),
        lookup_key=params.get("lookup_key"),
        metadata=merge_metadata({}, params.get("metadata")),
        nickname=params.get("nickname"),
        product=_find_product(account, params),
        recurring=recurring and _fill_recurring(recurring),
        tax_behavior="unspecified",
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    emit(account, "price.created", price)
    return price


def check_price(account: Account, params: Params, param: str = "") -> None:
    """Do nothing if a price can be made of these parameters.

    Raises:
        StripeProblem: the amount is missing or too large, or the product is not there.
    """
    amount = params.get("unit_amount")
    name = f"{param}[unit_amount]" if param else "unit_amount"
    if amount is None:
        raise not_played("prices without unit_amount", name)
    if not 0 <= amount <= MOST_UNITS:
        raise StripeProblem(f"Invalid amount: {amount}. It must be between 0 and {MOST_UNITS}.", param=name)
    name = f"{param}[product]" if param else "product"
    if "product" in params:
        account.get("product", params["product"], name)
    elif "product_data" not in params:
        raise StripeProblem(
            "You must specify either `product` or `product_data` when creating a price.",
            code="parameter_missing",
            param=name,
        )


def plan_of(price: JsonObject) -> JsonObject:
    """Return the price in the older shape that subscription items still carry."""
    recurring = price["recurring"]
    return shape(
        "plan",
        id=price["id"],
        created=price["created"],
        active=True,
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        billing_scheme="per_unit",
        currency=price["currency"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        metadata=price["metadata"],
        product=price["product"],
        usage_type="licensed",
    )


def _fill_recurring(given: Params) -> JsonObject:
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _find_product(account: Account, params: Params) -> str:
    product_id: str = (
        create_product(account, params["product_data"])["id"] if "product_data" in params else params["product"]
    )
    return product_id


def _retrieve_product(account: Account, _params: Params, product_id: str) -> JsonObject:
    return account.get("product", product_id)


def _update_product(account: Account, params: Params, product_id: str) -> JsonObject:
    product = account.get("product", product_id)
    fields: Params = {name: params[name] for name in ("name", "description", "active") if name in params}
    if "metadata" in params:
        fields["metadata"] = merge_metadata(product["metadata"], params["metadata"])
    return change(account, product, "product.updated", **fields)


def _list_products(account: Account, params: Params) -> Iterable[JsonObject]:
    wanted = params.get("ids")
    for product in list_matching(account, "product", params, "active"):
        if wanted is None or product["id"] in wanted:
            yield product


def _retrieve_price(account: Account, _params: Params, price_id: str) -> JsonObject:
    return account.get("price", price_id)


def _list_prices(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "price", params, "active", "currency", "product", "type")


ROUTES = (
    write("/v1/products", ProductCreateParams, create_product, plays="active id name description images metadata url"),
    read("/v1/products/<product_id>", ProductRetrieveParams, _retrieve_product),
    write("/v1/products/<product_id>", ProductUpdateParams, _update_product, plays="active name description metadata"),
    page("/v1/products", ProductListParams, _list_products, plays="active created ids"),
    write(
        "/v1/prices",
        PriceCreateParams,
        create_price,
        plays="currency unit_amount product product_data recurring metadata nickname lookup_key",
    ),
    read("/v1/prices/<price_id>", PriceRetrieveParams, _retrieve_price),
    page("/v1/prices", PriceListParams, _list_prices, plays="active created currency product type"),
)
