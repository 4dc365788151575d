"""No float touches money: no float literal, no true division and no call of ``float`` where gifts are counted."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.settings import ROOT

ROOMS = (
    *("service/donations", "service/receipts", "service/organisation", "service/adapters/stripe"),
    *("service/web/give", "service/web/giving", "service/web/webhooks", "service/cli/donations.py"),
    *("service/web/desk/gifts.py", "service/web/desk/refunds.py", "service/money.py", "workers/donations.py"),
)
# What is measured there is paper and seconds, not money.
PAPER = {"pdf.py", "sheet.py", "fonts.py", "receipt_page.py", "statement_page.py", "statement_table.py"}


def list_files() -> Iterator[Path]:
    """Yield every file that counts money."""
    for room in ROOMS:
        place = ROOT / room
        found = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        yield from (path for path in found if path.name not in PAPER)


def find_floats(source: str) -> list[str]:
    """Return each place where a float could come from, by line."""
    places = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            places.append(f"line {node.lineno}: the number {node.value}")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            if not isinstance(node, ast.BinOp) or not _is_path(node):
                places.append(f"line {node.lineno}: a division")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"float", "round"}:
            places.append(f"line {node.lineno}: {node.func.id}()")
    return places


def find_hundreds(source: str) -> list[str]:
    """Return each place that turns units into minor units by itself: wrong by 100 for the yen."""
    return [
        f"line {node.lineno}: times 100"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult | ast.FloorDiv)
        and any(isinstance(side, ast.Constant) and side.value == 100 for side in (node.left, node.right))
    ]


def _is_path(node: ast.BinOp) -> bool:
    """Whether a slash joins a path: one side is text."""
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (node.left, node.right))


@pytest.mark.parametrize("path", list(list_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_money_is_counted_in_whole_units(path: Path) -> None:
    assert find_floats(path.read_text()) == []


@pytest.mark.parametrize("path", list(list_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_table_of_currencies_knows_how_many_cents_there_are(path: Path) -> None:
    if path.name != "money.py":
        assert find_hundreds(path.read_text()) == []


@pytest.mark.parametrize("fault", ["a = 0.1", "a = b / 2", "a /= 2", "a = float(b)", "a = round(b)"])
def test_a_planted_float_is_seen(fault: str) -> None:
    assert len(find_floats(fault)) == 1


@pytest.mark.parametrize("fault", ["a = b * 100", "a = 100 * b", "a = b // 100"])
def test_a_planted_hundred_is_seen(fault: str) -> None:
    assert len(find_hundreds(fault)) == 1
