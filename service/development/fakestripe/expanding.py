"""``expand``: puts whole objects where an answer names their ids, and lists that are left out until asked for.

Works on a copy. See https://docs.stripe.com/api/expanding_objects: at most four levels.
"""

import copy
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from service.development.fakestripe.account import Account
from service.development.fakestripe.checkout import list_items
from service.development.fakestripe.invoices import list_payments
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.shapes import JsonObject, is_expandable, list_of

_DEEPEST = 4


def expand(account: Account, answer: JsonObject, paths: list[str]) -> JsonObject:
    """Return a copy of an answer with these paths expanded, such as "latest_charge.balance_transaction".

    Raises:
        StripeProblem: a path names something that cannot be expanded, or goes too deep.
    """
    copied = copy.deepcopy(answer)
    for path in paths:
        steps = path.split(".")
        if len([step for step in steps if step != "data"]) > _DEEPEST:
            raise StripeProblem(f"You cannot expand more than {_DEEPEST} levels of a property: {path}", param="expand")
        _walk(account, copied, steps)
    return copied


def _walk(account: Account, node: Any, steps: list[str]) -> None:
    if not steps or node is None:
        return
    if isinstance(node, list):
        for member in node:
            _walk(account, member, steps)
        return
    first, *rest = steps
    _open(account, node, first)
    _walk(account, node[first], rest)


def _open(account: Account, node: JsonObject, field: str) -> None:
    """Replace the id in this field by its object, if it is one; refuse what is not expandable."""
    name = node.get("object", "")
    include = _INCLUDES.get((name, field))
    if include:
        node[field] = copy.deepcopy(include(account, node))
        return
    value = node.get(field)
    if field in node and isinstance(value, dict | list):
        return
    if field not in node or (name and not is_expandable(name, field)):
        raise StripeProblem(f"This property cannot be expanded ({field}).", param="expand")
    if isinstance(value, str):
        found = account.find_any(value)
        if found is None:
            raise StripeProblem(f"This property cannot be expanded ({field}).", param="expand")
        node[field] = copy.deepcopy(found)


def _list_refunds(account: Account, charge: JsonObject) -> JsonObject:
    found = [one for one in account.newest_first("refund") if one["charge"] == charge["id"]]
    return list_of(f"/v1/charges/{charge['id']}/refunds", found)


def _list_subscriptions(account: Account, customer: JsonObject) -> JsonObject:
    of_customer = (one for one in account.newest_first("subscription") if one["customer"] == customer["id"])
    current = [one for one in of_customer if one["status"] != "canceled"]
    return list_of(f"/v1/customers/{customer['id']}/subscriptions", current)


def _list_invoice_payments(account: Account, invoice: JsonObject) -> JsonObject:
    return list_of(f"/v1/invoice_payments?invoice={invoice['id']}", list_payments(account, invoice["id"]))


_INCLUDES: Mapping[tuple[str, str], Callable[[Account, JsonObject], JsonObject]] = MappingProxyType(
    {
        ("charge", "refunds"): _list_refunds,
        ("checkout.session", "line_items"): list_items,
        ("customer", "subscriptions"): _list_subscriptions,
        ("invoice", "payments"): _list_invoice_payments,
    }
)
