"""Sealing: an issue's content, sender and settings become an edition that never changes. Never decides who gets it."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from service.issues.asking import Asking
from service.issues.models import Edition, Issue
from service.issues.render import render_draft, render_thanks, render_web
from service.rendering.issue import RenderedIssue
from service.rendering.template import compile_template


def seal_issue(
    session: Session, issue: Issue, base_url: str, asking: Asking | None = None, *, dated_at: datetime
) -> tuple[Edition, RenderedIssue]:
    """Freeze a locked draft as its edition, compiled once in both its forms. The send path never compiles.

    ``asking`` is what its asks offer, None where no gifts are taken here; ``dated_at`` becomes the Date of every copy.
    Returned is the form that asks.

    Raises:
        BadInput: when the issue can't be rendered.
    """
    rendered = render_draft(issue, base_url, asking)
    newsletter = issue.newsletter
    template = compile_template(rendered, render_thanks(issue, base_url, asking)).dump()
    edition = Edition(
        issue_id=issue.id,
        content_hash=hashlib.sha256(template).hexdigest(),
        subject=rendered.subject,
        sender_name=newsletter.sender_name,
        sender_address=newsletter.sender_address,
        reply_address=newsletter.reply_address,
        list_id=newsletter.list_id,
        list_name=newsletter.name,
        template=template,
        web_html=render_web(issue, asking),
        html_bytes=rendered.html_bytes,
        text_bytes=rendered.text_bytes,
        dated_at=dated_at,
        message_host=urlsplit(base_url).hostname or "localhost",
    )
    session.add(edition)
    return edition, rendered
