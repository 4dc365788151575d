"""Header lines, byte by byte."""

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.mail.headers import address_header, text_header, token_header

LONG_URL = "https://letters.test/unsubscribe/" + "a" * 90


@pytest.mark.parametrize("char", ["\r", "\n", "\0", "\x0b", "\x85", "\u2028", "\u2029"])
def test_no_character_that_ends_a_line_gets_into_a_header(char: str) -> None:
    with pytest.raises(BadInput, match="can't stand in a mail header"):
        text_header("Subject", f"Hello{char}Bcc: everyone@example.test")


def test_a_long_unsubscribe_link_is_never_turned_into_an_encoded_word() -> None:
    raw = token_header("List-Unsubscribe", f"<{LONG_URL}>", "<mailto:leave@letters.test>")
    assert b"=?" not in raw
    assert raw == f"List-Unsubscribe: <{LONG_URL}>,\r\n <mailto:leave@letters.test>\r\n".encode()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=300))
def test_any_subject_survives_encoding_and_folding(subject: str) -> None:
    raw = text_header("Subject", subject)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    parsed = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    assert "".join(str(parsed["Subject"]).split()) == "".join(subject.split())


@pytest.mark.parametrize(
    "name", ["Crossings", "Ilse Varga, Editor", 'The "Long" Berth', "Перекрёстки", "换轮", "a" * 120, "=?utf-8?q?x?="]
)
def test_a_display_name_never_becomes_a_second_address(name: str) -> None:
    raw = address_header("From", name, "letter@crossings.test")
    parsed = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    assert [a.addr_spec for a in parsed["From"].addresses] == ["letter@crossings.test"]
    assert parsed["From"].addresses[0].display_name.replace(" ", "") == name.replace(" ", "")
