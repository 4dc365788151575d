"""Header lines, byte by byte."""

import email
import email.policy
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.mail.headers import address_header, recipient_header, text_header, token_header

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
    "name",
    [
        "Crossings",
        "Ilse Varga, Editor",
        "a, b" * 400,
        "a  b ",
        'The "Long" Berth',
        "Перекрёстки",
        "换轮",
        "a" * 120,
        "=?utf-8?q?x?=",
    ],
)
def test_a_display_name_never_becomes_a_second_address(name: str) -> None:
    raw = address_header("From", name, "letter@crossings.test")
    parsed = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    assert [a.addr_spec for a in parsed["From"].addresses] == ["letter@crossings.test"]
    assert parsed["From"].addresses[0].display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize("name", ["Subject", "From", "List-ID", "A-Name-Of-Thirty-Characters-It"])
@pytest.mark.parametrize("value", ["Смотритель маяка " * 9, "换轮" * 40, "x" * 300 + "é", "🚢" * 30])
def test_a_line_with_an_encoded_word_has_at_most_76_characters(name: str, value: str) -> None:
    lines = text_header(name, value).split(b"\r\n")
    assert all(len(line) <= 76 for line in lines if b"=?" in line)


_ODD = '\r\n\0\x0b\x1c\x85\u2028\u2029\u200b,;:<>()[]\\"@=? \tabé林'
_HOSTILE = st.text(st.sampled_from(_ODD) | st.characters(exclude_categories=["Cs"]), max_size=120)


def _is_one_header(raw: bytes, name: str) -> bool:
    """Whether these bytes are one field to any reader: short lines, and on each one that is folded more than blanks."""
    first, *folded = raw.removesuffix(b"\r\n").split(b"\r\n")
    assert not re.search(rb"[\r\n\0]", b"".join([first, *folded]))
    assert all(re.match(rb"[ \t]", line) and line.strip() and len(line) <= 76 for line in folded)
    return first.startswith(f"{name}: ".encode()) and raw.endswith(b"\r\n")


@given(_HOSTILE, _HOSTILE)
def test_no_name_subject_or_address_ever_makes_a_second_header(text: str, address: str) -> None:
    with suppress(BadInput):
        assert _is_one_header(text_header("Subject", text), "Subject")
    with suppress(BadInput):
        assert _is_one_header(address_header("From", text, "a@b.test"), "From")
    with suppress(BadInput):
        raw = recipient_header(f"{address}@b.test")
        assert _is_one_header(raw, "To")
        assert raw.count(b"@") == 1
        assert not re.search(rb"[\s,;:<>()\"\\]", raw.removeprefix(b"To: ").removesuffix(b"\r\n"))


@pytest.mark.parametrize(
    "address",
    [
        "jane@example.org\r\nBcc: all@example.org",
        "jane@example.org, all@example.org",
        "jane doe@example.org",
        "jane@example.org\0",
        "jane@exa\nmple.org",
        "jane\u2028@example.org",
        "jane\u00a0@example.org",
        "jane\u202e@example.org",
        '"jane doe"@example.org',
        "jane(doe)@example.org",
        "<jane@example.org>",
        "jane@@example.org",
        "jane@[192.0.2.1]",
        "jane@bücher.example",
        "jane",
        "@example.org",
        "",
    ],
)
def test_what_is_not_one_plain_address_gets_into_no_to_header(address: str) -> None:
    with pytest.raises(BadInput, match="can't stand in a mail header"):
        recipient_header(address)
