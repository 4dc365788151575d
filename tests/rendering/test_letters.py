"""Transactional letters: the confirmation, and what every kind has in common."""

import subprocess

import html5lib
import pytest
from jinja2 import UndefinedError

from service.languages.choosing import LANGUAGES
from service.rendering.letters import encode_letter, render_letter
from tests.rendering.gift_letters import make_context
from tests.rendering.mailbox import read_body, read_page

_URL = "https://letters.test/confirm/aaaa.bbbb?x=1&y=2"
_CONTEXT = {
    "newsletters": "The Night <Lantern>",
    "publisher": "Lantern & Sons",
    "postal_address": "7 Pier Road\nSaltmouth SM1 2AB",
    "button_url": _URL,
    "language": "en",
}


def test_the_confirmation_letter_says_who_asks_where_to_confirm_and_that_it_can_be_ignored() -> None:
    letter = render_letter("confirm", _CONTEXT)
    assert letter.subject == "Confirm your subscription to “The Night <Lantern>”"
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
        ("zh-Hant", "zh", "请确认订阅《The Night <Lantern>》"),
        ("fr-CA", "fr", "Confirmez votre abonnement à «\u00a0The Night <Lantern>\u00a0»"),
        ("es", "es", "Confirme su suscripción"),
        ("de", "de", "Bestätigen Sie Ihr Abonnement von „The Night <Lantern>“"),
        ("fi", "en", "Confirm your subscription to"),
    ],
)
def test_a_letter_is_in_the_readers_language_or_says_that_it_is_english(
    language: str, shown: str, subject: str
) -> None:
    letter = render_letter("confirm", _CONTEXT | {"language": language})
    assert letter.subject.startswith(subject)
    assert f'<html lang="{shown}"' in letter.html


_READERS_KINDS = {
    "confirm": {},
    "already_subscribed": {},
    "self_service": {"newsletters": "", "hours": "1"},
    "address_old": {"new_address": "jane@new.example"},
    "address_new": {},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", _READERS_KINDS)
def test_each_letter_to_a_reader_is_whole_in_each_language(kind: str, language: str) -> None:
    letter = render_letter(kind, _CONTEXT | _READERS_KINDS[kind] | {"language": language})
    page = read_page(letter.html)
    assert page.links == [_URL] * 2
    assert letter.text.split("\n").count(_URL) == 1
    assert "Lantern &amp; Sons" not in letter.text + letter.subject
    english = render_letter(kind, _CONTEXT | _READERS_KINDS[kind])
    assert (letter.subject == english.subject) is (language == "en")
    assert set(letter.text.split("\n")) & set(english.text.split("\n")) <= (
        {"", _URL, *_CONTEXT["postal_address"].split("\n")} if language != "en" else set(english.text.split("\n"))
    )


def test_a_letter_names_each_newsletter_as_its_language_does() -> None:
    several = _CONTEXT | {"newsletters": "Harbour\nNight & Day\nTides"}
    assert render_letter("confirm", several).subject.endswith("to “Harbour”, “Night & Day” and “Tides”")
    assert render_letter("confirm", several | {"language": "ru"}).subject.endswith("«Harbour», «Night & Day» и «Tides»")


def test_the_letter_with_a_readers_own_link_says_nothing_of_them() -> None:
    letter = render_letter("self_service", _CONTEXT | {"newsletters": "", "hours": "2"})
    assert "works for 2 hours." in " ".join(letter.text.split())
    assert "Lantern & Sons" in letter.text
    assert "“" not in letter.text


def test_the_old_address_learns_the_new_one() -> None:
    letter = render_letter("address_old", _CONTEXT | {"new_address": "jane@new.example"})
    assert "jane@new.example" in letter.text
    assert "jane@new.example" in letter.html


def test_a_letter_in_bytes_is_the_letter() -> None:
    letter = render_letter("confirm", _CONTEXT)
    encoded = encode_letter(letter)
    assert read_body(encoded.content_type, encoded.body) == (letter.text, letter.html)
    assert all(len(line) <= 76 for line in encoded.body.split(b"\r\n"))
    assert encode_letter(letter) == encoded


def test_a_letter_is_laid_out_once_for_all_its_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    first = render_letter("confirm", _CONTEXT)
    monkeypatch.setattr(subprocess, "run", None)
    second = render_letter("confirm", _CONTEXT | {"button_url": "https://letters.test/confirm/cccc"})
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
        render_letter("confirm", {name: value for name, value in _CONTEXT.items() if name != "button_url"})
    with pytest.raises(UndefinedError):
        render_letter("confirm", {name: value for name, value in _CONTEXT.items() if name != "publisher"})
    with pytest.raises(KeyError):
        render_letter("receipt", {name: value for name, value in make_context("receipt").items() if name != "number"})
