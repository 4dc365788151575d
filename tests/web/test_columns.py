"""Columns over time: their heights, their words, and what has no height."""

import re

from hypothesis import given
from hypothesis import strategies as st

from service.web.charts import HEIGHT, round_up
from service.web.columns import Column, Series, draw_columns

SERIES = (Series("Once", "once"), Series("Recurring", "recurring"))


def write(count: int) -> str:
    """Write a count as the tests read it."""
    return f"#{count}"


def heights_of(drawn: str) -> list[float]:
    """Return the height of every part, in drawing order."""
    return [
        float(found)
        for found in re.findall(
            r'<rect class="chart-fill--\w+" x="[^"]+" y="[^"]+" width="[^"]+" height="([^"]+)"', drawn
        )
    ]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=12))
def test_parts_stand_on_each_other_and_none_leaves_the_plot(counts: list[tuple[int, int]]) -> None:
    drawn = draw_columns([Column(str(n), pair) for n, pair in enumerate(counts)], SERIES, "Gifts", write)
    top = round_up(max(sum(pair) for pair in counts))
    expected = [HEIGHT * count / top for pair in counts for count in pair if count]
    assert len(heights_of(drawn)) == len(expected)
    assert all(abs(height - wanted) <= 0.06 for height, wanted in zip(heights_of(drawn), expected, strict=True))
    uppers = [float(found) for found in re.findall(r' y="([^"]+)"', drawn)]
    assert all(-0.1 <= upper <= HEIGHT for upper in uppers)


def test_a_month_in_which_more_went_back_has_no_height_but_its_figures() -> None:
    drawn = draw_columns([Column("Nov 2026", (-500, 300)), Column("Dec 2026", (0, 0))], SERIES, "Gifts", write)
    assert len(heights_of(drawn)) == 1
    assert '<th scope="row">Nov 2026</th><td class="number">#-500</td><td class="number">#300</td>' in drawn
    assert "Gifts: #-200 in all. A table follows." in drawn


def test_the_key_sums_each_series_and_words_are_escaped() -> None:
    drawn = draw_columns([Column("<i>", (1, 2)), Column("b", (3, 4))], SERIES, "A & B", write)
    assert "Once: #4" in drawn
    assert "Recurring: #6" in drawn
    assert "<i>" not in drawn
    assert "A &amp; B" in drawn
    assert "style=" not in drawn


def test_no_columns_are_still_a_drawing() -> None:
    assert "#0 in all" in draw_columns([], SERIES, "Gifts", write)


def test_parts_that_make_no_whole_stand_side_by_side_and_are_not_summed() -> None:
    series = (Series("Joined", "main"), Series("Left", "warn"))
    drawn = draw_columns([Column("Nov", (8, 4)), Column("Dec", (0, 2))], series, "Moves", write, is_stacked=False)
    assert heights_of(drawn) == [HEIGHT, HEIGHT / 2, HEIGHT / 4]
    places = re.findall(r' x="([^"]+)" y="[^"]+" width="([^"]+)"', drawn)
    (first, width), (second, _), _ = ((float(left), float(wide)) for left, wide in places)
    assert second == first + width
    assert "Moves: joined #8, left #6. A table follows." in drawn
    assert "Together" not in drawn
