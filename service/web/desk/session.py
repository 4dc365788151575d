"""Signing in and out, and one's own password. Owns the pages; whether a password fits is decided by ``staff``."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.errors import BadInput
from service.staff.accounts import change_password, end_sessions, sign_in
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import (
    blueprint,
    current_account,
    forget_sign_in,
    permission,
    remember_sign_in,
    safe_target,
    say,
)
from service.web.transaction import unit_of_work

REFUSED = "That address and password don’t belong together. After ten wrong tries an account rests for 15 minutes."


@blueprint.get("/sign-in")
@permission(None)
def show_sign_in() -> ResponseReturnValue:
    """Show the sign-in form."""
    return render_template("web/desk/sign_in.html", address="", error="", target=safe_target(request.args.get("next")))


@blueprint.post("/sign-in")
@permission(None)
def accept_sign_in() -> ResponseReturnValue:
    """Begin a session, or show the form again with the address kept."""
    address, password = request.form.get("address", ""), request.form.get("password", "")
    target = safe_target(request.form.get("next"))
    with unit_of_work() as work:
        account = sign_in(work, address, password)
    if account is None:
        return render_template("web/desk/sign_in.html", address=address, error=REFUSED, target=target), 422
    remember_sign_in(account)
    return redirect(target)


@blueprint.post("/sign-out")
@permission(None)
def accept_sign_out() -> ResponseReturnValue:
    """End the session of this browser. Safe to repeat."""
    forget_sign_in()
    say("You are signed out.")
    return redirect(url_for("desk.show_sign_in"))


@blueprint.get("/account")
@permission(Permission.ENTER)
def show_account() -> ResponseReturnValue:
    """Show one's own account."""
    return render_template("web/desk/account.html", error="")


@blueprint.post("/account/password")
@permission(Permission.ENTER)
def accept_password() -> ResponseReturnValue:
    """Set a new password, end every other session and go on in this one."""
    account = current_account()
    try:
        with unit_of_work() as work:
            change_password(work, account.id, request.form.get("old", ""), request.form.get("new", ""))
            note(work, account.id, "Changed the password", f"account:{account.id}")
    except BadInput as problem:
        return render_template("web/desk/account.html", error=problem.message), 422
    return _stay_signed_in("Your password is changed. Every other browser is signed out.")


@blueprint.post("/account/end-sessions")
@permission(Permission.ENTER)
def accept_end_sessions() -> ResponseReturnValue:
    """Sign out every browser but this one."""
    with unit_of_work() as work:
        end_sessions(work, current_account().id)
    return _stay_signed_in("Every other browser is signed out.")


def _stay_signed_in(sentence: str) -> ResponseReturnValue:
    account = current_account()
    account.epoch += 1  # what the domain has just committed; this object was read before
    remember_sign_in(account)
    say(sentence)
    return redirect(url_for("desk.show_account"))
