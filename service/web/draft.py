"""A draft by its secret link, as its test mail shows it: for whoever was given the mail, and for nobody else."""

from flask import Blueprint, Response

from service.issues.queries import get_issue
from service.issues.render import preview_html
from service.tokens import Purpose
from service.web.asking import present_asking
from service.web.links import read_link
from service.web.security import MAIL, content_policy
from service.web.services import get_services
from service.web.transaction import unit_of_work

blueprint = Blueprint("draft", __name__)


@blueprint.get("/preview/<token>")
@content_policy(MAIL)
def show_draft(token: str) -> Response:
    """Show the issue as it is now, with direct links and no tracking."""
    (issue_id,) = read_link(Purpose.PREVIEW, token)
    with unit_of_work() as session:
        html = preview_html(get_issue(session, issue_id), get_services().settings.public_url, present_asking(session))
    return Response(html, headers={"X-Robots-Tag": "noindex, nofollow"})
