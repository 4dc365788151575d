"""One standing arrangement: its forms, and the way from a form to a change. What may be changed, ``wishes`` says."""

import re
import secrets
from typing import Any, Final

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.clock import now
from service.donations.changes import FAILED, ask_change, carry_out_change
from service.donations.gateway import Gateway
from service.donations.history import find_own_change, get_own_recurring
from service.donations.models import RecurringChange, RecurringDonation
from service.donations.wishes import (
    CARD_STATES,
    PAUSES,
    ChangeKind,
    RefusedWish,
    Wish,
    date_range,
    list_possible,
    pause_end,
)
from service.errors import BadInput, NotFound, Unavailable
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation
from service.web.giving.pages import lets_lead_to_processor, show_page
from service.web.giving.visit import blueprint, current_donor, for_donor
from service.web.links import absolute_url
from service.web.services import get_services
from service.web.transaction import unit_of_work

OWN: Final = "/recurring/<int(max=9223372036854775807):recurring_id>"  # ids are bigint
_NONCE: Final = re.compile(r"[\w-]{16,64}", re.ASCII)


@blueprint.get(OWN)
@for_donor
def show_recurring(recurring_id: int) -> ResponseReturnValue:
    """Show an arrangement with what may be changed, and what the last form did."""
    with unit_of_work() as session:
        change = find_own_change(session, recurring_id, request.args.get("change", 0, type=_small))
        return _show(session, recurring_id, change=change, is_same="same" in request.args)


@blueprint.post(f"{OWN}/<any(amount, date, pause, resume, stop):kind>")
@for_donor
def change_recurring(recurring_id: int, kind: str) -> ResponseReturnValue:
    """Carry out one wish, or show the form again with what was typed and why it won't do."""
    wish = _read_wish(ChangeKind(kind))
    try:
        with unit_of_work() as session:
            get_own_recurring(session, current_donor().id, recurring_id)
            change = ask_change(session, recurring_id, wish, nonce=_nonce())
        if change is None:
            return _go_back(recurring_id, same="yes")
        done = carry_out_change(get_services().factory, _gateway(), change.id)
    except RefusedWish as refused:
        with unit_of_work() as session:
            return _show(session, recurring_id, wish=wish, refused=refused), refused.status
    except Unavailable as away:
        with unit_of_work() as session:
            return _show(session, recurring_id, wish=wish, is_away=True), away.status
    return _go_back(recurring_id, change=done.id)


@blueprint.post(f"{OWN}/card")
@for_donor
def change_card(recurring_id: int) -> ResponseReturnValue:
    """Lead to the processor's page for cards. The customer is the arrangement's own: a donor may have several."""
    with unit_of_work() as session:
        recurring = get_own_recurring(session, current_donor().id, recurring_id)
    if recurring.state not in CARD_STATES:
        return _go_back(recurring_id)
    try:
        page = _open_card_page(_gateway(), recurring)
    except Unavailable as away:
        with unit_of_work() as session:
            return _show(session, recurring_id, is_away=True), away.status
    return lets_lead_to_processor(_redirect(page))


def _open_card_page(gateway: Gateway, recurring: RecurringDonation) -> str:
    customer_id = gateway.fetch_recurring(recurring.subscription_id).customer_id
    if customer_id is None:
        raise NotFound("Our payment service does not know whose card this is. Please write to us.")
    back = absolute_url("giving.show_recurring", recurring_id=recurring.id)
    return gateway.open_card_page(customer_id, back, f"card:{recurring.id}:{_nonce() or secrets.token_urlsafe(16)}")


def _read_wish(kind: ChangeKind) -> Wish:
    form = request.form
    return Wish(
        kind=kind,
        amount=form.get("amount", ""),
        covers_fee="covers_fee" in form,
        day=form.get("day", ""),
        months=form.get("months", ""),
    )


def _nonce() -> str:
    """Return the form's own word if it is one of ours to the look; it only ever says that two forms are the same."""
    typed = request.form.get("nonce", "")
    return typed if _NONCE.fullmatch(typed) else ""


def _small(raw: str) -> int:
    number = int(raw)
    return number if 0 <= number < 2**63 else 0


def _gateway() -> Gateway:
    gateway = get_services().gateway
    if gateway is None:
        raise Unavailable("Our payment service is not set up at this moment. Please write to us.")
    return gateway


def _go_back(recurring_id: int, **found: Any) -> Response:
    return _redirect(url_for("giving.show_recurring", recurring_id=recurring_id, **found))


def _redirect(place: str) -> Response:
    return make_response(redirect(place, 303))


def _show(
    session: Session,
    recurring_id: int,
    *,
    wish: Wish | None = None,
    refused: BadInput | None = None,
    change: RecurringChange | None = None,
    is_same: bool = False,
    is_away: bool = False,
) -> Response:
    recurring = get_own_recurring(session, current_donor().id, recurring_id)
    organisation = get_organisation(session)
    page = show_page(
        "recurring",
        organisation=organisation,
        recurring=recurring,
        possible=list_possible(recurring),
        has_card=recurring.state in CARD_STATES,
        pauses=_list_pauses(recurring, organisation),
        dates=date_range(recurring, organisation, now()),
        wish=wish,
        refused=refused,
        change=change,
        is_failed=change is not None and change.state == FAILED,
        is_same=is_same,
        is_away=is_away,
        nonce=secrets.token_urlsafe(16),
    )
    return lets_lead_to_processor(page)


def _list_pauses(recurring: RecurringDonation, organisation: Organisation) -> list[tuple[int, object]]:
    """Return each length of a pause with the day of the first gift after it."""
    at = now()
    ends = [(months, pause_end(recurring, organisation, months, at)) for months in PAUSES]
    return [(months, end.astimezone(organisation.zone).date()) for months, end in ends]
