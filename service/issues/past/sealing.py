"""A past issue's web page and hash. Of its mail there is nothing: an empty template, so that nothing can be sent.

The page is made by the renderer of all issues. One article is the whole of it and has no title of its own below the
page's ``h1``, so its headings move up one level.
"""

import hashlib
import re
from typing import Final

from service.issues.models import Edition, Issue
from service.issues.render import render_web

_HEADING: Final = re.compile(r"<(/?)h([3-6])(?=[ >])")  # of the renderer: in texts and attributes, "<" is escaped
_NO_MAIL: Final = b""


def render_past_issue(issue: Issue) -> str:
    """Return the HTML of its text. Links for gifts are not in it: what it asked for, it asked in its own time.

    Raises:
        BadInput: when a part of it breaks a rule of texts.
    """
    return _HEADING.sub(lambda tag: f"<{tag[1]}h{int(tag[2]) - 1}", render_web(issue))


def seal_past_issue(issue: Issue, web_html: str) -> Edition:
    """Return the edition that keeps ``web_html``, what ``render_past_issue`` gave, for a past issue that has its id."""
    newsletter = issue.newsletter
    page = web_html.encode()
    return Edition(
        issue_id=issue.id,
        content_hash=hashlib.sha256(page).hexdigest(),
        subject=issue.title or newsletter.name,
        sender_name=newsletter.sender_name,
        sender_address=newsletter.sender_address,
        reply_address=newsletter.reply_address,
        list_id=newsletter.list_id,
        list_name=newsletter.name,
        template=_NO_MAIL,
        web_html=web_html,
        html_bytes=len(page),
        text_bytes=0,
    )
