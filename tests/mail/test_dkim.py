"""Signatures, judged by dkimpy: they hold for the mail as it was made, and for no other."""

import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.mail.dkim import DkimKeys, relax
from service.mail.dkim_keys import SigningKey
from service.mail.headers import address_header
from tests.mail.golden_mails import KEYS, MAILS, MOMENT, make_claim, make_composer
from tests.mail.keys import DOMAIN, ED25519, RSA, make_ed25519_key, make_rsa_key, verify

SIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To"),
    *("List-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Precedence"),
)
PLAIN = (
    b"From: letter@crossings.test\r\nTo: jane@example.org\r\nSubject: Hello  \t there\r\n again \r\n"
    b"Date: Sun, 01 Nov 2026 06:30:00 +0000\r\nMessage-ID: <1@crossings.test>\r\n\r\nText.\r\n"
)


@pytest.fixture(scope="module")
def newsletter() -> bytes:
    """A newsletter with both signatures."""
    return MAILS["newsletter"]()


def _change(mail: bytes, name: str) -> bytes:
    changed, count = re.subn(rb"(?m)^(%b: .)" % name.encode(), rb"\1x", mail, count=1)
    assert count == 1
    return changed


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_header_breaks_both_signatures(newsletter: bytes, name: str) -> None:
    assert verify(_change(newsletter, name)) == [False, False]


@pytest.mark.parametrize("name", ["Auto-Submitted", "Reply-To", "Subject"])
def test_a_changed_header_of_a_letter_breaks_both_signatures(name: str) -> None:
    assert verify(_change(MAILS["confirm"](), name)) == [False, False]


def test_exactly_these_headers_are_signed_and_from_once_more_than_it_stands(newsletter: bytes) -> None:
    for listed in re.findall(rb" h=([^;]+);", newsletter):
        names = re.sub(rb"\s", b"", listed).decode().split(":")
        assert sorted(names) == sorted((*SIGNED, "From"))


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_second_from_breaks_both_signatures(newsletter: bytes, place: str) -> None:
    second = address_header("From", "", "someone@else.test")
    head, separator, body = newsletter.partition(b"\r\n\r\n")
    forged = second + newsletter if place == "before" else head + b"\r\n" + second[:-2] + separator + body
    assert verify(forged) == [False, False]


@pytest.mark.parametrize("change", [b"x\r\n", b" \r\n", b"\r\nx\r\n"])
def test_a_changed_body_breaks_both_signatures(newsletter: bytes, change: bytes) -> None:
    assert verify(newsletter[:-2] + change) == [False, False]


def test_text_appended_to_the_body_breaks_both_signatures(newsletter: bytes) -> None:
    assert not re.search(rb"[ ;]l=", newsletter.partition(b"\r\n\r\n")[0])
    assert verify(newsletter + b"Buy this.\r\n") == [False, False]


def test_a_signature_is_dated_and_does_not_expire(newsletter: bytes) -> None:
    head = newsletter.partition(b"\r\nDate: ")[0]
    assert re.findall(rb" t=(\d+);", head) == [str(int(MOMENT.timestamp())).encode()] * 2
    assert b" x=" not in head


