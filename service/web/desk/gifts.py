"""Gifts on the desk: the list with its filters and sums, one gift, and what was given in return. Never moves money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.benefits import set_benefit
from service.donations.funds import list_funds, list_open_funds
from service.donations.models import Donation
from service.donations.purpose import name_fund
from service.donations.queries import (
    PAGE,
    GiftFilter,
    count_gifts,
    get_gift,
    list_gifts,
    list_methods,
    sum_gifts,
)
from service.donations.refunds import count_left, find_newest_request, list_requests
from service.donations.states import DonationState
from service.donations.totals import FIRST_DAY, LAST_DAY, start_of_day
from service.errors import BadInput, Conflict
from service.issues.models import Issue, Item
from service.organisation.queries import find_organisation
from service.receipts.queries import list_receipts_of_gift
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.books import Books, dashboard_url, open_books
from service.web.desk.fields import Typed, read_page
from service.web.desk.story import tell_story
from service.web.transaction import unit_of_work

LONGEST_SEARCH = 200
NO_FUND = "none"  # beside the funds in the same field
FILTERS = ("state", "fund", "method", "since", "until", "search")
REVIEW = "review"  # beside the states in the same field: gifts that somebody must look at


@dataclass
class Asked:
    """The filter as it stands in the address, and a sentence for each part that can't be read."""

    raw: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        """What the next page of the same list needs in its address."""
        return {name: self.raw[name] for name in FILTERS if self.raw.get(name)}

    def read(self, books: Books) -> GiftFilter:
        """Return the filter; parts that can't be read ask for nothing."""
        state, fund = self.raw.get("state", ""), self.raw.get("fund", "")
        since, until = self._day("since"), self._day("until")
        return GiftFilter(
            state=DonationState(state) if state in set(DonationState) else None,
            needs_review=state == REVIEW,
            has_no_fund=fund == NO_FUND,
            fund_id=int(fund) if fund.isascii() and fund.isdigit() and len(fund) < 19 else None,
            method=self.raw.get("method", "")[:LONGEST_SEARCH],
            since=start_of_day(since, books.zone) if since else None,
            until=start_of_day(until + timedelta(days=1), books.zone) if until else None,
            search=self.raw.get("search", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
        )

    def _day(self, name: str) -> date | None:
        raw = self.raw.get(name, "")
        try:
            day = date.fromisoformat(raw) if raw else None
        except ValueError:
            self.errors[name] = "A day is written like 2026-03-05."
            return None
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            self.errors[name] = f"A day lies between {FIRST_DAY} and {LAST_DAY}."
            return None
        return day


@blueprint.get("/gifts")
@permission(Permission.FINANCE)
def show_gifts() -> ResponseReturnValue:
    """List gifts, newest first, those that the address asks for, with what they came to."""
    asked, number = Asked(request.args.to_dict()), read_page(request.args.get("page"))
    with unit_of_work() as work:
        books = open_books(work)
        wanted = asked.read(books)
        count = count_gifts(work, wanted)
        return render_template(
            "web/desk/gifts.html",
            books=books,
            asked=asked,
            gifts=list_gifts(work, wanted, number),
            count=count,
            sums=sum_gifts(work, wanted),
            funds=list_funds(work),
            methods=list_methods(work),
            to_review=count_gifts(work, GiftFilter(needs_review=True)),
            number=number,
            has_next=count > number * PAGE,
        )


@blueprint.get("/gifts/<row:gift_id>")
@permission(Permission.FINANCE)
def show_gift(gift_id: int) -> ResponseReturnValue:
    """Show one gift: its facts, its story, its lines in the books, its papers, and what can be done."""
    with unit_of_work() as work:
        return show_one_gift(work, gift_id)


@blueprint.post("/gifts/<row:gift_id>/benefit")
@permission(Permission.FINANCE)
@gives_back
def accept_benefit(gift_id: int) -> ResponseReturnValue:
    """Set what the giver got in return; a new version of the receipt follows."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            currency = get_gift(work, gift_id).currency
            value = typed.optional_money("benefit_value", currency)
            typed.refuse_unreadable()
            gift = set_benefit(work, gift_id, value, typed.text("benefit"))
            words = f"Set what was given in return: {gift.benefit or 'nothing'}"
            note(work, current_account().id, words, f"gift:{gift_id}", value=value)
    except BadInput as problem:
        typed.errors.setdefault("benefit", problem.message)
        with unit_of_work() as work:
            return show_one_gift(work, gift_id, typed), problem.status
    say("Noted. The receipt follows it.")
    return redirect(url_for("desk.show_gift", gift_id=gift_id))


@blueprint.post("/gifts/<row:gift_id>/fund")
@permission(Permission.FINANCE)
def accept_fund_of_gift(gift_id: int) -> ResponseReturnValue:
    """Name the fund of a payment that came past our form; it becomes a gift, and its receipt follows."""
    fund_id = Typed(request.form.to_dict()).required_int("fund")
    try:
        with unit_of_work() as work:
            gift = name_fund(work, gift_id, fund_id)
            name = gift.fund.name if gift.fund else ""
            note(work, current_account().id, f"Named the fund: {name}", f"gift:{gift_id}", fund=fund_id)
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say("Noted. It is a gift now, and its receipt follows.")
    return redirect(url_for("desk.show_gift", gift_id=gift_id))


def show_one_gift(work: Session, gift_id: int, typed: Typed | None = None) -> str:
    """Return the page of one gift; ``typed`` is a form of it that could not be taken."""
    gift = get_gift(work, gift_id)
    receipts, requests = list_receipts_of_gift(work, gift_id), list_requests(work, gift_id)
    organisation = find_organisation(work)
    return render_template(
        "web/desk/gift.html",
        books=open_books(work),
        gift=gift,
        asked_by=_find_asking(work, gift),
        story=tell_story(work, gift, receipts, requests),
        receipts=receipts,
        requests=requests,
        newest_request=find_newest_request(work, gift_id),
        left=count_left(work, gift),
        limit=organisation.refund_limit_minor if organisation else 0,
        at_processor=dashboard_url(f"payments/{gift.payment_id}") if gift.payment_id else "",
        funds=[(str(fund.id), fund.name) for fund in list_open_funds(work)],
        typed=typed or Typed({}),
    )


def _find_asking(work: Session, gift: Donation) -> tuple[Issue, Item | None] | None:
    """Return the issue and the item that asked for a gift; an item may have been removed since."""
    issue = work.get(Issue, gift.issue_id) if gift.issue_id else None
    if issue is None:
        return None
    return issue, work.get(Item, gift.item_id) if gift.item_id else None
