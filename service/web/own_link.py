"""The link to a person's own page, which was mailed to them and is over after an hour. Owns reading it, and what then.

Never a link of another mail: those are passed on, and open nothing here. Nor one that went to an address that the
person has left since: whoever reads the old mailbox may be somebody else.
"""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import NotFound, PostriderError
from service.languages.sentences import for_readers
from service.subscribers.own_page import is_fresh, was_mailed_to
from service.subscribers.preferences import get_person
from service.tokens import Purpose
from service.web.language import speak_to
from service.web.links import DEAD_LINK, read_link
from service.web.services import get_services

_OTHER_MAILBOX = for_readers(
    "This link went to an address that our mail no longer goes to. Please ask for one at the new address."
)


class StaleLink(PostriderError):  # noqa: N818 - reads as a sentence where it is raised
    """The link was a person's own, but its hour is over."""

    code = "stale_link"
    status = 410

    def __init__(self, token: str) -> None:
        super().__init__("This link is over.")
        self.token = token


def read_own_link(session: Session, token: str) -> tuple[int, int]:
    """Return whose page a link opens (subscriber) and when it was asked for, in seconds since 1970.

    Raises:
        NotFound: for every token that is not ours, of another purpose, damaged, or mailed to an address left since.
        StaleLink: when its hour is over.
    """
    subscriber_id, asked_at = find_holder(session, token)
    if not is_fresh(asked_at):
        raise StaleLink(token)
    return subscriber_id, asked_at


def find_holder(session: Session, token: str) -> tuple[int, int]:
    """Return the same of a link whose hour may be over; from here on, the page speaks the person's language.

    Raises:
        NotFound: as above.
    """
    ids = read_link(Purpose.SELF_SERVICE, token)
    if len(ids) != 3:
        raise NotFound(DEAD_LINK)
    subscriber_id, asked_at, mailbox = ids
    person = get_person(session, subscriber_id)
    if not was_mailed_to(get_services().signer, mailbox, person.mailed_address):
        raise NotFound(_OTHER_MAILBOX)
    speak_to(person.language)
    return subscriber_id, asked_at


def show_stale(problem: StaleLink) -> ResponseReturnValue:
    """Offer to mail a fresh link in place of one that is over."""
    return render_template("web/public/own_page_over.html", token=problem.token), problem.status
