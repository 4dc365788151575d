"""The link to a person's own page, which was mailed to them and is over after an hour. Owns reading it, and what then.

Never a link of another mail: those are passed on, and open nothing here.
"""

from flask import render_template
from flask.typing import ResponseReturnValue

from service.errors import PostriderError
from service.subscribers.own_page import is_fresh
from service.tokens import Purpose
from service.web.links import read_link


class StaleLink(PostriderError):  # noqa: N818 - reads as a sentence where it is raised
    """The link was a person's own, but its hour is over."""

    code = "stale_link"
    status = 410


def read_own_link(token: str) -> tuple[int, int]:
    """Return whose page a link opens (subscriber) and when it was asked for, in seconds since 1970.

    Raises:
        NotFound: for every token that is not ours, of another purpose, or damaged.
        StaleLink: when its hour is over.
    """
    subscriber_id, asked_at = read_link(Purpose.SELF_SERVICE, token)
    if not is_fresh(asked_at):
        raise StaleLink("This link is over.")
    return subscriber_id, asked_at


def show_stale(problem: StaleLink) -> ResponseReturnValue:
    """Offer a fresh link in place of one that is over."""
    return render_template("web/public/own_page_ask.html", typed="", error="", is_stale=True), problem.status
