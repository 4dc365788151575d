"""Events as the processor writes them, and signatures over any bytes, good and bad."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from service.adapters.stripe.client import API_VERSION
from service.clock import now

KEY = "sk_test_51PostriderTests"
SECRET = "whsec_of_the_present_endpoint_0123456789"
OLD_SECRET = "whsec_of_the_endpoint_before_0123456789"


def make_event(**changes: Any) -> dict[str, Any]:
    """Return an event of a payment; ``changes`` replace its fields."""
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": API_VERSION,
        "created": 1_790_000_000,
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "receipt_email": "jane@example.org"}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "payment_intent.succeeded",
        **changes,
    }


def write_event(**changes: Any) -> bytes:
    """Return ``make_event`` as the bytes of a body."""
    return json.dumps(make_event(**changes)).encode()


def sign(body: bytes, secret: str = SECRET, *, age: timedelta = timedelta()) -> str:
    """Return the header that the processor would send with a body ``age`` ago; also over what is no text."""
    at = int((now() - age).timestamp())
    return f"t={at},v1={sign_at(body, secret, at)}"


def sign_at(body: bytes, secret: str, at: int) -> str:
    """Return the signature alone (https://docs.stripe.com/webhooks#verify-manually)."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
