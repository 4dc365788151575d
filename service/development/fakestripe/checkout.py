"""Checkout sessions as the API sees them: made, shown, expired. Owns what Stripe demands of a new one.

What the donor does on the page is ``paying``.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from stripe.checkout import Session
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionListParams,
    SessionRetrieveParams,
)

from service.development.fakestripe.account import Account
from service.development.fakestripe.baskets import check_basket, fill_basket, sum_of
from service.development.fakestripe.clock import DAY, MINUTE
from service.development.fakestripe.customers import get_customer
from service.development.fakestripe.events import emit
from service.development.fakestripe.intents import cancel_intent
from service.development.fakestripe.metadata import merge_metadata
from service.development.fakestripe.parameters import check_metadata
from service.development.fakestripe.problems import StripeProblem, not_played
from service.development.fakestripe.route import Params, list_matching, page, read, write
from service.development.fakestripe.shapes import JsonObject, fill, list_of

EXPIRES = "expire"
_SHORTEST, _LONGEST = 30 * MINUTE, DAY
_PLAYS = (
    "mode line_items success_url cancel_url submit_type ui_mode metadata payment_intent_data subscription_data customer"
    " customer_email customer_creation expires_at allowed_payment_method_types excluded_payment_method_types"
    " locale client_reference_id"
    " billing_address_collection"
)


def expire_session(account: Account, session_id: str) -> JsonObject:
    """Close an open session that nobody paid, and say so. Nothing happens to one that is complete or expired."""
    session = account.get("checkout.session", session_id)
    if session["status"] == "open":
        account.agenda.drop(EXPIRES, session_id)
        intent = account.find("payment_intent", account.note(session_id).get("intent"))
        if intent:
            cancel_intent(account, intent, "expired")
        session.update(status="expired", url=None)
        emit(account, "checkout.session.expired", session)
    return session


def _create(account: Account, params: Params) -> JsonObject:
    mode = _find_mode(params)
    _check_urls(params)
    _check_combination(account, params, mode)
    expires_at, ends_at = _find_expiry(account, params)
    methods = _find_methods(account, params)
    check_basket(account, params.get("line_items", []), mode)
    items = fill_basket(account, params["line_items"])
    total = sum_of(items)
    session_id = account.ids.new("cs_test", 58)
    customer = account.find("customer", params.get("customer"))
    session = account.add(
        "checkout.session",
        "cs_test",
        id=session_id,
        allowed_payment_method_types=params.get("allowed_payment_method_types"),
        amount_subtotal=total,
        amount_total=total,
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        billing_address_collection=params.get("billing_address_collection"),
        cancel_url=params.get("cancel_url"),
        client_reference_id=params.get("client_reference_id"),
        currency=items[0]["currency"],
        custom_fields=[],
        custom_text=fill(Session.CustomText),
        customer=params.get("customer"),
        customer_creation=params.get("customer_creation", "if_required" if mode == "payment" else "always"),
        customer_details=fill_details(customer, params.get("customer_email")),
        customer_email=params.get("customer_email"),
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        expires_at=expires_at,
        locale=params.get("locale"),
        metadata=merge_metadata({}, params.get("metadata")),
        mode=mode,
        payment_method_collection="always" if mode == "subscription" else "if_required",
        payment_method_options=_fill_options(),
        payment_method_types=methods,
        payment_status="unpaid",
        phone_number_collection={"enabled": False},
        shipping_options=[],
        status="open",
        submit_type=params.get("submit_type"),
        success_url=params["success_url"],
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
        url=f"{account.base_url}/c/pay/{session_id}",
    )
    note = account.note(session_id)
    note["items"] = items
    note["intent_data"] = params.get("payment_intent_data", {})
    note["subscription_data"] = params.get("subscription_data", {})
    account.agenda.set(EXPIRES, session_id, ends_at)
    return session


def fill_details(customer: JsonObject | None, email: str | None, name: str | None = None) -> JsonObject | None:
    """Return a session's ``customer_details``: what is known of the payer; None if nothing is."""
    if customer:
        email, name = email or customer["email"], name or customer["name"]
    if not email and not name:
        return None
    return fill(
        Session.CustomerDetails,
        ("business_name", "individual_name"),
        email=email,
        name=name,
        tax_exempt="none",
        tax_ids=[],
    )


