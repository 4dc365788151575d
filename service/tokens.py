"""Signed links by purpose. Owns making and checking tokens; never looks anything up.

A token is ids and an HMAC over them under a key of its purpose, so that a tracking token can never unsubscribe
anyone. Tokens hold no address and do not expire by themselves: links in mail must work for ever.
"""

import hmac
import struct
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256

MAC_BYTES = 16  # 128 bits: more guesses than any attacker has requests
_PAYLOADS = [struct.Struct(f">{count}q") for count in range(8)]  # by how many ids there are
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """What a link may do. The name is part of the key, so keep it for ever."""

    UNSUBSCRIBE = "unsubscribe"  # ids: subscription, delivery
    VIEW = "view"  # ids: delivery
    TRACK = "track"  # ids: issue, delivery
    PREVIEW = "preview"  # ids: issue
    ASK = "ask"  # ids: issue, item: which text asked for the gift
    GIFT_FORM = "gift-form"  # ids: seconds since 1970 when the form was made, a random number
    GIFT = "gift"  # ids: attempt; the giver's own cookie
    DONOR_SIGN_IN = "donor-sign-in"  # ids: sign-in
    DONOR_VISIT = "donor-visit"  # ids: sign-in; the donor's own cookie
    SIGN_UP = "sign-up"  # ids: sign-up; confirms it
    SIGN_UP_FORM = "sign-up-form"  # ids: seconds since 1970 when the form was made, a random number
    PREFERENCES = "preferences"  # ids: subscriber, delivery; only what is mild and can be taken back
    SELF_SERVICE = "self-service"  # ids: subscriber, seconds since 1970 when it was mailed, mailbox (see ``own_page``)
    ADDRESS_OLD = "address-old"  # ids: change; the yes of the address that is left
    ADDRESS_NEW = "address-new"  # ids: change; the yes of the new one
    RETURN = "return"  # what a bounce or a mailed unsubscribe comes back to; written by ``mail.verp``


class Mac:
    """HMAC-SHA256 (RFC 2104) under one key, which is hashed in beforehand: a third of the time of ``hmac.digest``."""

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, text: bytes) -> bytes:
        """Return the 32 bytes that only a holder of the key can make for ``text``."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()


class TokenSigner:
    """Makes and checks tokens. The first key signs; every key verifies, so that a rotation breaks no link."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        self._macs = {
            purpose: [Mac(sha256(f"postrider:{purpose}:{key}".encode()).digest()) for key in secret_keys]
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, *ids: int) -> str:
        """Return the URL-safe token for ``ids`` (each 0 to 2**63 - 1)."""
        payload = _PAYLOADS[len(ids)].pack(*ids)
        return _encode(payload + self.prove(purpose, payload)[:MAC_BYTES])

    def read(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """Return the ids in ``token``, or None when it is not ours, of another purpose, or damaged."""
        raw = _decode(token)
        if raw is None or len(raw) <= MAC_BYTES or (len(raw) - MAC_BYTES) % 8:
            return None
        payload, given = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not any(hmac.compare_digest(digest[:MAC_BYTES], given) for digest in self.digests(purpose, payload)):
            return None
        return struct.unpack(f">{len(payload) // 8}q", payload)

    def prove(self, purpose: Purpose, text: bytes) -> bytes:
        """Return the 32 bytes that only we can make for ``text``."""
        return self._macs[purpose][0].digest(text)

    def digests(self, purpose: Purpose, text: bytes) -> Iterator[bytes]:
        """Yield the 32 bytes for ``text`` under each key, that of the signing key first."""
        return (mac.digest(text) for mac in self._macs[purpose])


def _encode(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()


def _decode(token: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    return raw if _encode(raw) == token else None
