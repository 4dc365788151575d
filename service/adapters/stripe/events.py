"""Events: verifying a webhook, and reading what matters of an event. Nothing of a bad one is kept or repeated.

Whatever a stranger sends ends in ``BadInput``: Stripe's client raises six kinds of errors for it, and lets pass what it
should not (events of the future, of the other mode, of another account).
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NoReturn

import stripe

from service.adapters.stripe.client import API_VERSION
from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import moment, seconds
from service.clock import now
from service.donations.gateway import GatewayEvent
from service.errors import BadInput

log = logging.getLogger(__name__)

TOLERANCE: Final = 300  # seconds, either way; https://docs.stripe.com/webhooks#replay-attacks
_LONGEST_HEADER: Final = 2_000  # two signatures while a secret is rotated are 150
_LONGEST_WORD: Final = 255
_TIME: Final = re.compile(r"(?:\A|,)t=(\d{1,12})(?=,|\Z)")
# PostgreSQL's jsonb can hold neither NUL nor half of a surrogate pair; a payload is a hint, so they may go.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def read_event(body: bytes, signature: str, secrets: Iterable[str], *, is_live: bool) -> GatewayEvent:
    """Verify and read one webhook.

    Args:
        body: the bytes as they came.
        signature: the ``Stripe-Signature`` header.
        secrets: of the endpoint; any may have signed, so that they can be rotated.
        is_live: whether our key moves real money; an event of the other mode is none of ours.

    Raises:
        BadInput: for anything that is not a good, fresh event for us; the sentence holds nothing of what was sent.
    """
    _check_time(signature)
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise BadInput("The signature is not ours.")
    payload = _parse(body)
    if payload.get("object") != "event":
        raise BadInput("The body is no event.")
    if payload.get("livemode") is not is_live:
        raise BadInput("The event is of the other mode (test or live) than this service.")
    if payload.get("account") is not None:
        raise BadInput("The event is of another account.")
    event = _read(payload)
    if event.api_version != API_VERSION:
        log.warning("an event came in version %s: make the endpoint anew with %s", event.api_version, API_VERSION)
    return event


def list_undelivered(client: stripe.StripeClient, since: datetime, *, is_live: bool) -> Iterator[GatewayEvent]:
    """Yield events that no endpoint took, newest first; also those that are on their way just now."""
    with translated():
        page = client.v1.events.list({"delivery_success": False, "created": {"gte": seconds(since)}, "limit": 100})
        for event in page.auto_paging_iter():
            if event.livemode is is_live:
                yield _read(_clean(event.to_dict(for_json=True)))


def _check_time(signature: str) -> None:
    if len(signature) > _LONGEST_HEADER or not signature.isascii():
        raise BadInput("The signature is malformed.")
    found = _TIME.search(signature)
    if found is None:
        raise BadInput("The signature names no time.")
    # Stripe's client refuses old ones only.
    if abs(int(found[1]) - seconds(now())) > TOLERANCE:
        raise BadInput("The signature is not of this moment.")


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
    except (stripe.SignatureVerificationError, ValueError):  # ValueError: a body that is no UTF-8
        return False
    return True


def _parse(body: bytes) -> dict[str, Any]:
    try:
        payload = _clean(json.loads(body.decode(), parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        raise BadInput("The body is no JSON.") from None
    if not isinstance(payload, dict):
        raise BadInput("The body is no event.")
    return payload


def _refuse_constant(name: str) -> NoReturn:
    """JSON has no NaN and PostgreSQL takes none, but Python reads it."""
    raise ValueError(name)


def _clean(value: Any) -> Any:
    """Return the payload without what the database can't hold."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return value


def _read(payload: dict[str, Any]) -> GatewayEvent:
    data = payload.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        raise BadInput("The event is about nothing.")
    return GatewayEvent(
        event_id=_get_word(payload, "id"),
        type=_get_word(payload, "type"),
        # Of another version than the client's it is taken all the same: only its ids are used.
        api_version=str(payload.get("api_version") or "")[:_LONGEST_WORD],
        object_id=str(about.get("id") or "")[:_LONGEST_WORD],
        occurred_at=_get_time(payload),
        payload=payload,
    )


def _get_word(payload: dict[str, Any], name: str) -> str:
    word = payload.get(name)
    if not isinstance(word, str) or not 0 < len(word) <= _LONGEST_WORD:
        raise BadInput(f"The event has no {name}.")
    return word


def _get_time(payload: dict[str, Any]) -> datetime:
    created = payload.get("created")
    try:
        return moment(created if isinstance(created, int) else -1 << 63)
    except (ValueError, OverflowError, OSError):
        raise BadInput("The event has no time.") from None
