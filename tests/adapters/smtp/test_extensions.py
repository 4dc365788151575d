"""Reading what a relay says it can."""

import pytest

from service.adapters.smtp.extensions import Extensions, read_extensions


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Extensions()),
        (["PIPELINING", "STARTTLS", "SMTPUTF8"], Extensions(pipelining=True, starttls=True, smtp_utf8=True)),
        (["pipelining", "starttls"], Extensions(pipelining=True, starttls=True)),
        (["XPIPELINING", "PIPELININGX"], Extensions()),
        (["AUTH PLAIN LOGIN"], Extensions(sign_in=frozenset({"PLAIN", "LOGIN"}))),
        (["AUTH=LOGIN", "AUTH PLAIN"], Extensions(sign_in=frozenset({"PLAIN", "LOGIN"}))),
        (["", "  ", "8BITMIME"], Extensions()),
    ],
)
def test_an_ehlo_reply_names_what_the_relay_can(lines: list[str], expected: Extensions) -> None:
    assert read_extensions("\n".join(f"250-{line}\r" for line in ["relay.test", *lines]).encode()) == expected


@pytest.mark.parametrize(
    ("line", "largest"),
    [
        ("SIZE 20480", 20480),
        ("SIZE=20480", 20480),
        ("size 1", 1),
        ("SIZE", None),
        ("SIZE 0", None),  # RFC 1870 §4: no fixed limit
        ("SIZE lots", None),
        ("SIZE -1", None),
        ("SIZE ²", None),
        ("SIZE 99999999999999999999", None),
    ],
)
def test_case_33_the_largest_mail_is_read_where_a_number_is_named(line: str, largest: int | None) -> None:
    assert read_extensions(f"250-relay.test\r\n250 {line}\r".encode()).size == largest


def test_the_relays_own_name_is_no_extension() -> None:
    assert read_extensions(b"250 PIPELINING\r") == Extensions()
