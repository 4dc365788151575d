"""Signed links by purpose. Owns making and checking tokens; never looks anything up.

A token is ids and an HMAC over them under a key of its purpose, so that a tracking token can never unsubscribe
anyone. Tokens hold no address and do not expire by themselves: links in mail must work for ever.
"""

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum

MAC_BYTES = 16  # 128 bits: more guesses than any attacker has requests


class Purpose(StrEnum):
    """What a link may do. The name is part of the key, so keep it for ever."""

    CONFIRM = "confirm"  # ids: subscription
    UNSUBSCRIBE = "unsubscribe"  # ids: subscription, delivery
    VIEW = "view"  # ids: delivery
    TRACK = "track"  # ids: issue, delivery
    PREVIEW = "preview"  # ids: issue
    ASK = "ask"  # ids: issue, item: which text asked for the gift
    GIFT_FORM = "gift-form"  # ids: seconds since 1970 when the form was made, a random number
    GIFT = "gift"  # ids: attempt; the giver's own cookie
    DONOR_SIGN_IN = "donor-sign-in"  # ids: sign-in
    DONOR_VISIT = "donor-visit"  # ids: sign-in; the donor's own cookie


class TokenSigner:
    """Makes and checks tokens. The first key signs; every key verifies, so that a rotation breaks no link."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        self._keys = {
            purpose: [hashlib.sha256(f"postrider:{purpose}:{key}".encode()).digest() for key in secret_keys]
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, *ids: int) -> str:
        """Return the URL-safe token for ``ids`` (each 0 to 2**63 - 1)."""
        payload = struct.pack(f">{len(ids)}q", *ids)
        return _encode(payload + _mac(self._keys[purpose][0], payload))

    def read(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """Return the ids in ``token``, or None when it is not ours, of another purpose, or damaged."""
        raw = _decode(token)
        if raw is None or len(raw) <= MAC_BYTES or (len(raw) - MAC_BYTES) % 8:
            return None
        payload, given = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not any(hmac.compare_digest(_mac(key, payload), given) for key in self._keys[purpose]):
            return None
        return struct.unpack(f">{len(payload) // 8}q", payload)


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:MAC_BYTES]


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    return raw if _encode(raw) == token else None