def test_another_key_at_the_same_name_does_not_verify(newsletter: bytes) -> None:
    stranger = SigningKey(DOMAIN, "e1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert verify(newsletter, RSA, stranger) == [True, False]


@pytest.mark.parametrize(
    ("keys", "selectors"),
    [
        ([RSA], [b"r1"]),
        ([ED25519], [b"e1"]),
        ([ED25519, RSA], [b"r1", b"e1"]),
        ([make_rsa_key(selector="r2"), RSA], [b"r2"]),
        ([RSA, make_rsa_key(selector="r0"), ED25519, make_ed25519_key(selector="e0")], [b"r1", b"e1"]),
        ([make_rsa_key("other.test"), RSA], [b"r1"]),
        ([make_rsa_key("news.crossings.test", "n1"), RSA], [b"r1"]),
        ([make_rsa_key("news.crossings.test")], []),
        ([], []),
    ],
    ids=[
        "rsa",
        "ed25519",
        "rsa goes first",
        "new before old",
        "firsts of each",
        "own domain",
        "not a subdomain's",
        "subdomain",
        "none",
    ],
)
def test_the_first_key_of_each_kind_signs_for_its_own_domain(keys: list[SigningKey], selectors: list[bytes]) -> None:
    signed = DkimKeys(keys).sign(f"letter@{DOMAIN.upper()}", PLAIN, MOMENT)
    assert signed.endswith(PLAIN)
    assert re.findall(rb" s=(\w+);", signed) == selectors
    assert verify(signed, *keys) == [True] * len(selectors)


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b"\r\n\r\n", b"Text.\r\n\r\n\r\n", b"No end", b" \r\n", b"Text. \r\n\r\n", b"a  b \r\n\r\nc\r\n"],
)
def test_any_body_is_canonicalised_as_a_verifier_does(body: bytes) -> None:
    mail = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    assert verify(KEYS.sign(f"letter@{DOMAIN}", mail, MOMENT)) == [True, True]


@pytest.mark.parametrize(
    ("line", "relaxed"),
    [
        (b"SUBJect: AbC\r\n", b"subject:AbC\r\n"),  # the examples of RFC 6376 section 3.4.5
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z\r\n"),
        (b"X:\r\n", b"x:\r\n"),
        ("To: почта@пример.test\r\n".encode(), "to:почта@пример.test\r\n".encode()),
    ],
)
def test_a_header_is_relaxed_as_the_standard_says(line: bytes, relaxed: bytes) -> None:
    assert relax(line) == relaxed


def test_a_copy_is_rebuilt_from_its_stored_signature_byte_for_byte() -> None:
    claim = make_claim()
    stored = make_composer().sign_ahead(claim)
    again = make_composer().compose(claim, stored).content
    assert again == make_composer().compose(claim).content
    assert verify(again) == [True, True]
    assert len(stored) == 32 + 256 + 64


def test_a_stored_signature_is_not_made_again() -> None:
    wrong = bytes(32 + 256 + 64)
    assert verify(make_composer().compose(make_claim(), wrong).content) == [False, False]


@pytest.mark.parametrize(
    ("sender", "signs"),
    [
        (f"letter@{DOMAIN}", True),
        (f"letter@news.{DOMAIN}", True),
        (f"letter@a.b.{DOMAIN.upper()}", True),
        (f"letter@not{DOMAIN}", False),
        (f"letter@{DOMAIN.partition('.')[2]}", False),
        ("letter@", False),
    ],
)
def test_a_key_signs_for_its_domain_and_those_below_it(sender: str, signs: bool) -> None:
    assert (DkimKeys([RSA]).find_signer(sender) is not None) is signs


def test_the_nearest_key_signs() -> None:
    below = make_rsa_key(f"news.{DOMAIN}")
    keys = DkimKeys([RSA, below])
    nearest, alone = keys.find_signer(f"letter@x.news.{DOMAIN}"), DkimKeys([below]).find_signer(f"a@news.{DOMAIN}")
    assert nearest is not None
    assert alone is not None
    assert nearest.fingerprint == alone.fingerprint


def test_a_key_has_one_name_per_selector_domain_and_content() -> None:
    signers = [
        DkimKeys(keys).find_signer(f"a@{domain}")
        for keys, domain in (
            ([RSA], DOMAIN),
            ([RSA, ED25519], DOMAIN),
            ([make_rsa_key(selector="r2")], DOMAIN),
            ([make_rsa_key("other.test")], "other.test"),
        )
    ]
    assert len({signer.fingerprint for signer in signers if signer}) == 4


def test_signing_later_says_so() -> None:
    later = KEYS.sign(f"letter@{DOMAIN}", PLAIN, MOMENT + timedelta(hours=1))
    assert re.findall(rb" t=(\d+);", later) == [str(int(MOMENT.timestamp()) + 3600).encode()] * 2
