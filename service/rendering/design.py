"""The design tokens: the one place where a colour, a typeface, a size or a distance of Postrider is decided.

Mail reads the values themselves (mail clients know no variables); reader pages and staff pages get the same values
as CSS variables from ``css_variables``. Owns values only, never a layout.
"""

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True)
class Palette:
    """One scheme's colours, as ``#RRGGBB``. Text colours reach 4.5:1 on every ground they are used on (WCAG 1.4.3)."""

    paper: str
    surface: str
    ink: str
    muted: str
    rule: str
    field: str  # the edge of an input or a button: 3:1 against paper and surface (WCAG 1.4.11)
    accent: str
    accent_strong: str  # the accent when pointed at
    accent_soft: str
    on_accent: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    chart_1: str
    chart_2: str
    chart_3: str
    chart_4: str
    chart_5: str
    chart_6: str


LIGHT: Final = Palette(
    paper="#FBF9F4",
    surface="#FFFFFF",
    ink="#1C1B19",
    muted="#5E5A52",
    rule="#D9D3C7",
    field="#8C867A",
    accent="#A63A1E",
    accent_strong="#7F2A14",
    accent_soft="#F4E7DF",
    on_accent="#FFFFFF",
    good="#2B6840",
    good_soft="#E4EFE4",
    warn="#7D5300",
    warn_soft="#F7ECD2",
    bad="#9C1B36",
    bad_soft="#F8E3E5",
    chart_1="#A63A1E",
    chart_2="#2F6080",
    chart_3="#6C7628",
    chart_4="#7D5590",
    chart_5="#A06E12",
    chart_6="#4B7370",
)

DARK: Final = Palette(
    paper="#16171A",
    surface="#1E2024",
    ink="#ECE8E0",
    muted="#A8A296",
    rule="#35373C",
    field="#75746F",
    accent="#F0977A",
    accent_strong="#F7B8A2",
    accent_soft="#2C211D",
    on_accent="#16171A",
    good="#8CCB9B",
    good_soft="#1B2A20",
    warn="#E4BA66",
    warn_soft="#2E2614",
    bad="#F38D98",
    bad_soft="#341D21",
    chart_1="#F0977A",
    chart_2="#7FB3D5",
    chart_3="#B5C36B",
    chart_4="#C79CD8",
    chart_5="#E0B35A",
    chart_6="#8DBAB4",
)

# Faces that readers already have: nothing is fetched, and Latin, Cyrillic and Chinese all find a serif.
SERIF: Final = (
    '"Iowan Old Style","Palatino Linotype",Palatino,"Book Antiqua",Georgia,"Noto Serif","Noto Serif CJK SC",serif'
)
SANS: Final = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC",sans-serif'
MONO: Final = 'ui-monospace,"SF Mono",Menlo,Consolas,"Noto Sans Mono","Noto Sans Mono CJK SC",monospace'

# Text sizes in px at the default 16 px root; pages use them as rem so that a reader's own size is respected.
TEXT: Final = {"xs": 13, "sm": 14, "md": 16, "reading": 18, "lg": 20, "xl": 24, "2xl": 30, "3xl": 38, "4xl": 48}
# Distances in px, one step per name.
SPACE: Final = {"1": 4, "2": 8, "3": 12, "4": 16, "5": 24, "6": 32, "7": 48, "8": 64, "9": 96}

LEADING: Final = {"tight": 1.2, "snug": 1.35, "ui": 1.5, "reading": 1.6}

MAIL_WIDTH: Final = 640  # px; about 68 characters of 18 px serif inside its margins
MEASURE_REM: Final = 38  # the same line on a page
TARGET: Final = 44  # px, the least height of something to press (WCAG 2.5.5)
RADIUS: Final = 4  # px


def css_variables() -> str:
    """Return every token as a stylesheet of CSS variables, light and dark.

    The dark values apply when the reader's system asks for dark and the page does not say ``data-theme=light``, or
    when the page says ``data-theme=dark``. Names: ``--paper``, ``--accent-soft``, ``--chart-1``, ``--serif``,
    ``--text-reading``, ``--space-4``, ``--leading-ui``, ``--measure``, ``--target``, ``--radius`` and so on.
    """
    fixed = {
        "serif": SERIF,
        "sans": SANS,
        "mono": MONO,
        **{f"text-{name}": _rem(size) for name, size in TEXT.items()},
        **{f"space-{name}": _rem(size) for name, size in SPACE.items()},
        **{f"leading-{name}": str(value) for name, value in LEADING.items()},
        "measure": f"{MEASURE_REM}rem",
        "target": f"{TARGET}px",
        "radius": f"{RADIUS}px",
    }
    light = _declarations(_colours(LIGHT)) + "color-scheme:light;"
    dark = _declarations(_colours(DARK)) + "color-scheme:dark;"
    return "\n".join(
        (
            ":root{" + _declarations(fixed) + light + "}",
            "@media (prefers-color-scheme: dark){:root:not([data-theme=light]){" + dark + "}}",
            "[data-theme=dark]{" + dark + "}",
            "",
        )
    )


def _colours(palette: Palette) -> dict[str, str]:
    return {field.name.replace("_", "-"): getattr(palette, field.name) for field in fields(palette)}


def _declarations(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())


def _rem(pixels: int) -> str:
    return f"{pixels / 16:g}rem"
