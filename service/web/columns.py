"""Columns over time as inline SVG, parts stacked or side by side. Owns the shapes; a companion of ``charts``.

A count below zero, such as a month in which more went back than came, has no height; the table says it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from service.web.charts import HEIGHT, WIDTH, draw_grid, round_up

_GAP = 0.12  # of a column's step, left free on each side
_RECT = Markup('<rect class="chart-fill--{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
Write = Callable[[int], str]


@dataclass(frozen=True)
class Series:
    """One part of every column. ``tone`` is the end of its CSS class ``chart-fill--…``."""

    name: str
    tone: str


@dataclass(frozen=True)
class Column:
    """One step of time with the count of each series; a count below zero has no height, and stands in the table."""

    name: str
    counts: tuple[int, ...]


def draw_columns(
    columns: Sequence[Column], series: Sequence[Series], heading: str, write: Write, *, is_stacked: bool = True
) -> Markup:
    """Return columns of parts over time, with axes and the same figures as a table.

    ``write`` turns a count into words, such as an amount of money. Parts that make no whole together, such as coming
    and leaving, are not stacked: they stand side by side.
    """
    highest = sum if is_stacked else max
    top = round_up(max((highest(max(count, 0) for count in column.counts) for column in columns), default=0))
    return Markup(
        '<figure class="chart">{key}<div class="chart__plot">{scale}'
        '<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        "{grid}{stacks}</svg>{times}</div>{table}</figure>"
    ).format(
        key=_series_key(columns, series, write),
        scale=_written_scale(top, write),
        width=WIDTH,
        height=HEIGHT,
        label=_label(columns, series, heading, write, is_stacked=is_stacked),
        grid=draw_grid(),
        stacks=_stacks(columns, series, top) if is_stacked else _rows(columns, series, top),
        times=_column_names([column.name for column in columns]),
        table=_columns_table(columns, series, heading, write, is_stacked=is_stacked),
    )


def _label(columns: Sequence[Column], series: Sequence[Series], heading: str, write: Write, *, is_stacked: bool) -> str:
    totals = _sum_up(columns, series)
    parts = ", ".join(f"{one.name.lower()} {write(total)}" for one, total in zip(series, totals, strict=True))
    return f"{heading}: {f'{write(sum(totals))} in all' if is_stacked else parts}. A table follows."


def _sum_up(columns: Sequence[Column], series: Sequence[Series]) -> list[int]:
    return [sum(column.counts[number] for column in columns) for number in range(len(series))]


def _rows(columns: Sequence[Column], series: Sequence[Series], top: int) -> Markup:
    step = WIDTH / max(len(columns), 1)
    width = step * (1 - 2 * _GAP) / max(len(series), 1)
    pieces = Markup()
    for number, column in enumerate(columns):
        for place, (one, count) in enumerate(zip(series, column.counts, strict=True)):
            height = HEIGHT * max(count, 0) / top
            if height:
                left = step * (number + _GAP) + width * place
                pieces += _RECT.format(one.tone, left, HEIGHT - height, width, height)
    return pieces


def _stacks(columns: Sequence[Column], series: Sequence[Series], top: int) -> Markup:
    step = WIDTH / max(len(columns), 1)
    pieces = Markup()
    for number, column in enumerate(columns):
        below = 0.0
        for one, count in zip(series, column.counts, strict=True):
            height = HEIGHT * max(count, 0) / top
            if height:
                left, upper = step * (number + _GAP), HEIGHT - below - height
                pieces += _RECT.format(one.tone, left, upper, step * (1 - 2 * _GAP), height)
            below += height
    return pieces


def _series_key(columns: Sequence[Column], series: Sequence[Series], write: Write) -> Markup:
    entry = Markup(
        '<li><svg viewBox="0 0 24 10" aria-hidden="true" focusable="false">'
        '<rect class="chart-fill--{}" width="24" height="10"/></svg>{}: {}</li>'
    )
    totals = _sum_up(columns, series)
    entries = (entry.format(one.tone, one.name, write(total)) for one, total in zip(series, totals, strict=True))
    return Markup('<ul class="chart__key">{}</ul>').format(Markup().join(entries))


def _written_scale(top: int, write: Write) -> Markup:
    words = Markup().join(Markup("<span>{}</span>").format(write(number)) for number in (top, top // 2, 0))
    return Markup('<div class="chart__scale figures" aria-hidden="true">{}</div>').format(words)


def _column_names(names: Sequence[str]) -> Markup:
    if not names:
        return Markup()
    chosen = dict.fromkeys((names[0], names[len(names) // 2], names[-1]))
    words = Markup().join(Markup("<span>{}</span>").format(name) for name in chosen)
    return Markup('<div class="chart__times figures" aria-hidden="true">{}</div>').format(words)


def _columns_table(
    columns: Sequence[Column], series: Sequence[Series], heading: str, write: Write, *, is_stacked: bool
) -> Markup:
    cell = Markup('<td class="number">{}</td>')
    row = Markup('<tr><th scope="row">{}</th>{}</tr>')
    names = [*(one.name for one in series), *(["Together"] if is_stacked else [])]
    heads = Markup().join(Markup('<th scope="col" class="number">{}</th>').format(name) for name in names)
    rows = Markup().join(
        row.format(
            column.name,
            Markup().join(cell.format(write(count)) for count in _cells(column, is_stacked=is_stacked)),
        )
        for column in reversed(columns)
    )
    return Markup(
        "<details><summary>The same as a table</summary>"
        '<div class="table-frame" tabindex="0" role="region" aria-label="{0}, as a table">'
        '<table class="table"><caption>{0}</caption><thead><tr><th scope="col">When</th>{1}'
        "</tr></thead><tbody>{2}</tbody></table></div></details>"
    ).format(heading, heads, rows)


def _cells(column: Column, *, is_stacked: bool) -> tuple[int, ...]:
    return (*column.counts, sum(column.counts)) if is_stacked else column.counts
