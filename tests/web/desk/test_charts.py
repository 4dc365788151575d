"""The drawn figures: what their shapes and their words say."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Tree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from service.web.charts import WIDTH, Part, draw_parts, draw_share, draw_timeline, round_up

START = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Point:
    """One step, as ``tracking`` gives it."""

    at: datetime
    opens: int
    clicks: int


def widths_of(drawn: Markup) -> list[float]:
    """Return the widths of a bar's pieces, the ground left out."""
    return [float(piece.attrib["width"]) for piece in Tree.fromstring(drawn)[1:]]  # noqa: S314 - our own output


@given(st.lists(st.integers(min_value=0, max_value=10_000_000), min_size=1, max_size=7).filter(any))
def test_the_pieces_of_a_bar_fill_it_exactly_in_their_shares(counts: list[int]) -> None:
    drawn = draw_parts([Part(f"part {n}", count, "sent") for n, count in enumerate(counts)], "All")
    assert sum(widths_of(drawn)) == pytest.approx(WIDTH, abs=0.05)


def test_a_bar_of_nothing_is_empty_ground() -> None:
    assert widths_of(draw_parts([Part("none", 0, "sent")], "None yet")) == []


@pytest.mark.parametrize(("count", "whole", "width"), [(1, 2, 500.0), (0, 5, 0.0), (9, 5, 1000.0), (3, 0, 0.0)])
def test_a_share_is_drawn_as_far_as_it_goes_and_never_further(count: int, whole: int, width: float) -> None:
    assert widths_of(draw_share(count, whole, "Share")) == [width]


def test_words_in_a_drawing_are_escaped() -> None:
    drawn = draw_share(1, 2, '"><script>alert(1)</script>')
    assert "<script" not in drawn
    assert Tree.fromstring(drawn).attrib["aria-label"] == '"><script>alert(1)</script>'  # noqa: S314 - our own output


@given(st.integers(min_value=0, max_value=10**9))
def test_a_scale_ends_at_an_even_number_not_far_above_the_largest(largest: int) -> None:
    top = round_up(largest)
    assert top >= largest
    assert top % 2 == 0
    assert top <= max(4, 2 * largest)


def test_a_timeline_says_its_figures_in_words_and_in_a_table() -> None:
    points = [
        Point(START + timedelta(hours=n), opens, clicks) for n, (opens, clicks) in enumerate([(3, 0), (9, 2), (0, 0)])
    ]
    drawn = draw_timeline(points, "Opens & clicks")
    assert "opens 12, clicks 2; most opens in the step from 5 Mar, 15:00 UTC" in drawn
    assert "Opens &amp; clicks" in drawn
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="number">(\d+)</td><td class="number">(\d+)</td>', drawn)
    assert rows == [("5 Mar, 14:00 UTC", "3", "0"), ("5 Mar, 15:00 UTC", "9", "2")]


def test_a_timeline_draws_each_step_at_its_height() -> None:
    drawn = draw_timeline([Point(START, 10, 0), Point(START + timedelta(hours=1), 5, 10)], "Figures")
    opens = re.search(r'chart-line--opens" d="(M0 240[^"]+)"', drawn)
    assert opens is not None
    assert opens[1] == "M0 240V0.0H500.0V120.0H1000.0"


def test_a_timeline_without_points_is_still_a_drawing() -> None:
    assert "nothing yet" in draw_timeline([], "Figures")


def test_drawings_carry_no_style_of_their_own() -> None:
    drawn = draw_timeline([Point(START, 1, 1)], "Figures") + draw_share(1, 2, "Share")
    assert "style=" not in drawn
    assert "#" not in drawn
