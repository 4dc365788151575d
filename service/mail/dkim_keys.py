"""The private keys that sign mail: made, read from their files, and chosen by the From domain. Never signs a mail.

For a domain, the first key of each kind signs; the others are only still published, so that mail on its way verifies
while keys change.
"""

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from service.errors import BadInput
from service.settings import BadSettings, DkimKey

KeyKind = Literal["rsa", "ed25519"]
KINDS: Final[tuple[KeyKind, ...]] = ("rsa", "ed25519")  # in the order in which they sign
SHORTEST_RSA: Final = 2048  # bits; receivers ignore shorter ones sooner or later (RFC 8301 section 3.2)
_PADDING: Final = PKCS1v15()
_HASHED: Final = Prehashed(hashes.SHA256())
_CHUNK: Final = 255  # octets of one string in a TXT record (RFC 1035 section 3.3.14)


@dataclass(frozen=True)
class SigningKey:
    """One private key and where its public half is published."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def kind(self) -> KeyKind:
        """Its kind, as the DNS record names it."""
        return "rsa" if isinstance(self.private, RSAPrivateKey) else "ed25519"

    @property
    def algorithm(self) -> str:
        """What a signature calls it."""
        return f"{self.kind}-sha256"

    @property
    def signature_size(self) -> int:
        """How many bytes each of its signatures has."""
        return self.private.key_size // 8 if isinstance(self.private, RSAPrivateKey) else 64

    @property
    def fingerprint(self) -> str:
        """Its name: where it is published, and a hash of its public half."""
        return f"{self.selector}@{self.domain}:{sha256(self._public()).hexdigest()[:16]}"

    @property
    def host(self) -> str:
        """The name that its record stands at."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The text of its DNS record (RFC 6376 section 3.6.1)."""
        return f"v=DKIM1; k={self.kind}; p={b64encode(self._public()).decode()}"

    def sign(self, digest: bytes) -> bytes:
        """Return the signature over a SHA-256 ``digest``. Other threads run meanwhile."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _HASHED)
        return self.private.sign(digest)  # RFC 8463 section 3: Ed25519 signs the hash

    def _public(self) -> bytes:
        public = self.private.public_key()
        if self.kind == "ed25519":
            return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load_keys(configured: Sequence[DkimKey]) -> tuple[SigningKey, ...]:
    """Return the keys in their files, in order.

    Raises:
        BadSettings: one sentence for each file that holds no key we may sign with.
    """
    keys, problems = [], []
    for entry in configured:
        try:
            keys.append(_load(entry))
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
            problems.append(f"DKIM_KEYS: the key of {entry.selector}@{entry.domain} {_describe(problem)}")
    if problems:
        raise BadSettings("\n".join(problems))
    return tuple(keys)


def choose_keys(keys: Sequence[SigningKey], domain: str) -> tuple[SigningKey, ...]:
    """Return the keys that sign for a From domain: the first of each kind, RSA first; none where it has none."""
    own = [key for key in keys if key.domain == domain.lower()]
    firsts = (next((key for key in own if key.kind == kind), None) for kind in KINDS)
    return tuple(key for key in firsts if key)


def make_key(kind: KeyKind, domain: str, selector: str, file: Path) -> SigningKey:
    """Make a key and write it to a new file that only its owner can read.

    Raises:
        BadInput: when the file is there already or can't be written; no key is ever overwritten.
    """
    private = generate_private_key(65537, SHORTEST_RSA) if kind == "rsa" else Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
    except FileExistsError:
        raise BadInput(f"{file} is there already; a key is never overwritten.") from None
    except OSError as problem:
        raise BadInput(f"{file} can't be written: {problem.strerror}.") from None
    return SigningKey(domain.lower(), selector, private)


def split_record(record: str) -> str:
    """Return a record as zone files want it: quoted, in strings of at most 255 octets."""
    return " ".join(f'"{record[start : start + _CHUNK]}"' for start in range(0, len(record), _CHUNK))


def _load(entry: DkimKey) -> SigningKey:
    private = load_pem_private_key(entry.file.read_bytes(), password=None)
    if isinstance(private, RSAPrivateKey):
        if private.key_size < SHORTEST_RSA:
            raise _Unfit(f"has {private.key_size} bits; {SHORTEST_RSA} are the least that receivers trust.")
    elif not isinstance(private, Ed25519PrivateKey):
        raise _Unfit("is neither RSA nor Ed25519.")
    return SigningKey(entry.domain, entry.selector, private)


class _Unfit(ValueError):  # noqa: N818 - never leaves this file
    """A key that is one, but that we must not sign with."""


def _describe(problem: Exception) -> str:
    """Return the rest of a sentence. What the library says may quote the file, so it is never repeated."""
    if isinstance(problem, _Unfit):
        return str(problem)
    if isinstance(problem, OSError):
        return f"can't be read: {problem.strerror}."
    if isinstance(problem, TypeError):  # a password was needed and none given
        return "is locked by a password; store it without one, readable by its owner alone."
    return "is no private key in PEM form."
