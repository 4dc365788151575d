"""Drawn figures: inline SVG with a title for screen readers, made on the server. Owns shapes, never colours or counts.

Colours come from CSS classes (desk.css), so that a chart follows light, dark and print. Shapes stretch to the page;
words stand beside them as HTML, so that they keep their size on a phone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from markupsafe import Markup, escape

WIDTH, HEIGHT = 1000, 240  # units of the viewBox, stretched to the page
_WITH_HOUR = "%-d %b, %H:%M"
_WITH_ZONE = f"{_WITH_HOUR} %Z"


@dataclass(frozen=True)
class Part:
    """One piece of a whole. ``tone`` is the end of its CSS class ``chart-fill--…``."""

    name: str
    count: int
    tone: str


class Moment(Protocol):
    """One step of time; ``at`` is aware, its beginning; it is shown in its own zone."""

    @property
    def at(self) -> datetime: ...
    @property
    def opens(self) -> int: ...
    @property
    def clicks(self) -> int: ...


def draw_parts(parts: Sequence[Part], description: str) -> Markup:
    """Return one bar cut into ``parts``, in their order; an empty ground when they are all zero."""
    total = sum(part.count for part in parts)
    pieces, left = Markup(), 0.0
    for part in parts:
        width = WIDTH * part.count / total if total else 0.0
        if width:
            pieces += _rect(left, width, part.tone)
        left += width
    return _bar(pieces, description)


def draw_share(count: int, whole: int, description: str, tone: str = "main") -> Markup:
    """Return a bar filled as far as ``count`` is of ``whole``; full when it is more.

    An empty ``description`` is for a bar whose figure stands beside it: screen readers pass over it.
    """
    share = min(count / whole, 1.0) if whole > 0 else 0.0
    return _bar(_rect(0, WIDTH * share, tone), description)


def draw_timeline(points: Sequence[Moment], heading: str) -> Markup:
    """Return opens (an area) and clicks (a dashed line) over time, with axes and the same figures as a table."""
    top = round_up(max((max(point.opens, point.clicks) for point in points), default=0))
    opens = [point.opens for point in points]
    clicks = [point.clicks for point in points]
    return Markup(
        '<figure class="chart">{key}<div class="chart__plot">{scale}'
        '<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        '{grid}<path class="chart-area" d="{area}"/><path class="chart-line chart-line--opens" d="{opens}"/>'
        '<path class="chart-line chart-line--clicks" d="{clicks}"/></svg>{times}</div>{table}</figure>'
    ).format(
        key=_key(sum(opens), sum(clicks)),
        scale=_scale(top),
        width=WIDTH,
        height=HEIGHT,
        label=f"{heading}: {_summary(points)}",
        grid=draw_grid(),
        area=f"{_line(opens, top)}V{HEIGHT}H0Z",
        opens=_line(opens, top),
        clicks=_line(clicks, top),
        times=_times(points),
        table=_table(points, heading),
    )


def round_up(largest: int) -> int:
    """Return an even, round number not below ``largest``, for the top of a scale; at least 4."""
    if largest <= 4:
        return 4
    magnitude = 10 ** math.floor(math.log10(largest))
    steps = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
    rounded = next(int(step * magnitude) for step in steps if step * magnitude >= largest)
    return rounded + rounded % 2


def _bar(pieces: Markup, description: str) -> Markup:
    said = Markup('role="img" aria-label="{}"').format(description) if description else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="bar" viewBox="0 0 {width} 10" preserveAspectRatio="none" focusable="false" {said}>'
        '<rect class="chart-ground" width="{width}" height="10"/>{pieces}</svg>'
    ).format(width=WIDTH, said=said, pieces=pieces)


def _rect(left: float, width: float, tone: str) -> Markup:
    return Markup('<rect class="chart-fill--{}" x="{:.2f}" width="{:.2f}" height="10"/>').format(tone, left, width)


def _line(values: Sequence[int], top: int) -> str:
    """Return the path of a step line: each value holds for the whole of its step."""
    step = WIDTH / max(len(values), 1)
    corners = [f"V{HEIGHT - HEIGHT * value / top:.1f}H{step * number:.1f}" for number, value in enumerate(values, 1)]
    return f"M0 {HEIGHT}" + "".join(corners)


def draw_grid() -> Markup:
    """Return the five lines behind a plot."""
    lines = "".join(f"M0 {HEIGHT * part / 4:g}H{WIDTH}" for part in range(5))
    return Markup('<path class="chart-grid" d="{}"/>').format(lines)


def _key(opens: int, clicks: int) -> Markup:
    entry = Markup(
        '<li><svg viewBox="0 0 24 10" aria-hidden="true" focusable="false">'
        '<path class="chart-line chart-line--{}" d="M0 5h24"/></svg>{}: {:,}</li>'
    )
    return Markup('<ul class="chart__key">{}{}</ul>').format(
        entry.format("opens", "Opens", opens), entry.format("clicks", "Clicks", clicks)
    )


def _scale(top: int) -> Markup:
    words = Markup().join(Markup("<span>{:,}</span>").format(number) for number in (top, top // 2, 0))
    return Markup('<div class="chart__scale figures" aria-hidden="true">{}</div>').format(words)


def _times(points: Sequence[Moment]) -> Markup:
    if not points:
        return Markup()
    chosen = dict.fromkeys((points[0].at, points[len(points) // 2].at, points[-1].at))
    words = Markup().join(Markup("<span>{}</span>").format(at.strftime(_WITH_HOUR)) for at in chosen)
    return Markup('<div class="chart__times figures" aria-hidden="true">{}</div>').format(words)


def _summary(points: Sequence[Moment]) -> str:
    if not points:
        return "nothing yet."
    busiest = max(points, key=lambda point: point.opens)
    return (
        f"opens {sum(point.opens for point in points):,}, clicks {sum(point.clicks for point in points):,}; "
        f"most opens in the step from {busiest.at.strftime(_WITH_ZONE)}. A table follows."
    )


def _table(points: Sequence[Moment], heading: str) -> Markup:
    row = Markup('<tr><th scope="row">{}</th><td class="number">{:,}</td><td class="number">{:,}</td></tr>')
    rows = Markup().join(
        row.format(point.at.strftime(_WITH_ZONE), point.opens, point.clicks)
        for point in points
        if point.opens or point.clicks
    )
    return Markup(
        "<details><summary>The same as a table</summary>"
        '<div class="table-frame" tabindex="0" role="region" aria-label="{0}, as a table">'
        '<table class="table"><caption>{0}. Steps without any are left out.</caption><thead><tr>'
        '<th scope="col">From</th><th scope="col" class="number">Opens</th><th scope="col" class="number">Clicks</th>'
        "</tr></thead><tbody>{1}</tbody></table></div></details>"
    ).format(escape(heading), rows)
