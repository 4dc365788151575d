"""DKIM signatures: RSA (RFC 6376), and Ed25519 beside it (RFC 8463). Owns their bytes; keys are ``dkim_keys.py``'s.

Headers are canonicalised as relaxed, the body as simple: our bodies are in their final form already. What is the same
in every copy of an issue is hashed once.
"""

from binascii import b2a_base64
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from re import split
from typing import Final

from service.mail.dkim_keys import SigningKey, choose_keys, load_keys
from service.settings import DkimKey

# Constant ones first, so that their hash is begun once. From stands twice: a second From breaks the signature.
_SIGNED: Final = (
    *("From", "From", "Subject", "Date", "Reply-To", "MIME-Version", "Content-Type", "Auto-Submitted"),
    *("List-ID", "List-Unsubscribe-Post", "Feedback-ID", "Precedence"),
    *("To", "Message-ID", "List-Unsubscribe"),
)
_HASH: Final = 32  # bytes of SHA-256
_LINE: Final = 76  # characters that a line of the field may have
_ROOM: Final = 72  # of them, base64


class DkimKeys:
    """All keys of this process, and the signer of each From domain that has one."""

    def __init__(self, keys: Sequence[SigningKey] = ()) -> None:
        self.keys = tuple(keys)
        self._signers = {domain: DomainSigner(choose_keys(keys, domain)) for domain in {key.domain for key in keys}}

    @classmethod
    def load(cls, configured: Sequence[DkimKey]) -> "DkimKeys":
        """Read the keys from their files. Raises BadSettings with one sentence for each that can't be used."""
        return cls(load_keys(configured))

    def find_signer(self, sender: str) -> "DomainSigner | None":
        """Return the signer for a From address: of its domain, else of the nearest one above it, which DMARC takes for
        aligned (RFC 7489 section 3.1.1). None where none has a key here, and the relay may sign."""
        domain = sender.rpartition("@")[2].lower()
        while domain:
            if domain in self._signers:
                return self._signers[domain]
            domain = domain.partition(".")[2]
        return None

    def sign(self, sender: str, content: bytes, moment: datetime) -> bytes:
        """Return a whole mail from ``sender`` with its signatures in front, or as it is where there is no key."""
        signer = self.find_signer(sender)
        return signer.sign_mail(content, moment) if signer else content


class DomainSigner:
    """Signs for one From domain. ``keys`` are at most one of each kind, RSA first: not everybody reads Ed25519."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys = tuple(keys)

    @property
    def fingerprint(self) -> str:
        """A name of the keys, their selectors and the domain: another one makes other signatures."""
        return " ".join(key.fingerprint for key in self._keys)

    def compile(self, constant: Sequence[bytes], varying: Sequence[str], moment: datetime) -> "CopySigner":
        """Return a signer of copies that have the header lines ``constant`` in common.

        ``varying`` are the names of their other lines, in the order in which ``CopySigner.sign`` is given them.
        ``moment`` is when they are said to be signed.
        """
        return CopySigner(self._keys, constant, varying, moment)

    def sign_mail(self, content: bytes, moment: datetime) -> bytes:
        """Return a whole mail with its signatures in front."""
        head, _, body = content.partition(b"\r\n\r\n")
        signer = self.compile(split(rb"\r\n(?![ \t])", head), (), moment)
        return signer.write(signer.sign((), body)) + content


class CopySigner:
    """Signs the copies of one issue. Safe to share between threads."""

    def __init__(
        self, keys: Sequence[SigningKey], constant: Sequence[bytes], varying: Sequence[str], moment: datetime
    ) -> None:
        lines = {_name_of(line): relax(line) for line in constant}
        first = [name for name in _SIGNED if name.lower().encode() in lines]
        last = [name for name in _SIGNED if name in varying]
        self._begun = sha256(b"".join(lines[name.lower().encode()] for name in dict.fromkeys(first)))
        self._order = [varying.index(name) for name in last]
        self._forms = [_Form(key, [*first, *last], moment) for key in keys]

    def sign(self, lines: Sequence[bytes], body: bytes) -> bytes:
        """Return the raw signatures over one copy: the body's hash, then one for each key."""
        body_hash = sha256(_simplify(body)).digest()
        begun = self._begun.copy()
        begun.update(b"".join([relax(lines[place]) for place in self._order]))
        signatures = [body_hash]
        for form in self._forms:
            hashed = begun.copy()
            hashed.update(form.relax(body_hash))
            signatures.append(form.key.sign(hashed.digest()))
        return b"".join(signatures)

    def write(self, raw: bytes) -> bytes:
        """Return the header fields for what ``sign`` gave."""
        body_hash, place, fields = raw[:_HASH], _HASH, []
        for form in self._forms:
            fields.append(form.write(body_hash, raw[place : place + form.size]))
            place += form.size
        return b"".join(fields)


class _Form:
    """The header field of one key: constant but for the body's hash and the signature."""

    def __init__(self, key: SigningKey, names: Sequence[str], moment: datetime) -> None:
        self.key, self.size = key, key.signature_size
        facts = f"v=1; a={key.algorithm}; c=relaxed/simple; d={key.domain};\r\n s={key.selector}; "
        signed = _fold(f" h={names[0]}", names[1:])
        self._before = f"DKIM-Signature: {facts}t={int(moment.timestamp())};\r\n{signed};\r\n bh=".encode()
        self._relaxed = relax(self._before).removesuffix(b"\r\n")

    def relax(self, body_hash: bytes) -> bytes:
        """Return the field as it is hashed: the last one, without a signature and without a line end."""
        return self._relaxed + _base64(body_hash) + b"; b="

    def write(self, body_hash: bytes, signature: bytes) -> bytes:
        """Return the field."""
        encoded = _base64(signature)
        lines = [encoded[start : start + _ROOM] for start in range(0, len(encoded), _ROOM)]
        return b"".join([self._before, _base64(body_hash), b";\r\n b=", b"\r\n  ".join(lines), b"\r\n"])


def relax(line: bytes) -> bytes:
    """Return a header line as RFC 6376 section 3.4.2 hashes it."""
    name, _, value = line.partition(b":")
    return b"%b:%b\r\n" % (name.strip().lower(), b" ".join(value.split()))


def _simplify(body: bytes) -> bytes:
    """Return a body as RFC 6376 section 3.4.3 hashes it: it ends with one line end."""
    if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n"):
        return body
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def _name_of(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


def _fold(line: str, names: Sequence[str]) -> str:
    """Return ``line`` and the names after it, with colons between and a fold after a colon where it is needed."""
    lines = [line]
    for name in names:
        lines[-1] += ":"
        if len(lines[-1]) + len(name) >= _LINE:
            lines.append("  ")
        lines[-1] += name
    return "\r\n".join(lines)


def _base64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False)
