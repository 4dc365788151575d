"""A donor's visit: the cookie that names it, and the guard of every page that is a donor's own.

The cookie holds a signed id and nothing else; whether the visit is still open is asked of its row each time. It has
nothing to do with the session of staff: neither opens a door of the other.
"""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, cast

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.models import Donor
from service.donations.signin import VISIT_LASTS, find_visitor
from service.tokens import Purpose
from service.web.cookies import OwnCookie
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.giving.pages import show_page
from service.web.transaction import unit_of_work

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
VISIT_COOKIE: Final = OwnCookie("postrider-giving", Purpose.DONOR_VISIT, VISIT_LASTS)

blueprint = needs_no_token(Blueprint("giving", __name__, url_prefix="/giving"))
blueprint.before_request(refuse_foreign_forms)


def for_donor(view: View[P]) -> View[P]:
    """Let only a donor with an open visit in; others are asked to come in first."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        with unit_of_work() as session:
            g.donor = find_guest(session)
        if g.donor is not None:
            return view(*args, **kwargs)
        if request.method == "POST":
            return show_page("sign_in", is_late=True, address="", error=""), 401
        return redirect(url_for("giving.show_giving"))

    return guarded


def current_donor() -> Donor:
    """Return who is visiting; only for views that are ``for_donor``."""
    return cast("Donor", g.donor)


def find_guest(session: Session) -> Donor | None:
    """Return the donor whose browser this is, or None. For any page: it reads the cookie and changes nothing."""
    sign_in_id = VISIT_COOKIE.read()
    return find_visitor(session, sign_in_id) if sign_in_id is not None else None
