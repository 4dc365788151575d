"""Customers: who pays. Owns their making, changing and their way of paying. Two with one address are two, as at Stripe.

Forgetting one ends its subscriptions as well, so that lies above, in ``amending``.
"""

from collections.abc import Iterable

from stripe.params import CustomerCreateParams, CustomerListParams, CustomerRetrieveParams, CustomerUpdateParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.metadata import merge_metadata
from service.development.fakestripe.problems import missing
from service.development.fakestripe.route import Params, list_matching, page, read, write
from service.development.fakestripe.shapes import JsonObject

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_PLAYS = "email name phone description metadata address preferred_locales"


def create_customer(account: Account, params: Params) -> JsonObject:
    """Make a customer from the parameters of Stripe's "create a customer"."""
    customer = account.add(
        "customer",
        "cus",
        length=14,
        email=params.get("email"),
        name=params.get("name"),
        phone=params.get("phone"),
        description=params.get("description"),
        address=fill_address(params.get("address")),
        preferred_locales=params.get("preferred_locales", []),
        metadata=merge_metadata({}, params.get("metadata")),
        balance=0,
        delinquent=False,
        invoice_prefix=account.ids.new("P", 8)[2:].upper(),
        next_invoice_sequence=1,
        tax_exempt="none",
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
    )
    emit(account, "customer.created", customer)
    return customer


def get_customer(account: Account, customer_id: str, param: str = "customer") -> JsonObject:
    """Return a customer that is still there.

    Raises:
        StripeProblem: there is none, or it was deleted.
    """
    customer = account.get("customer", customer_id, param)
    if customer.get("deleted"):
        raise missing("customer", customer_id, param)
    return customer


def attach_method(account: Account, method: JsonObject, customer: JsonObject) -> None:
    """Keep a payment method for later payments of this customer."""
    method["customer"] = customer["id"]
    emit(account, "payment_method.attached", method)


def fill_address(given: Params | None) -> JsonObject | None:
    """Return an address with all of its lines; None stays None."""
    return None if not given else {line: given.get(line) for line in _ADDRESS}


def _retrieve(account: Account, _params: Params, customer_id: str) -> JsonObject:
    return account.get("customer", customer_id)


def _update(account: Account, params: Params, customer_id: str) -> JsonObject:
    customer = get_customer(account, customer_id, "id")
    fields: Params = {
        name: params[name] or None for name in ("email", "name", "phone", "description") if name in params
    }
    if "address" in params:
        fields["address"] = fill_address(params["address"])
    if "preferred_locales" in params:
        fields["preferred_locales"] = params["preferred_locales"]
    if "metadata" in params:
        fields["metadata"] = merge_metadata(customer["metadata"], params["metadata"])
    if "invoice_settings" in params:
        chosen = params["invoice_settings"].get("default_payment_method")
        if chosen:
            account.get("payment_method", chosen, "invoice_settings[default_payment_method]")
        fields["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": chosen or None}
    return change(account, customer, "customer.updated", **fields)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    # Deleted ones are stubs without these fields.
    everyone = (one for one in list_matching(account, "customer", {}) if not one.get("deleted"))
    for customer in everyone:
        if "email" in params and customer["email"] != params["email"]:
            continue
        yield customer


ROUTES = (
    write("/v1/customers", CustomerCreateParams, create_customer, plays=_PLAYS),
    read("/v1/customers/<customer_id>", CustomerRetrieveParams, _retrieve),
    write("/v1/customers/<customer_id>", CustomerUpdateParams, _update, plays=f"{_PLAYS} invoice_settings"),
    page("/v1/customers", CustomerListParams, _list, plays="email"),
)
