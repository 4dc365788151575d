"""Return paths: the envelope's sender and the mailed unsubscribe of one mail, so that what comes back says whose.

Owns the tag in their local part and its proof; never what a bounce means. In hexadecimal, because some hosts change
the case on the way.
"""

import re
import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hmac import compare_digest
from typing import Final

from service.tokens import Purpose, TokenSigner

_MAC: Final = 10  # bytes: 80 bits, more guesses than any mailbox takes
_HEAD: Final = struct.Struct(">Hq")  # the kind and the id
# 20 bytes; with "b-" far below the 64 octets of RFC 5321 section 4.5.3.1.1.
_TAG: Final = re.compile("[0-9a-f]{40}")


class MailKind(IntEnum):
    """What an id in a return path is of. Kept for ever."""

    DELIVERY = 1
    LETTER = 2


class Errand(StrEnum):
    """What a mail to a return path is about: the letter before its tag."""

    BOUNCE = "b"
    UNSUBSCRIBE = "u"


# The two halves of one HMAC prove the two errands: no one can turn a bounce address into one that unsubscribes.
_PROOFS: Final = {Errand.BOUNCE: slice(0, _MAC), Errand.UNSUBSCRIBE: slice(_MAC, 2 * _MAC)}


@dataclass(frozen=True)
class Returned:
    """Which mail came back, and for what."""

    errand: Errand
    kind: MailKind
    id: int


@dataclass(frozen=True)
class ReturnPaths:
    """Makes and reads return paths at ``domain``, where there is one. The first secret key signs, each verifies."""

    signer: TokenSigner
    domain: str = ""

    def sender_of(self, kind: MailKind, mail_id: int, otherwise: str) -> str:
        """Return the envelope sender of one mail: its own, or ``otherwise`` where bounces have no domain."""
        return self.both_of(kind, mail_id)[0] if self.domain else otherwise

    def both_of(self, kind: MailKind, mail_id: int) -> tuple[str, str]:
        """Return the envelope sender of one mail and its address to unsubscribe by."""
        head = _HEAD.pack(kind, mail_id)
        whose, proof = head.hex(), self.signer.prove(Purpose.RETURN, head).hex()
        bounce, leave = proof[: 2 * _MAC], proof[2 * _MAC : 4 * _MAC]
        return f"b-{whose}{bounce}@{self.domain}", f"u-{whose}{leave}@{self.domain}"

    def read(self, address: str) -> Returned | None:
        """Return what came back to ``address``, in whatever case; None when it is not ours, damaged or forged."""
        local, _, domain = address.rpartition("@")
        errand, _, tag = local.lower().partition("-")
        if not domain or domain.lower() != self.domain or errand not in set(Errand) or not _TAG.fullmatch(tag):
            return None
        raw = bytes.fromhex(tag)
        kind, mail_id = _HEAD.unpack_from(raw)
        if kind not in set(MailKind):
            return None
        proofs = (digest[_PROOFS[Errand(errand)]] for digest in self.signer.digests(Purpose.RETURN, raw[: _HEAD.size]))
        if not any(compare_digest(raw[_HEAD.size :], proof) for proof in proofs):
            return None
        return Returned(Errand(errand), MailKind(kind), mail_id)
