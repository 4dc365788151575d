"""Payment intents: one payment from the first attempt to the money. Owns their states and what each attempt does.

``requires_payment_method -> requires_action -> succeeded``, or, for a bank debit, ``processing -> succeeded |
requires_payment_method``; see https://docs.stripe.com/payments/paymentintents/lifecycle.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from stripe import PaymentIntent
from stripe.params import PaymentIntentListParams, PaymentIntentRetrieveParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import AUTHENTICATE, CARDS, Decline, describe_decline
from service.development.fakestripe.charges import book_charge, fail_charge, make_charge
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.route import Params, list_matching, page, read
from service.development.fakestripe.shapes import JsonObject, fill

DEBIT_SETTLES = "debit"
# https://docs.stripe.com/payments/ach-direct-debit: "up to 4 business days".
_DEBIT_TAKES = 4 * DAY
NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
DEBIT_RETURNED = Decline(
    "debit_not_authorized", None, "The customer has notified their bank that this payment was unauthorized."
)

DECLINED_WITHOUT_METHOD = Decline(
    "payment_intent_payment_attempt_failed", None, "This customer has no default payment method."
)


class Outcome(StrEnum):
    """What an attempt came to."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    NEEDS_AUTHENTICATION = "needs authentication"
    DECLINED = "declined"


def open_intent(account: Account, *, amount: int, currency: str, types: list[str], **fields: Any) -> JsonObject:
    """Make a payment intent that nothing was tried on yet; ``fields`` as in Stripe's object."""
    intent = account.add(
        "payment_intent",
        "pi",
        amount=amount,
        currency=currency,
        payment_method_types=types,
        **{"metadata": {}, **fields},
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        capture_method="automatic_async",
        confirmation_method="automatic",
        status="requires_payment_method",
        client_secret=account.ids.new("secret"),
    )
    intent["client_secret"] = f"{intent['id']}_{intent['client_secret']}"
    emit(account, "payment_intent.created", intent)
    return intent


def attempt(account: Account, intent: JsonObject, method: JsonObject, *, donor_is_present: bool) -> Outcome:
    """Try to take the money of an intent, with all events of it; return what came of it."""
    intent.update(payment_method=method["id"], next_action=None, last_payment_error=None)
    if method["type"] == "us_bank_account":
        return _start_debit(account, intent, method)
    answer = _ask_bank(account, method, donor_is_present=donor_is_present)
    if answer == AUTHENTICATE and donor_is_present:
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        intent["status"] = "requires_action"
        emit(account, "payment_intent.requires_action", intent)
        return Outcome.NEEDS_AUTHENTICATION
    if answer:
        decline = describe_decline(answer)
        charge = make_charge(account, intent, method, status="failed")
        intent["latest_charge"] = charge["id"]
        fail_charge(account, charge, decline)
        _fail(account, intent, method, decline)
        return Outcome.NEEDS_AUTHENTICATION if answer == AUTHENTICATE else Outcome.DECLINED
    succeed(account, intent, method)
    return Outcome.SUCCEEDED


def succeed(account: Account, intent: JsonObject, method: JsonObject) -> None:
    """Take the money: a charge, its balance transaction, and the events of both."""
    charge = make_charge(account, intent, method, status="succeeded")
    _receive(intent, charge)
    book_charge(account, charge)
    emit(account, "payment_intent.succeeded", intent)


def fail_authentication(account: Account, intent: JsonObject) -> None:
    """Let the donor fail at the bank's question; there is no charge then."""
    method = account.get("payment_method", intent["payment_method"])
    _fail(account, intent, method, NOT_AUTHENTICATED)


def settle_debit(account: Account, intent: JsonObject, *, succeeds: bool) -> None:
    """End a bank debit that is processing, well or badly."""
    account.agenda.drop(DEBIT_SETTLES, intent["id"])
    charge = account.get("charge", intent["latest_charge"])
    if succeeds:
        _receive(intent, charge)
        book_charge(account, charge)
        emit(account, "payment_intent.succeeded", intent)
        return
    fail_charge(account, charge, DEBIT_RETURNED)
    _fail(account, intent, account.get("payment_method", charge["payment_method"]), DEBIT_RETURNED)


def cancel_intent(account: Account, intent: JsonObject, reason: str) -> None:
    """End an intent that nothing came of; one that succeeded or still processes stays as it is."""
    if intent["status"] in {"requires_payment_method", "requires_action"}:
        account.agenda.drop_all(intent["id"])
        intent.update(status="canceled", canceled_at=account.now(), cancellation_reason=reason, next_action=None)
        emit(account, "payment_intent.canceled", intent)


def refuse(account: Account, intent: JsonObject, decline: Decline) -> None:
    """Let an attempt fail for want of anything to charge."""
    _fail(account, intent, None, decline)


def find_card_effect(account: Account, intent: JsonObject) -> str:
    """Return what follows a payment with this intent's card: "dispute", "inquiry", "warning" or nothing."""
    number = account.note(intent["payment_method"] or "").get("number", "")
    return CARDS[number].then if number else ""


def _start_debit(account: Account, intent: JsonObject, method: JsonObject) -> Outcome:
    charge = make_charge(account, intent, method, status="pending")
    intent.update(status="processing", latest_charge=charge["id"])
    emit(account, "charge.pending", charge)
    emit(account, "payment_intent.processing", intent)
    account.agenda.set(DEBIT_SETTLES, intent["id"], account.now() + _DEBIT_TAKES)
    return Outcome.PROCESSING


def _ask_bank(account: Account, method: JsonObject, *, donor_is_present: bool) -> str:
    number = account.note(method["id"]).get("number")
    if number is None:
        return ""
    return CARDS[number].at_checkout if donor_is_present else CARDS[number].later


def _receive(intent: JsonObject, charge: JsonObject) -> None:
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        next_action=None,
        last_payment_error=None,
    )


def _fail(account: Account, intent: JsonObject, method: JsonObject | None, decline: Decline) -> None:
    error = fill(
        PaymentIntent.LastPaymentError,
        (
            "advice_code",
            "param",
            "payment_intent",
            "setup_intent",
            "source",
            "network_advice_code",
            "network_decline_code",
            "payment_method_type",
            "request_log_url",
        ),
        charge=intent["latest_charge"],
        code=decline.code,
        decline_code=decline.decline_code,
        doc_url=f"https://docs.stripe.com/error-codes/{decline.code.replace('_', '-')}",
        message=decline.message,
        payment_method=method and dict(method),
        type="card_error" if method and method["type"] == "card" else "invalid_request_error",
    )
    change(account, intent, status="requires_payment_method", last_payment_error=error, payment_method=None)
    intent["next_action"] = None
    emit(account, "payment_intent.payment_failed", intent)


def _retrieve(account: Account, _params: Params, intent_id: str) -> JsonObject:
    return account.get("payment_intent", intent_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "payment_intent", params, "customer")


ROUTES = (
    read("/v1/payment_intents/<intent_id>", PaymentIntentRetrieveParams, _retrieve, plays="client_secret"),
    page("/v1/payment_intents", PaymentIntentListParams, _list, plays="created customer"),
)
