"""Readers on the desk: the list with its filters, and how many there are, drawn. ``subscribers`` finds and counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.clock import now
from service.issues.models import Newsletter
from service.issues.queries import list_newsletters
from service.staff.roles import Permission
from service.subscribers.bounded import TookTooLong, at_most
from service.subscribers.figures import MonthFigures, count_states, list_months
from service.subscribers.finding import Found, Wanted, find_suppressed, list_readers, list_ties
from service.subscribers.states import SubscriptionState
from service.web.charts import Part, draw_parts
from service.web.columns import Column, Series, draw_columns
from service.web.desk.access import blueprint, current_zone, permission
from service.web.desk.keys import read_key
from service.web.desk.readerwording import TIE_MARKS
from service.web.transaction import unit_of_work

_TONES = {
    SubscriptionState.ACTIVE: "sent",
    SubscriptionState.PENDING: "main",
    SubscriptionState.UNSUBSCRIBED: "skipped",
}
_SERIES = (Series("Joined", "main"), Series("Left", "warn"))


@dataclass(frozen=True)
class Standing:
    """How many people are tied to one newsletter, in which state, and the same drawn."""

    newsletter: Newsletter
    counts: Mapping[SubscriptionState, int]
    bar: Markup


@blueprint.get("/readers")
@permission(Permission.READERS)
def show_readers() -> ResponseReturnValue:
    """List readers, newest first, those that the address asks for."""
    asked = {name: request.args[name] for name in ("search", "newsletter", "state") if request.args.get(name)}
    before = read_key(request.args.get("before"))
    with unit_of_work() as work:
        newsletters = list_newsletters(work)
        try:
            found = list_readers(work, _read(asked), before)
        except TookTooLong:
            found = None
        return render_template(
            "web/desk/readers.html",
            newsletters={newsletter.id: newsletter for newsletter in newsletters},
            asked=asked,
            before=before,
            found=found,
            zone=current_zone(),
            **_tell(work, found),
            **({} if asked or before else _draw(work, newsletters)),
        )


def _read(asked: Mapping[str, str]) -> Wanted:
    """Return what the address asks for; a part that can't be read asks for nothing."""
    state = asked.get("state", "")
    return Wanted(
        part=asked.get("search", ""),
        newsletter_id=read_key(asked.get("newsletter")),
        state=SubscriptionState(state) if state in set(SubscriptionState) else None,
    )


def _tell(work: Session, found: Found | None) -> dict[str, object]:
    readers = found.readers if found else []
    return {"ties": list_ties(work, [reader.id for reader in readers]), "stopped": find_suppressed(work, readers)}


def _draw(work: Session, newsletters: list[Newsletter]) -> dict[str, object]:
    """Return the figures of all readers; none where there are too many to be counted while somebody waits."""
    zone = current_zone()
    try:
        with at_most(work):
            counts, months = count_states(work), list_months(work, zone, now().astimezone(zone).date())
    except TookTooLong:
        return {"standings": None}
    none = dict.fromkeys(SubscriptionState, 0)
    standings = [_stand(newsletter, counts.get(newsletter.id, none)) for newsletter in newsletters]
    return {"standings": standings, "months": _draw_months(months)}


def _stand(newsletter: Newsletter, counts: Mapping[SubscriptionState, int]) -> Standing:
    shown = [(TIE_MARKS[state].word, counts[state], _TONES[state]) for state in TIE_MARKS]
    said = ", ".join(f"{word.lower()} {count:,}" for word, count, _ in shown)
    return Standing(newsletter, counts, draw_parts([Part(*one) for one in shown], f"{newsletter.name}: {said}."))


def _draw_months(months: list[MonthFigures]) -> Markup:
    columns = [Column(f"{each.month:%b %Y}", (each.joined, each.left)) for each in months]
    return draw_columns(columns, _SERIES, "Joined and left by month", "{:,}".format, is_stacked=False)
