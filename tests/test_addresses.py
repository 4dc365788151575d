"""What one address may look like, and which spellings are one person."""

import pytest

from service.addresses import parse_address
from service.errors import BadInput


@pytest.mark.parametrize(
    ("typed", "mailed", "key"),
    [
        ("jane@example.org", "jane@example.org", "jane@example.org"),
        (" Jane.Doe@Example.ORG ", "Jane.Doe@example.org", "jane.doe@example.org"),
        ("jane+news@example.org", "jane+news@example.org", "jane+news@example.org"),
        ("jane@straße.de", "jane@xn--strae-oqa.de", "jane@xn--strae-oqa.de"),
        ("jane@пример.рф", "jane@xn--e1afmkfd.xn--p1ai", "jane@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_has_one_envelope_form_and_one_key(typed: str, mailed: str, key: str) -> None:
    address = parse_address(typed)
    assert (address.mailed, address.key) == (mailed, key)


@pytest.mark.parametrize(
    "typed",
    [
        "", "jane", "jane@", "@example.org", "a@b@example.org", '"jane doe"@example.org', "jane(x)@example.org",
        "=?utf-8?q?collab=40evil.org=2c?=foo@example.org", "jane@[127.0.0.1]", "jane@example.org\r\nBcc: x@y.org",
        "ja\u200bne@example.org", "ja ne@example.org", "x" * 65 + "@example.org", "жанна@example.org",
        "jane@" + "a" * 250 + ".org", "jane\u2028@example.org",
    ],
)  # fmt: skip
def test_what_a_mail_program_could_misread_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_address(typed)
    assert refusal.value.message.endswith(".")
