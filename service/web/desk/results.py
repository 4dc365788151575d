"""What became of an issue: everyone's copy by state, opens, clicks and gifts, and one person's copies. Reads only."""

from dataclasses import dataclass, replace

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.queries import PAGE, Copy, find_copies, get_progress, list_deliveries, takes_copies
from service.deliveries.segments.choosing import find_choice
from service.deliveries.states import DeliveryState
from service.donations.attribution import Brought, ItemGifts, list_item_gifts, sum_up
from service.errors import BadInput
from service.issues.queries import get_issue
from service.money import write_amount
from service.staff.roles import Permission, may
from service.subscribers.queries import count_unsubscribed_since
from service.tracking.queries import get_engagement, list_link_counts, list_timeline
from service.web.charts import draw_share, draw_timeline
from service.web.desk.access import blueprint, current_account, current_zone, permission
from service.web.desk.drawing import count_states, draw_engagement, draw_links, draw_progress
from service.web.desk.fields import read_page
from service.web.transaction import unit_of_work

LONGEST_SEARCH = 254
CLOSING_BLOCK = "The gift block at the end"


@dataclass(frozen=True)
class GiftRow:
    """One ask with what it brought, in words, and its sum as a bar against the best of its currency."""

    name: str
    brought: Brought
    bar: Markup

    @property
    def amount(self) -> str:
        """The sum without renewals."""
        return write_amount(self.brought.minor, self.brought.currency)

    @property
    def renewals_amount(self) -> str:
        """The sum of the renewals."""
        return write_amount(self.brought.renewals_minor, self.brought.currency)


@blueprint.get("/issues/<row:issue_id>/results")
@permission(Permission.EDIT)
def show_results(issue_id: int) -> ResponseReturnValue:
    """Show the figures of a released issue and, to who may see readers, the people behind them a page at a time."""
    with unit_of_work() as work:
        issue, progress = get_issue(work, issue_id), get_progress(work, issue_id)
        timeline = [replace(step, at=step.at.astimezone(current_zone())) for step in list_timeline(work, issue_id)]
        gifts = list_item_gifts(work, issue_id)
        return render_template(
            "web/desk/results.html",
            issue=issue,
            choice=find_choice(work, issue),
            progress=progress,
            counts=count_states(progress),
            bar=draw_progress(progress),
            shares=draw_engagement(get_engagement(work, issue_id), progress.sent),
            can_resend=takes_copies(issue) and may(current_account().role, Permission.SEND),
            unsubscribed=count_unsubscribed_since(work, issue.newsletter_id, issue.released_at or now()),
            chart=draw_timeline(timeline, "Opens and clicks over time") if timeline else "",
            links=draw_links(list_link_counts(work, issue_id)),
            gifts=_draw_gifts(gifts),
            gift_sums=[GiftRow("", brought, Markup()) for brought in sum_up(gifts)],
            **(_people(work, issue_id) if may(current_account().role, Permission.READERS) else {}),
        )


@blueprint.get("/copies")
@permission(Permission.READERS)
def show_copies() -> ResponseReturnValue:
    """Show every copy that was planned for one person: did Jane get issue 12?"""
    address, copies, error = request.args.get("address", "")[:LONGEST_SEARCH], [], ""
    if address:
        try:
            with unit_of_work() as work:
                copies = find_copies(work, address)
                return render_template("web/desk/copies.html", address=address, copies=copies, error="")
        except BadInput as problem:
            error = problem.message
    return render_template("web/desk/copies.html", address=address, copies=copies, error=error)


def _draw_gifts(items: list[ItemGifts]) -> list[GiftRow]:
    best = {
        currency: max(item.brought.minor for item in items if item.brought.currency == currency)
        for currency in {item.brought.currency for item in items}
    }
    return [
        GiftRow(
            item.title or (f"The {item.kind} without a title" if item.kind else CLOSING_BLOCK),
            item.brought,
            draw_share(item.brought.minor, best[item.brought.currency], ""),
        )
        for item in items
    ]


def _people(work: Session, issue_id: int) -> dict[str, object]:
    """Return a page of people: those in the state, or with the part of an address, that the URL asks for."""
    raw = request.args.get("state", "")
    state = DeliveryState(raw) if raw in set(DeliveryState) else None
    address = request.args.get("address", "").strip()[:LONGEST_SEARCH]
    number = read_page(request.args.get("page"))
    people: list[Copy] = list_deliveries(work, issue_id, state, number, address)
    has_next = len(people) == PAGE and bool(list_deliveries(work, issue_id, state, number + 1, address))
    return {"state": state, "address": address, "number": number, "people": people, "has_next": has_next}
