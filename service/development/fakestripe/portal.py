"""The customer portal as the API sees it: sessions, and configurations that say what a donor may do there.

What the donor does on its page is ``pages.portal``.
"""

from collections.abc import Iterable

from stripe.billing_portal import Configuration, Session
from stripe.params.billing_portal import (
    ConfigurationCreateParams,
    ConfigurationListParams,
    ConfigurationRetrieveParams,
    ConfigurationUpdateParams,
    SessionCreateParams,
)

from service.development.fakestripe.account import Account
from service.development.fakestripe.customers import get_customer
from service.development.fakestripe.metadata import merge_metadata
from service.development.fakestripe.problems import StripeProblem, not_played
from service.development.fakestripe.route import Params, list_matching, page, read, write
from service.development.fakestripe.shapes import JsonObject, fill

_FLOWS = frozenset({"payment_method_update", "subscription_cancel"})
_FEATURES = Configuration.Features
_ALL = {
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": True},
    "invoice_history": {"enabled": True},
}


def get_configuration(account: Account, session: JsonObject) -> JsonObject:
    """Return what a donor may do in this session."""
    return account.get("billing_portal.configuration", session["configuration"])


def _create_session(account: Account, params: Params) -> JsonObject:
    if "customer" not in params:
        raise StripeProblem("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = get_customer(account, params["customer"])
    configuration = _find_configuration(account, params.get("configuration"))
    flow = _fill_flow(account, params.get("flow_data"), customer["id"])
    session_id = account.ids.new("bps")
    return account.add(
        "billing_portal.session",
        "bps",
        id=session_id,
        configuration=configuration["id"],
        customer=customer["id"],
        flow=flow,
        locale=params.get("locale"),
        return_url=params.get("return_url") or configuration["default_return_url"],
        url=f"{account.base_url}/p/session/{session_id}",
    )


def _find_configuration(account: Account, configuration_id: str | None) -> JsonObject:
    if configuration_id:
        return account.get("billing_portal.configuration", configuration_id, "configuration")
    for known in account.newest_first("billing_portal.configuration"):
        if known["is_default"]:
            return known
    # In a sandbox Stripe makes the first one from its own settings page.
    return _add_configuration(account, {"features": _ALL}, is_default=True)


def _add_configuration(account: Account, params: Params, *, is_default: bool) -> JsonObject:
    return account.add(
        "billing_portal.configuration",
        "bpc",
        active=True,
        business_profile=fill(Configuration.BusinessProfile, **params.get("business_profile", {})),
        default_return_url=params.get("default_return_url") or None,
        features=_fill_features(params["features"]),
        is_default=is_default,
        login_page={"enabled": False, "url": None},
        metadata=merge_metadata({}, params.get("metadata")),
        name=params.get("name") or None,
        updated=account.now(),
    )


def _fill_features(sent: Params) -> JsonObject:
    for unplayed in ("subscription_update", "subscription_pause"):
        if sent.get(unplayed, {}).get("enabled"):
            raise not_played(f"the portal's {unplayed}", f"features[{unplayed}]")
    cancel = sent.get("subscription_cancel", {"enabled": False})
    method = sent.get("payment_method_update", {"enabled": False})
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": sent.get("invoice_history", {"enabled": False}),
        "payment_method_update": fill(_FEATURES.PaymentMethodUpdate, enabled=method["enabled"]),
        "subscription_cancel": {
            "cancellation_reason": fill(
                _FEATURES.SubscriptionCancel.CancellationReason, ("feedback_options",), enabled=False, options=[]
            ),
            "enabled": cancel["enabled"],
            "mode": cancel.get("mode", "at_period_end"),
            "proration_behavior": "none",
        },
        "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
        "subscription_update": fill(
            _FEATURES.SubscriptionUpdate,
            default_allowed_updates=[],
            enabled=False,
            proration_behavior="none",
            schedule_at_period_end={"conditions": []},
            trial_update_behavior="end_trial",
        ),
    }


def _fill_flow(account: Account, sent: Params | None, customer_id: str) -> JsonObject | None:
    if sent is None:
        return None
    kind = sent["type"]
    if kind not in _FLOWS:
        raise not_played(f"the portal's flow {kind}", "flow_data[type]")
    flow = fill(Session.Flow, after_completion=_fill_completion(sent.get("after_completion")), type=kind)
    if kind == "subscription_cancel":
        wanted = sent.get("subscription_cancel", {}).get("subscription", "")
        param = "flow_data[subscription_cancel][subscription]"
        if account.get("subscription", wanted, param)["customer"] != customer_id:
            raise StripeProblem("This subscription is another customer's.", param=param)
        flow["subscription_cancel"] = {"retention": None, "subscription": wanted}
    return flow


def _fill_completion(sent: Params | None) -> JsonObject:
    sent = sent or {"type": "portal_homepage"}
    return fill(
        Session.Flow.AfterCompletion,
        hosted_confirmation=sent.get("hosted_confirmation"),
        redirect=sent.get("redirect"),
        type=sent["type"],
    )


def _create_configuration(account: Account, params: Params) -> JsonObject:
    return _add_configuration(account, params, is_default=False)


def _retrieve_configuration(account: Account, _params: Params, configuration_id: str) -> JsonObject:
    return account.get("billing_portal.configuration", configuration_id)


def _update_configuration(account: Account, params: Params, configuration_id: str) -> JsonObject:
    configuration = account.get("billing_portal.configuration", configuration_id)
    if "features" in params:
        configuration["features"] = _fill_features(configuration["features"] | params["features"])
    if "metadata" in params:
        configuration["metadata"] = merge_metadata(configuration["metadata"], params["metadata"])
    configuration["active"] = params.get("active", configuration["active"])
    configuration["updated"] = account.now()
    return configuration


def _list_configurations(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "billing_portal.configuration", params, "active", "is_default")


_PLAYS = "business_profile default_return_url features metadata name"
ROUTES = (
    write(
        "/v1/billing_portal/sessions",
        SessionCreateParams,
        _create_session,
        plays="customer configuration return_url flow_data locale",
    ),
    write("/v1/billing_portal/configurations", ConfigurationCreateParams, _create_configuration, plays=_PLAYS),
    read("/v1/billing_portal/configurations/<configuration_id>", ConfigurationRetrieveParams, _retrieve_configuration),
    write(
        "/v1/billing_portal/configurations/<configuration_id>",
        ConfigurationUpdateParams,
        _update_configuration,
        plays="features metadata active",
    ),
    page("/v1/billing_portal/configurations", ConfigurationListParams, _list_configurations, plays="active is_default"),
)
