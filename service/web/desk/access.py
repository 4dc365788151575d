"""The guard of the desk: who is signed in, and whether the route's declared permission is theirs.

A route that declares nothing is answered by an error, so that none can be forgotten. Owns no page but the refusals.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map

from service.alarms.raising import list_standing_alarms
from service.errors import PostriderError
from service.organisation.queries import find_zone
from service.staff.accounts import find_account
from service.staff.models import Account
from service.staff.roles import Permission, may
from service.web.security import PAGE, write_policy
from service.web.transaction import unit_of_work


class RowConverter(IntegerConverter):
    """``<row:gift_id>`` in a route: the id of a row. A number that no row can have is no address of ours."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=LARGEST_ID)


LARGEST_ID = 2**63 - 1  # ids are bigint
blueprint = Blueprint("desk", __name__, url_prefix="/desk")
blueprint.record_once(lambda state: state.app.url_map.converters.update(row=RowConverter))

# Secrets, choices and what the page itself put in its form; everything else in a form is somebody's words.
SECRETS = frozenset({"csrf_token", "password", "old", "new"})
NOT_TYPED = SECRETS | {"next", "revision", "seen", "view", "kind", "language", "newsletter", "way", "nonce"}
SESSION_ENDED = "Your session ended before this form arrived, so nothing was done with it."
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
NEEDS: dict[Callable[..., Any], Permission | None] = {}


def permission(needed: Permission | None) -> Callable[[View], View]:
    """Declare what a route needs; None: it is open to people who are not signed in."""

    def declare(view: View) -> View:
        NEEDS[view] = needed
        return view

    return declare


def gives_back(view: View) -> View:
    """Decorate a view that takes somebody's text: where it can't be taken, the answer holds all that was typed.

    For what the view itself can't show beside its form: the thing is gone, or a part of us is away.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        try:
            return view(*args, **kwargs)
        except PostriderError as problem:
            return _give_back(problem.message, problem.status)

    return cast("View", guarded)


def needed_permission(endpoint: str) -> Permission | None:
    """Return what the route behind ``endpoint`` declared.

    Raises:
        LookupError: when it declared nothing, which is a mistake in the code.
    """
    view = current_app.view_functions[endpoint]
    if view not in NEEDS:
        raise LookupError(f"{endpoint} declares no permission: put @permission(…) below its route")
    return NEEDS[view]


def remember_sign_in(account: Account) -> None:
    """Begin a fresh session for ``account``; whatever the browser held before is forgotten."""
    session.clear()
    session.permanent = True
    session["account"], session["epoch"] = account.id, account.epoch


def forget_sign_in() -> None:
    """End the session of this browser."""
    session.clear()


def current_account() -> Account:
    """Return who is signed in; only for routes that need a permission."""
    return cast("Account", g.account)


def current_zone() -> ZoneInfo:
    """Return the zone of the desk's clocks: the organisation's; UTC for who is not signed in."""
    return cast("ZoneInfo", g.get("zone") or ZoneInfo("UTC"))


def safe_target(raw: str | None) -> str:
    """Return ``raw`` if it is a path of the desk, else the first page: nobody is sent elsewhere."""
    first = url_for("desk.show_issues")
    if not raw or not raw.startswith("/desk/") or "\\" in raw or "//" in raw:
        return first
    return raw


def say(sentence: str, tone: str = "good") -> None:
    """Show ``sentence`` at the top of the next page. ``tone``: plain, good, warn or bad."""
    flash(sentence, tone)


@blueprint.before_request
def guard() -> ResponseReturnValue | None:
    """Let the request through, ask for a sign-in, or refuse."""
    needed = needed_permission(request.endpoint or "")
    g.account, g.alarms = None, []
    try:
        g.account = _find_signed_in()
    except PostriderError as problem:
        if request.method != "POST":
            raise
        return _give_back(problem.message, problem.status)
    if needed is None:
        return None
    if g.account is None:
        return _ask_to_sign_in()
    if not may(g.account.role, needed):
        return render_template("web/desk/refused.html", needed=needed), 403
    return None


@blueprint.errorhandler(CSRFError)
def refuse_forgery(_: CSRFError) -> ResponseReturnValue:
    """Refuse a form without a valid token, giving back what was typed: mostly its session ended meanwhile."""
    g.setdefault("account", None)
    return _give_back(SESSION_ENDED, 400, is_signed_out=True)


@blueprint.app_context_processor
def offer_account() -> dict[str, object]:
    """Give every template the account that is signed in, if any, what it may do, and the standing alarms."""
    account: Account | None = g.get("account")

    def can(name: str) -> bool:
        return account is not None and may(account.role, Permission(name))

    return {"account": account, "can": can, "alarms": g.get("alarms", [])}


def _find_signed_in() -> Account | None:
    account_id, epoch = session.get("account"), session.get("epoch")
    if not isinstance(account_id, int) or not isinstance(epoch, int):
        return None
    with unit_of_work() as work:
        account = find_account(work, account_id, epoch)
        if account is not None:
            g.alarms, g.zone = list_standing_alarms(work), find_zone(work)
        return account


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method == "POST":
        return _give_back(SESSION_ENDED, 401, is_signed_out=True)
    return redirect(url_for("desk.show_sign_in", next=request.full_path.rstrip("?")))


def _give_back(sentence: str, status: int, *, is_signed_out: bool = False) -> ResponseReturnValue:
    try:
        form = list(request.form.items(multi=True))
    except RequestEntityTooLarge:  # a large file with words around it, of somebody who may not send one any more
        form = []
    typed = [(name, text) for name, text in form if text and name not in NOT_TYPED]
    page = render_template("web/desk/not_saved.html", sentence=sentence, typed=typed, is_signed_out=is_signed_out)
    response = make_response(page, status)
    # The editor's preview posts into a frame; there too it must be said what went wrong.
    response.headers["Content-Security-Policy"] = write_policy({**PAGE, "frame-ancestors": "'self'"})
    return response
