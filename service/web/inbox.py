"""The development inbox: every mail that the catcher caught, to look at. Never registered in production."""

import re
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, render_template

from service.development.inbox import OpenedMail, count_mails, get_mail, list_mails
from service.web.security import MAIL_IN_FRAME, content_policy
from service.web.services import get_services

# The pixel and the pictures of a mail on this machine come over plain HTTP.
FRAME_POLICY: Final = {**MAIL_IN_FRAME, "img-src": "'self' http: https: data:"}
SIDES: Final = {"html": "Mail", "phone": "On a phone", "text": "Plain text", "headers": "Headers", "source": "Source"}
SHOWN: Final = 100
_LINK_OUT = re.compile(r"<a(?=\s[^>]*href=.https?:)", re.IGNORECASE)

blueprint = Blueprint("inbox", __name__, url_prefix="/dev/inbox")


@blueprint.get("")
def list_inbox() -> str:
    """List what was caught, newest first."""
    folder = _folder()
    return render_template("web/inbox/list.html", mails=list_mails(folder, SHOWN), count=count_mails(folder))


@blueprint.get("/<mail_id>", defaults={"side": "html"})
@blueprint.get("/<mail_id>/<side>")
def show_mail(mail_id: str, side: str) -> str:
    """Show one side of a mail."""
    if side not in SIDES:
        abort(404)
    mail = get_mail(_folder(), mail_id)
    return render_template("web/inbox/mail.html", mail=mail, side=side, sides=SIDES, source=_as_text(mail))


@blueprint.get("/<mail_id>/frame")
@content_policy(FRAME_POLICY)
def show_frame(mail_id: str) -> Response:
    """Answer with the mail's own HTML, for the frame. Links that leave it open in a window of their own."""
    html = get_mail(_folder(), mail_id).html
    return Response(_LINK_OUT.sub('<a target="_blank"', html))


def _folder() -> Path:
    folder = get_services().settings.inbox_dir
    return folder if folder is not None else abort(404)


def _as_text(mail: OpenedMail) -> str:
    return mail.source.decode("utf-8", "replace")
