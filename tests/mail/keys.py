"""Two keys that are no secret, always the same, and a DNS that publishes them: for mails whose every byte is known."""

from typing import Final

import dkim  # type: ignore[import-untyped]  # dkimpy has no types
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
    rsa_recover_private_exponent,
)

from service.mail.dkim_keys import SigningKey

DOMAIN: Final = "crossings.test"
_P: Final = int(
    "e9ea0822fb4d59be46b460aec861ae5744c953afab62c88dd9f1a60fc269e67fd60dcdb3e6955271292ec26b136377071f59aaac07fc28409e"
    "5fff6d9403148ef9d544f45c83fff5a1e4328184e44d304fea7998122d2ae514184c62d04af4c59cc9cdb94c04fe87de0f793e2a7d267b938b"
    "4eb64b7f8799de68b8985bccc15d",
    16,
)
_Q: Final = int(
    "e33588f08231d0909a6615a949be6346bf887f1dc73c142ceeb4febf541bca6928ccae4b1ebe4164c989e92184481f7b5d7d452db41d8e9a2b"
    "8fc4deddff7b8d8276924fe89984a1738a6d0818a64dc3e9648ab079e8e89940c605b0b5bb226cdbadf87a0fbde0cef7c24203c75152b8e5b4"
    "4874d28639132dfd92dbf76c6a63",
    16,
)


def make_rsa_key(domain: str = DOMAIN, selector: str = "r1") -> SigningKey:
    """Return the RSA-2048 key."""
    public = RSAPublicNumbers(65537, _P * _Q)
    private = rsa_recover_private_exponent(public.e, _P, _Q)
    crt = rsa_crt_dmp1(private, _P), rsa_crt_dmq1(private, _Q), rsa_crt_iqmp(_P, _Q)
    return SigningKey(domain, selector, RSAPrivateNumbers(_P, _Q, private, *crt, public).private_key())


def make_ed25519_key(domain: str = DOMAIN, selector: str = "e1") -> SigningKey:
    """Return the Ed25519 key."""
    return SigningKey(domain, selector, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


RSA, ED25519 = make_rsa_key(), make_ed25519_key()


def verify(mail: bytes, *keys: SigningKey) -> list[bool]:
    """Return what dkimpy, which shares no code with us, says of each signature when ``keys`` are published."""
    records = {f"{key.host}.".encode(): key.record.encode() for key in keys or (RSA, ED25519)}
    verifier = dkim.DKIM(mail)
    count = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
    return [_verifies(verifier, index, records) for index in range(count)]


def _verifies(verifier: dkim.DKIM, index: int, records: dict[bytes, bytes]) -> bool:
    def publish(name: bytes, timeout: int = 5) -> bytes | None:
        assert timeout
        return records.get(name)

    try:
        return bool(verifier.verify(index, dnsfunc=publish))
    except dkim.ValidationError:
        return False
