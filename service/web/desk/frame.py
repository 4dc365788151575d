"""A mail made fit for a frame of the desk: forced to one colour scheme, its links opening beside. Owns no mail text."""

import re
from dataclasses import replace
from enum import StrEnum

from flask import Response, make_response, render_template

from service.errors import BadInput
from service.issues.render import SAMPLE_READER
from service.rendering.content import IssueContent
from service.rendering.issue import render_issue
from service.rendering.template import compile_template
from service.web.desk.access import blueprint
from service.web.security import MAIL_IN_FRAME, PAGE, write_policy

# The plain text stands on a page of ours, with our stylesheet and not a script.
TEXT_IN_FRAME = {**PAGE, "script-src": "'none'", "frame-ancestors": "'self'"}
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")


class View(StrEnum):
    """How a mail is looked at."""

    PHONE = "phone"
    DESKTOP = "desktop"
    DARK = "dark"
    TEXT = "text"


VIEW_WORDS = {View.PHONE: "Phone", View.DESKTOP: "Desktop", View.DARK: "Dark", View.TEXT: "Plain text"}


def read_view(raw: str | None) -> View:
    """Return the view by its name; the phone, where most mail is read, when ``raw`` is none of them."""
    return View(raw) if raw in set(View) else View.PHONE


def answer_frame(content: IssueContent, view: View, base_url: str) -> Response:
    """Render ``content`` for a sandboxed frame; what can't be rendered is said there in a sentence."""
    try:
        template = compile_template(render_issue(content, base_url=base_url), track_clicks=False)
    except BadInput as problem:
        return _answer_page(sentence=problem.message)
    if view is View.TEXT:
        return _answer_page(text=template.view_text(SAMPLE_READER, {}))
    html = template.view_html(SAMPLE_READER, {})
    response = make_response(open_links_beside(force_scheme(html, "dark" if view is View.DARK else "light")))
    response.headers["Content-Security-Policy"] = write_policy(MAIL_IN_FRAME)
    return response


def only_item(content: IssueContent, position: int) -> IssueContent:
    """Return ``content`` with a single one of its items, counted from 0."""
    return replace(content, items=content.items[position : position + 1])


def force_scheme(html: str, scheme: str) -> str:
    """Return ``html`` as it looks where the reader's system asks for ``scheme``, whatever ours asks for."""
    return _PREFERS.sub(lambda asked: "(min-width: 0px)" if asked[1] == scheme else "(max-width: 0px)", html)


def open_links_beside(html: str) -> str:
    """Return ``html`` with every link opening in a tab of its own: the frame may show nothing but the mail."""
    return html.replace("<head>", '<head><base target="_blank">', 1)


@blueprint.app_context_processor
def offer_views() -> dict[str, object]:
    """Give the desk's templates the views and their words."""
    return {"view_words": VIEW_WORDS}


def _answer_page(text: str = "", sentence: str = "") -> Response:
    response = make_response(render_template("web/desk/frame.html", text=text, sentence=sentence))
    response.headers["Content-Security-Policy"] = write_policy(TEXT_IN_FRAME)
    return response
