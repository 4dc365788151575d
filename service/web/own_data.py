"""All that is known of a person, for themselves: the file with it, and its erasure. Only by their own link.

Owns what they are told before and after. What is there and what must stay is decided by ``service.privacy``.
"""

from typing import Final

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Unavailable
from service.languages.sentences import for_readers
from service.privacy.download import describe_person, write_download
from service.privacy.erasing import erase_person, find_kept
from service.subscribers.consent import Proof
from service.subscribers.preferences import get_person
from service.subscribers.states import ConsentSource
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import gettext
from service.web.own_link import StaleLink, read_own_link, show_stale
from service.web.transaction import unit_of_work

ERASE_WORDING: Final = for_readers("Yes, erase all of this")
RETRY_AFTER: Final = {"Retry-After": "60"}  # seconds; a mail that is leaving has its answer by then

blueprint = needs_no_token(Blueprint("own_data", __name__, url_prefix="/yours"))
blueprint.before_request(refuse_foreign_forms)
blueprint.register_error_handler(StaleLink, show_stale)


@blueprint.get("/<token>/data.json")
def download_data(token: str) -> ResponseReturnValue:
    """Hand the person all that is known of them as one file. Changes nothing; no cache keeps it (``security``)."""
    with unit_of_work() as session:
        subscriber_id, _ = read_own_link(session, token)
        told = describe_person(session, subscriber_id)
    response = make_response(write_download(told))
    response.content_type = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="own-data-{now():%Y-%m-%d}.json"'
    return response


@blueprint.get("/<token>/erase")
def show_erasure(token: str) -> ResponseReturnValue:
    """Say what an erasure takes and what it leaves, with the button."""
    with unit_of_work() as session:
        subscriber_id, _ = read_own_link(session, token)
        return _show_erasure(session, subscriber_id, token)


@blueprint.post("/<token>/erase")
def erase(token: str) -> ResponseReturnValue:
    """Forget the person, and say what was done. There is no page to come back to: the link knows nobody any more."""
    try:
        with unit_of_work() as session:
            subscriber_id, _ = read_own_link(session, token)
            kept = find_kept(session, subscriber_id)
            erase_person(session, subscriber_id, Proof(ConsentSource.PREFERENCES_PAGE, gettext(ERASE_WORDING)))
    except Unavailable as problem:
        with unit_of_work() as session:
            return _show_erasure(session, subscriber_id, token, is_busy=True), problem.status, RETRY_AFTER
    return render_template("web/public/erased.html", newsletter=None, kept=kept)


def _show_erasure(session: Session, subscriber_id: int, token: str, *, is_busy: bool = False) -> str:
    """Return the page before an erasure; ``is_busy``: the last try met something of the person that was on its way."""
    person = get_person(session, subscriber_id)
    return render_template(
        "web/public/erase.html",
        newsletter=None,
        address=person.address,
        token=token,
        kept=find_kept(session, subscriber_id),
        wording=gettext(ERASE_WORDING),
        is_busy=is_busy,
    )
