"""The rules of the design system, over every template and stylesheet of the pages."""

import re
from pathlib import Path

import pytest

from service.rendering.design import css_variables
from service.settings import ROOT

STATIC = ROOT / "service" / "web" / "static"
TEMPLATES = sorted((ROOT / "templates" / "web").rglob("*.html"))
SHEETS = sorted(STATIC.glob("*.css"))
SCRIPTS = sorted(STATIC.glob("*.js"))


def without_comments(text: str) -> str:
    """Return CSS, JavaScript or Jinja without its comments."""
    return re.sub(r"/\*.*?\*/|\{#.*?#\}", "", text, flags=re.DOTALL)


def name_of(path: Path) -> str:
    """Return what pytest calls a case."""
    return path.name


def test_there_is_something_to_look_at() -> None:
    assert len(TEMPLATES) > 20
    assert len(SHEETS) > 5
    assert len(SCRIPTS) > 5


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_no_style_and_no_script_of_its_own(path: Path) -> None:
    text = without_comments(path.read_text())
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text, re.IGNORECASE)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_loads_nothing_from_another_host(path: Path) -> None:
    loaded = re.findall(r'(?:src|<link[^>]*\shref)="([^"{]+)"', without_comments(path.read_text()))
    assert [address for address in loaded if re.match(r"[a-z]+:|//", address)] == []


@pytest.mark.parametrize("path", SHEETS, ids=name_of)
def test_a_stylesheet_takes_every_colour_and_typeface_from_the_tokens(path: Path) -> None:
    rules = without_comments(path.read_text())
    known = set(re.findall(r"--[\w-]+", css_variables())) | set(re.findall(r"(--[\w-]+)\s*:", rules))
    assert set(re.findall(r"var\((--[\w-]+)", rules)) <= known
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", rules, re.IGNORECASE)
    families = re.findall(r"font-family:\s*([^;]+);", rules)
    assert [family for family in families if not re.fullmatch(r"var\(--(serif|sans|mono)\)|inherit", family)] == []
    assert "@import" not in rules
    assert "url(" not in rules


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_small_and_evaluates_nothing(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 150
    assert not re.search(r"\beval\(|new Function|https?://", without_comments(text))
