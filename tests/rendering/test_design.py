"""Every colour pair that carries text or an edge is legible, and the variables say what the palettes say."""

from dataclasses import asdict

import pytest

from service.rendering.design import DARK, LIGHT, Palette, css_variables

_TEXTS = ("ink", "muted", "accent", "accent_strong", "good", "warn", "bad")
_GROUNDS = ("paper", "surface", "accent_soft")
_OWN_GROUNDS = [
    ("on_accent", "accent"),
    ("on_accent", "accent_strong"),
    *((text, f"{state}_soft") for state in ("good", "warn", "bad") for text in (state, "ink", "muted")),
]
_GRAPHICS = ("field", "accent", *(f"chart_{number}" for number in range(1, 7)))


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), [(t, g) for t in _TEXTS for g in _GROUNDS] + _OWN_GROUNDS)
def test_text_stands_out_from_its_ground(palette: Palette, text: str, ground: str) -> None:
    assert _contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("graphic", _GRAPHICS)
def test_edges_and_charts_stand_out_from_paper_and_surface(palette: Palette, graphic: str) -> None:
    assert _contrast(getattr(palette, graphic), palette.paper) >= 3
    assert _contrast(getattr(palette, graphic), palette.surface) >= 3


def test_a_known_contrast_is_computed_right() -> None:
    assert _contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_every_colour_is_a_variable_in_light_dark_by_system_and_dark_by_choice() -> None:
    light, by_system, by_choice = css_variables().strip().split("\n")
    assert light.startswith(":root{")
    assert by_system.startswith("@media (prefers-color-scheme: dark){:root:not([data-theme=light]){")
    assert by_choice.startswith("[data-theme=dark]{")
    for name, colour in asdict(LIGHT).items():
        assert f"--{name.replace('_', '-')}:{colour};" in light
    for name, colour in asdict(DARK).items():
        assert f"--{name.replace('_', '-')}:{colour};" in by_system
        assert f"--{name.replace('_', '-')}:{colour};" in by_choice
