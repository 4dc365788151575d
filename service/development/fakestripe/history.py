"""Events as the API shows them: one, or those of the last 30 days, by kind and by whether they arrived."""

from collections.abc import Iterable

from stripe.params import (
    EventListParams,
    EventRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
)

from service.development.fakestripe.account import Account
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.problems import missing
from service.development.fakestripe.route import Params, list_matching, page, read, remove, write
from service.development.fakestripe.shapes import JsonObject

_KEPT_FOR = 30 * DAY


def has_arrived(account: Account, event_id: str) -> bool:
    """Whether every endpoint that was to hear of this event took it."""
    return all(one["delivered"] for one in account.deliveries.get(event_id, {}).values())


def add_endpoint(
    account: Account, url: str, *, events: list[str], secret: str, api_version: str | None = None
) -> JsonObject:
    """Make an endpoint that hears of these kinds of events from now on; ["*"] is every kind."""
    endpoint = account.add(
        "webhook_endpoint",
        "we",
        api_version=api_version,
        enabled_events=events,
        metadata={},
        status="enabled",
        url=url,
    )
    account.note(endpoint["id"])["secret"] = secret
    return endpoint


def _retrieve(account: Account, _params: Params, event_id: str) -> JsonObject:
    event = account.get("event", event_id)
    if event["created"] + _KEPT_FOR < account.now():
        raise missing("event", event_id)
    return event


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    arrived = params.get("delivery_success")
    for event in list_matching(account, "event", params, "type"):
        if event["created"] + _KEPT_FOR < account.now():
            continue
        if "types" in params and event["type"] not in params["types"]:
            continue
        if arrived is None or has_arrived(account, event["id"]) == arrived:
            yield event


def _create_endpoint(account: Account, params: Params) -> JsonObject:
    endpoint = add_endpoint(
        account,
        params["url"],
        events=params["enabled_events"],
        secret=account.ids.new("whsec", 32),
        api_version=params.get("api_version"),
    )
    # Shown this once.
    return endpoint | {"secret": account.note(endpoint["id"])["secret"]}


def _retrieve_endpoint(account: Account, _params: Params, endpoint_id: str) -> JsonObject:
    return account.get("webhook_endpoint", endpoint_id)


def _list_endpoints(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "webhook_endpoint", params)


def _delete_endpoint(account: Account, _params: Params, endpoint_id: str) -> JsonObject:
    endpoint = account.get("webhook_endpoint", endpoint_id)
    del account.tables["webhook_endpoint"][endpoint_id]
    for event_id, book in account.deliveries.items():
        if book.pop(endpoint_id, None) and has_arrived(account, event_id):
            account.outbox.pop(event_id, None)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


ROUTES = (
    read("/v1/events/<event_id>", EventRetrieveParams, _retrieve),
    page("/v1/events", EventListParams, _list, plays="created delivery_success type types"),
    write(
        "/v1/webhook_endpoints",
        WebhookEndpointCreateParams,
        _create_endpoint,
        plays="url enabled_events api_version description",
    ),
    read("/v1/webhook_endpoints/<endpoint_id>", WebhookEndpointRetrieveParams, _retrieve_endpoint),
    page("/v1/webhook_endpoints", WebhookEndpointListParams, _list_endpoints),
    remove("/v1/webhook_endpoints/<endpoint_id>", WebhookEndpointDeleteParams, _delete_endpoint),
)
