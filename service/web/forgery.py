"""Forged forms: a POST that another site made somebody's browser send. Owns how each door is guarded.

Staff have a cookie that a forged form would carry, so their forms hold a token (Flask-WTF). Readers have none: what
their forms may do is in the link they hold or in the address they type. Those are refused by where they come from, as
the browser itself says, and so work without cookies. One-click unsubscribing is guarded by its token alone: RFC 8058
§3.1 forbids to ask for more.
"""

from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, request
from flask_wtf import CSRFProtect

from service.errors import PostriderError

CSRF = CSRFProtect()


class ForeignForm(PostriderError):  # noqa: N818 - reads as a sentence where it is raised
    """The browser says that another site made it send this form."""

    code = "foreign_form"
    status = 403


def configure_forgery(app: Flask) -> None:
    """Demand a token with every POST, but for the blueprints given to ``needs_no_token``."""
    # A form may lie open for a day; the session it belongs to ends it soon enough.
    app.config.update(WTF_CSRF_TIME_LIMIT=None)
    CSRF.init_app(app)


def needs_no_token(blueprint: Blueprint) -> Blueprint:
    """Let a blueprint without cookies take POSTs without a token."""
    return cast("Blueprint", CSRF.exempt(blueprint))


def refuse_foreign_forms() -> None:
    """Refuse a POST that the browser says another site sent (Fetch Metadata, else ``Origin``).

    A program that sends neither header is no browser with a person in front of it, so nobody can be tricked.

    Raises:
        ForeignForm: before the view has run.
    """
    if request.method == "POST" and is_foreign_form():
        raise ForeignForm("This form was sent from another site, so nothing was done. Please use our own page.")


def is_foreign_form() -> bool:
    """Return whether the browser says that another site made it send this form."""
    site = request.headers.get("Sec-Fetch-Site")
    return site not in {"same-origin", "none"} if site else _is_other_host(request.headers.get("Origin"))


def _is_other_host(origin: str | None) -> bool:
    return origin is not None and urlsplit(origin).netloc != request.host