def list_items(account: Account, session: JsonObject) -> JsonObject:
    """Return the session's line items, as ``expand`` shows them."""
    return list_of(f"/v1/checkout/sessions/{session['id']}/line_items", account.note(session["id"])["items"])


def _find_mode(params: Params) -> str:
    mode: str | None = params.get("mode")
    if mode is None:
        raise StripeProblem("Missing required param: mode.", code="parameter_missing", param="mode")
    if mode == "setup":
        raise not_played("sessions in setup mode", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_played(f"the ui_mode {params['ui_mode']}", "ui_mode")
    return mode


def _check_urls(params: Params) -> None:
    if "success_url" not in params:
        raise StripeProblem("Missing required param: success_url.", code="parameter_missing", param="success_url")
    for name in ("success_url", "cancel_url"):
        if name in params and urlsplit(params[name]).scheme not in {"http", "https"}:
            raise StripeProblem(
                "Not a valid URL. URL must have a scheme, such as https://.", code="url_invalid", param=name
            )


def _check_combination(account: Account, params: Params, mode: str) -> None:
    foreign = {"payment": "subscription_data", "subscription": "payment_intent_data"}[mode]
    if foreign in params:
        raise StripeProblem(f"You can not pass `{foreign}` in `{mode}` mode.", param=foreign)
    if "customer_creation" in params and mode != "payment":
        raise StripeProblem("`customer_creation` can only be used in `payment` mode.", param="customer_creation")
    if "customer" in params:
        get_customer(account, params["customer"])
        for other in ("customer_email", "customer_creation"):
            if other in params:
                raise StripeProblem(f"You may only specify one of these parameters: customer, {other}.", param=other)
    for name in ("payment_intent_data", "subscription_data"):
        check_metadata(params.get(name, {}).get("metadata", {}), f"{name}[metadata]")


def _find_expiry(account: Account, params: Params) -> tuple[int, int]:
    """Return the session's ``expires_at`` and when that is by this clock.

    The caller's clock is not moved along with this one, so a moment that is right by either is right.
    """
    now = account.now()
    expires_at: int = params.get("expires_at", now + _LONGEST)
    for present in (now, account.clock.unmoved()):
        if present + _SHORTEST <= expires_at <= present + _LONGEST:
            return expires_at, now + expires_at - present
    raise StripeProblem(
        "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
        param="expires_at",
    )


def _find_methods(account: Account, params: Params) -> list[str]:
    """Return what the page offers: what the account takes, filtered. Since 2026 a session no longer lists its own."""
    allowed = params.get("allowed_payment_method_types", account.manners.payment_methods)
    excluded = params.get("excluded_payment_method_types", [])
    offered = [kind for kind in account.manners.payment_methods if kind in allowed and kind not in excluded]
    if not offered:
        raise StripeProblem(
            "No valid payment method types for this Checkout Session.", param="allowed_payment_method_types"
        )
    return offered


def _fill_options() -> JsonObject:
    return {"card": {"request_three_d_secure": "automatic"}}


def _retrieve(account: Account, _params: Params, session_id: str) -> JsonObject:
    return account.get("checkout.session", session_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    email = params.get("customer_details", {}).get("email")
    for session in list_matching(
        account, "checkout.session", params, "customer", "payment_intent", "status", "subscription"
    ):
        if email is None or (session["customer_details"] or {}).get("email") == email:
            yield session


def _expire(account: Account, _params: Params, session_id: str) -> JsonObject:
    session = account.get("checkout.session", session_id)
    if session["status"] != "open":
        raise StripeProblem(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}.",
            param="session",
        )
    return expire_session(account, session_id)


ROUTES = (
    write("/v1/checkout/sessions", SessionCreateParams, _create, plays=_PLAYS),
    read("/v1/checkout/sessions/<session_id>", SessionRetrieveParams, _retrieve),
    page(
        "/v1/checkout/sessions",
        SessionListParams,
        _list,
        plays="created customer customer_details payment_intent status subscription",
    ),
    write("/v1/checkout/sessions/<session_id>/expire", SessionExpireParams, _expire),
)
