"""Coming in and going out: asking for a link, the button that uses it, signing out. Looking never uses a link."""

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from service.donations.signin import end_visit, is_good_link, open_visit, request_sign_in
from service.errors import BadInput
from service.tokens import Purpose
from service.visitors.networks import network_of
from service.web.giving.overview import show_overview
from service.web.giving.pages import show_page
from service.web.giving.visit import VISIT_COOKIE, blueprint, find_guest
from service.web.services import get_services
from service.web.transaction import unit_of_work


@blueprint.get("")
def show_giving() -> ResponseReturnValue:
    """Show a donor their gifts, and everybody else the field for an address."""
    with unit_of_work() as session:
        donor = find_guest(session)
    return show_overview(donor) if donor is not None else show_page("sign_in", is_late=False, address="", error="")


@blueprint.post("")
def accept_address() -> ResponseReturnValue:
    """Say the same to everybody; only what is no address at all is sent back."""
    address = request.form.get("address", "")
    try:
        with unit_of_work() as session:
            request_sign_in(session, address, network_of(request.remote_addr))
    except BadInput as problem:
        return show_page("sign_in", is_late=False, address=address, error=problem.message), problem.status
    return show_page("sent")


@blueprint.get("/enter/<token>")
def show_button(token: str) -> ResponseReturnValue:
    """Show the button, or that the link is dead. A mail program may look as often as it likes."""
    sign_in_id = _read(token)
    with unit_of_work() as session:
        is_good = is_good_link(session, sign_in_id)
    return show_page("enter") if is_good else _show_dead()


@blueprint.post("/enter/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Use the link and begin the visit, for exactly one of all who press."""
    sign_in_id = _read(token)
    with unit_of_work() as session:
        is_in = open_visit(session, sign_in_id)
    return VISIT_COOKIE.keep(_go_to_gifts(), sign_in_id) if is_in else _show_dead()


@blueprint.post("/leave")
def leave() -> ResponseReturnValue:
    """End the visit here and on the server. Safe to repeat."""
    sign_in_id = VISIT_COOKIE.read()
    if sign_in_id is not None:
        with unit_of_work() as session:
            end_visit(session, sign_in_id)
    return VISIT_COOKIE.forget(_go_to_gifts())


def _go_to_gifts() -> Response:
    return make_response(redirect(url_for("giving.show_giving"), 303))


def _read(token: str) -> int:
    """Return the sign-in that a link names; 0, which is nobody's, for one that is not ours."""
    ids = get_services().signer.read(Purpose.DONOR_SIGN_IN, token)
    return ids[0] if ids else 0


def _show_dead() -> ResponseReturnValue:
    """Used, too old, damaged, forged: the same page, for the difference is nobody's business."""
    return show_page("dead_link"), 410
