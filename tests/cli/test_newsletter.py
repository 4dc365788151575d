"""Newsletters from the command line: what would break a mail's header never gets in."""

from typing import Any

import pytest
from sqlalchemy import select

from service.errors import BadInput
from service.issues.models import Newsletter
from service.mail.headers import address_header, text_header
from tests.cli.conftest import Run
from tests.fixtures.services import OpenTransaction

PLAIN = {
    "name": "Harbour News",
    "publisher": "The Harbour",
    "postal-address": "1 Quay",
    "sender": "letter@harbour.example.org",
    "reply-to": "office@harbour.example.org",
}
BREAKERS = ["\r\n", "\x0b", "\u2028", "\x00", "\x1b"]


def add(run: Run, **facts: str) -> Any:
    """Add a newsletter; ``facts`` are other than in PLAIN."""
    words = [f"--{name}={value}" for name, value in (PLAIN | facts).items()]
    return run("newsletter", "add", "harbour", *words)


@pytest.mark.parametrize("breaker", BREAKERS)
def test_case_43_a_name_keeps_nothing_that_breaks_a_header(
    run: Run, open_transaction: OpenTransaction, breaker: str
) -> None:
    assert add(run, name=f"Harbour{breaker}Bcc: everyone@evil.test", tagline=f"A{breaker}B").exit_code == 0
    with open_transaction() as session:
        made = session.scalars(select(Newsletter)).one()
        headers = [
            text_header("List", made.name),
            text_header("Subject", made.tagline),
            address_header("From", made.sender_name, made.sender_address),
        ]
    assert [header.count(b"\n") for header in headers] == [1, 1, 1]


@pytest.mark.parametrize("field", ["sender", "reply-to"])
@pytest.mark.parametrize("breaker", BREAKERS)
def test_case_43_an_address_with_it_is_refused_in_words(
    run: Run, open_transaction: OpenTransaction, field: str, breaker: str
) -> None:
    refused = add(run, **{field: f"letter@harbour.example.org{breaker}Bcc: everyone@evil.test"})
    assert isinstance(refused.exception, BadInput)
    with open_transaction() as session:
        assert session.scalars(select(Newsletter)).all() == []


@pytest.mark.parametrize("field", ["name", "tagline", "publisher", "sender", "reply-to"])
def test_case_43_five_thousand_characters_are_refused_in_words(run: Run, field: str) -> None:
    assert isinstance(add(run, **{field: "x" * 5_000}).exception, BadInput)
