"""Events: what happened, with the object as it was then. Owns their making; how they travel is ``delivery``.

An event is a snapshot: later changes of the object do not reach it, which is why receivers must read again.
"""

import copy

import stripe

from service.development.fakestripe.account import Account
from service.development.fakestripe.shapes import CLASSES, JsonObject, literal_values

_TYPES = frozenset(literal_values(CLASSES["event"].__annotations__["type"]))


def emit(account: Account, kind: str, happened_to: JsonObject, previous: JsonObject | None = None) -> JsonObject:
    """Record that ``kind`` happened to an object, for every endpoint that asked for it; return the event.

    Args:
        account: where it happened.
        kind: such as "charge.succeeded"; must be one that the installed client knows.
        happened_to: the object as it is now.
        previous: for updates, the fields that changed with their old values.
    """
    if kind not in _TYPES:
        raise TypeError(f"stripe {stripe.VERSION} knows no event {kind}")
    data: JsonObject = {"object": copy.deepcopy(happened_to)}
    if previous is not None:
        data["previous_attributes"] = previous
    endpoints = [one for one in account.newest_first("webhook_endpoint") if _wants(one, kind)]
    event = account.add(
        "event",
        "evt",
        type=kind,
        api_version=stripe.api_version,
        data=data,
        livemode=False,
        pending_webhooks=len(endpoints),
        request={"id": account.cause.request_id, "idempotency_key": account.cause.idempotency_key},
    )
    # Outside Connect an event has neither.
    del event["account"], event["context"]
    account.deliveries[event["id"]] = {
        one["id"]: {"attempts": 0, "delivered": False, "given_up": False} for one in endpoints
    }
    if endpoints:
        account.outbox[event["id"]] = None
    return event


def change(account: Account, found: JsonObject, kind: str | None = None, **fields: object) -> JsonObject:
    """Write fields of an object and, where ``kind`` is given and something changed, say so in an event.

    An event that ends in "updated" carries the old values.
    """
    previous = {name: copy.deepcopy(found[name]) for name, value in fields.items() if found[name] != value}
    found.update(fields)
    if kind and previous:
        emit(account, kind, found, previous if kind.endswith(".updated") else None)
    return found


def _wants(endpoint: JsonObject, kind: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or kind in wanted)
