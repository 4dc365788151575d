"""Transactional letters: the confirmation, and what every kind has in common."""

import subprocess

import html5lib
import pytest
from jinja2 import UndefinedError

from service.rendering.letters import encode_letter, render_letter
from tests.rendering.gift_letters import make_context
from tests.rendering.mailbox import read_body, read_page

_URL = "https://letters.test/confirm/aaaa.bbbb?x=1&y=2"
_CONTEXT = {
    "newsletter": "The Night <Lantern>",
    "publisher": "Lantern & Sons",
    "postal_address": "7 Pier Road\nSaltmouth SM1 2AB",
    "confirm_url": _URL,
    "language": "en",
}


def test_the_confirmation_letter_says_who_asks_where_to_confirm_and_that_it_can_be_ignored() -> None:
    letter = render_letter("confirm", _CONTEXT)
    assert letter.subject == "Confirm your subscription to The Night <Lantern>"
    for said in (
        "The Night <Lantern>",
        "Lantern & Sons",
        "7 Pier Road",
        "Saltmouth SM1 2AB",
        "If you did not ask for this",
    ):
        assert said in letter.text
        assert said in "".join(read_page(letter.html).words)
    assert read_page(letter.html).links == [_URL] * 2
    assert letter.text.count(_URL) == 1
    assert _URL in letter.text.split("\n")
    html5lib.HTMLParser(strict=True).parse(letter.html)


@pytest.mark.parametrize(
    ("language", "shown", "subject"),
    [
        ("en-GB", "en", "Confirm your subscription to"),
        ("ru", "ru", "Подтвердите подписку"),
        ("zh-Hant", "zh", "请确认订阅"),
        ("fi", "en", "Confirm your subscription to"),
    ],
)
def test_a_letter_is_in_the_readers_language_or_says_that_it_is_english(
    language: str, shown: str, subject: str
) -> None:
    letter = render_letter("confirm", _CONTEXT | {"language": language})
    assert letter.subject.startswith(subject)
    assert f'<html lang="{shown}"' in letter.html


def test_a_letter_in_bytes_is_the_letter() -> None:
    letter = render_letter("confirm", _CONTEXT)
    encoded = encode_letter(letter)
    assert read_body(encoded.content_type, encoded.body) == (letter.text, letter.html)
    assert all(len(line) <= 76 for line in encoded.body.split(b"\r\n"))
    assert encode_letter(letter) == encoded


def test_a_letter_is_laid_out_once_for_all_its_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    first = render_letter("confirm", _CONTEXT)
    monkeypatch.setattr(subprocess, "run", None)
    second = render_letter("confirm", _CONTEXT | {"confirm_url": "https://letters.test/confirm/cccc"})
    assert second.html == first.html.replace("aaaa.bbbb?x=1&amp;y=2", "cccc")


def test_a_letter_about_a_gift_is_laid_out_once_for_all_donors(monkeypatch: pytest.MonkeyPatch) -> None:
    first = render_letter("receipt", make_context("receipt"))
    monkeypatch.setattr(subprocess, "run", None)
    other = {"donor_name": "Bo <Ek>", "amount": "€1.00", "number": "2026-000124"}
    second = render_letter("receipt", make_context("receipt", **other))
    assert second.subject == first.subject.replace("000123", "000124")
    changed = first.html.replace("Grace Giver", "Bo &lt;Ek&gt;").replace("$50.00", "€1.00")
    assert second.html == changed.replace("2026-000123", "2026-000124")


def test_an_unknown_kind_or_a_missing_value_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        render_letter("postcard", _CONTEXT)
    with pytest.raises(KeyError):
        render_letter("confirm", {name: value for name, value in _CONTEXT.items() if name != "confirm_url"})
    with pytest.raises(UndefinedError):
        render_letter("confirm", {name: value for name, value in _CONTEXT.items() if name != "publisher"})
    with pytest.raises(KeyError):
        render_letter("receipt", {name: value for name, value in make_context("receipt").items() if name != "number"})
