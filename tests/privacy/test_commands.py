"""``postrider subscribers find | consent | erase``: what staff see of one person."""

import json

import pytest
from click import Command
from click.testing import CliRunner

from service.cli.person import consent, erase, find
from service.errors import BadInput, NotFound
from tests.cli.conftest import run
from tests.privacy.conftest import ADA, NAME

__all__ = ["run"]


def _type(command: Command, *words: str) -> str:
    result = CliRunner().invoke(command, list(words))
    assert result.exception is None, result.exception
    return result.output


pytestmark = pytest.mark.usefixtures("run", "ada")


def test_a_person_is_found_by_any_spelling() -> None:
    lines = _type(find, ADA.upper()).splitlines()
    assert lines[0].startswith(f"{ADA.title()}, {NAME}, en, id ")
    assert lines[1] == "crossings: pending"
    assert lines[2].startswith("Must not be mailed since ")
    assert lines[2].endswith(": staff.")
    told = json.loads(_type(find, ADA, "--json"))
    assert (told["person"]["name"], told["suppression"]["reason"]) == (NAME, "staff")


def test_the_proofs_are_shown_with_their_wording() -> None:
    first, wording = _type(consent, ADA).splitlines()
    assert first.endswith("crossings: request (signup-page)")
    assert wording.strip().endswith(": Send me Crossings.")
    (proof,) = json.loads(_type(consent, ADA, "--json"))
    assert proof["version"] in wording
    assert set(proof) == {"when", "newsletter", "event", "source", "wording", "version", "evidence", "account"}


def test_erasing_says_what_went_and_what_stays() -> None:
    lines = _type(erase, ADA, "--yes").splitlines()
    assert "deliveries: 1" in lines
    assert "The log of consent stays: it names nobody." in lines
    assert isinstance(CliRunner().invoke(consent, [ADA]).exception, NotFound)
    assert _type(find, ADA).startswith("Must not be mailed since ")
    assert _type(erase, ADA, "--yes").startswith("Erased.")


def test_nothing_is_erased_without_a_yes() -> None:
    assert CliRunner().invoke(erase, [ADA], input="n\n").exit_code == 1
    assert NAME in _type(find, ADA)


def test_a_part_of_an_address_or_a_name_finds_whoever_has_it() -> None:
    line = f"{ADA.title()}, {NAME}, en, id "
    for part in ("ada", NAME.split()[1].upper(), ADA[:-1]):
        (found,) = _type(find, part).splitlines()
        assert found.startswith(line), part
    assert [one["name"] for one in json.loads(_type(find, "example", "--json"))] == ["Bo Other", NAME]
    for nobody in ("nobody", "nobody@example.org"):
        assert isinstance(CliRunner().invoke(find, [nobody]).exception, NotFound)


def test_the_log_of_everybody_is_a_table_for_an_auditor() -> None:
    heads, row = _type(consent, "--csv").splitlines()
    assert heads == "\ufeffwhen (UTC),address,newsletter,event,source,wording,version,evidence,staff"
    assert f",{ADA.title()},crossings,request,signup-page,Send me Crossings.," in row
    assert _type(consent, "--csv", "--newsletter", "crossings").splitlines() == [heads, row]
    assert _type(consent, "--csv", "--since", "2999-01-01").splitlines() == [heads]


def test_the_log_is_asked_for_in_one_way() -> None:
    for words in ([], [ADA, "--csv"], ["--csv", "--json"], ["--csv", "--newsletter", "unknown"]):
        assert isinstance(CliRunner().invoke(consent, words).exception, BadInput | NotFound), words
