"""Which DKIM key of a house signs mail from an address, and what is said where none does."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.issues.checks import Level, check_signature
from service.issues.signing import find_signing_domain
from service.mail.dkim import DkimKeys
from service.mail.dkim_keys import SigningKey


@pytest.mark.parametrize(
    ("address", "keys", "signed_by"),
    [
        ("letter@crossings.test", ["crossings.test"], "crossings.test"),
        ("letter@Crossings.TEST", ["other.test", "crossings.test"], "crossings.test"),
        ("letter@news.crossings.test", ["crossings.test"], "crossings.test"),
        ("letter@news.crossings.test", ["crossings.test", "news.crossings.test"], "news.crossings.test"),
        ("letter@crossings.test", [], None),
        ("letter@crossings.test", ["other.test"], None),
        ("letter@crossings.test", ["news.crossings.test"], None),  # a domain below vouches for nobody above it
        ("letter@mycrossings.test", ["crossings.test"], None),  # it ends alike, and is another's
    ],
)
def test_staff_are_told_the_key_that_the_signer_takes(address: str, keys: list[str], signed_by: str | None) -> None:
    assert find_signing_domain(address, keys) == signed_by
    signer = DkimKeys([SigningKey(key, "s1", Ed25519PrivateKey.generate()) for key in keys])
    signed = signer.sign(address, b"From: x\r\n\r\nHello\r\n", datetime(2026, 1, 1, tzinfo=UTC)).decode()
    assert (f"d={signed_by};" in signed) if signed_by else not signed.startswith("DKIM-Signature")


@pytest.mark.parametrize("keys", [[], ["crossings.test"], ["other.test", "crossings.test"]])
def test_mail_that_is_signed_here_or_left_to_the_relay_raises_no_doubt(keys: list[str]) -> None:
    assert check_signature("letter@crossings.test", keys) == []


def test_mail_that_leaves_unsigned_beside_keys_is_looked_at_and_says_what_to_do() -> None:
    (problem,) = check_signature("letter@crossings.test", ["b.test", "a.test", "b.test"])
    assert problem.level is Level.WARN
    assert problem.sentence == (
        "Mail from letter@crossings.test leaves unsigned: the DKIM keys here are for a.test, b.test. Unless the relay "
        "signs it, receivers that check DMARC may refuse it. Whoever runs this service can add a key for "
        "crossings.test (postrider dkim new)."
    )
