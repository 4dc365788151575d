"""A donor's visit: the cookie that names it, and the guard of every page that is a donor's own.

The cookie holds a signed id and nothing else; whether the visit is still open is asked of its row each time. It has
nothing to do with the session of staff: neither opens a door of the other.
"""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, cast

from flask import Blueprint, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.models import Donor
from service.donations.signin import VISIT_LASTS, find_visitor
from service.tokens import Purpose
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.giving.pages import show_page
from service.web.services import get_services
from service.web.transaction import unit_of_work

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
COOKIE: Final = "postrider-giving"

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
    sign_in_id = visit_id()
    return find_visitor(session, sign_in_id) if sign_in_id is not None else None


def visit_id() -> int | None:
    """Return the sign-in that this browser's cookie names, whether its visit is open or not."""
    ids = get_services().signer.read(Purpose.DONOR_VISIT, request.cookies.get(_cookie_name(), ""))
    return ids[0] if ids else None


def keep_visit(response: Response, sign_in_id: int) -> Response:
    """Give the browser the cookie of this visit. It is sent with links from mail, but not with forms of other sites."""
    services = get_services()
    response.set_cookie(
        _cookie_name(),
        services.signer.sign(Purpose.DONOR_VISIT, sign_in_id),
        max_age=VISIT_LASTS,
        secure=services.settings.is_production,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget_visit(response: Response) -> Response:
    """Take the cookie back."""
    is_secure = get_services().settings.is_production
    response.delete_cookie(_cookie_name(), secure=is_secure, httponly=True, samesite="Lax")
    return response


def _cookie_name() -> str:
    # RFC 6265bis §4.1.3.2: a browser takes a __Host- cookie only over HTTPS and only from this very host.
    return f"__Host-{COOKIE}" if get_services().settings.is_production else COOKIE
