"""What every door of sign-ups asks before anything is stored: the mark, the puzzle, the limits and the work.

Owns their order, and the exact wording of consent. The doors themselves only read what was sent and show the answer:
the page (``signup``) and the one for programs (``signup_json``).
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flask import current_app, request
from flask_babel import gettext
from sqlalchemy.orm import Session

from service.errors import Conflict, NotFound, PostriderError
from service.issues.models import Newsletter
from service.issues.queries import list_newsletters
from service.languages.sentences import for_readers
from service.subscribers.defence import check_door, needs_work
from service.subscribers.fields import list_asked, read_answers
from service.subscribers.signup import Wish, store_sign_up
from service.subscribers.signup_models import Door
from service.tokens import Purpose
from service.visitors.challenge import Challenge, NotProven, check_challenge
from service.visitors.form_age import FormAge, judge_form_mark, make_form_mark
from service.visitors.networks import network_of
from service.visitors.work import BITS, is_solved
from service.web.language import page_language
from service.web.services import get_services
from service.web.transaction import unit_of_work

# People never see this field; programs that fill in whatever they find do.
HONEYPOT: Final = "website"
CHALLENGE: Final = "sign_up_challenge"  # the extension that holds a ``visitors.Challenge``, where one is set up
FIELDS: Final = ("address", "name", "source", "mark", "work", "door", HONEYPOT)
LARGEST_FORM: Final = 100_000  # bytes; a sign-up has some hundred
_WHY_AGAIN: Final[Mapping[FormAge, str]] = {
    FormAge.HASTY: for_readers(
        "That was very quick, and programs are quick too. Please look once more and press the button."
    ),
    FormAge.STALE: for_readers("This form lay open for more than a day. Please look once more and press the button."),
    FormAge.FOREIGN: for_readers(
        "This came from another page. So that nobody is signed up unawares, please look once more and press the button."
    ),
}


class PressAgain(Conflict):
    """The form bears no mark that we believe: a person presses once more, on our own page."""

    code = "press_again"


class FormTooLarge(PostriderError):  # noqa: N818 - reads as a sentence where it is raised
    """More was sent than any sign-up holds."""

    code = "too_large"
    status = 413


@dataclass(frozen=True)
class SentForm:
    """One form as it came: ``fields`` by the names of ``FIELDS``, cleaned; ``slugs`` of the newsletters.

    ``is_joint``: the newsletters were ticked among several, where the wording is another. ``puzzle``: the answer to
    the operator's puzzle, where there is one. ``answers`` are by the names of the optional questions.
    """

    fields: Mapping[str, str]
    slugs: Sequence[str]
    door: Door
    is_joint: bool
    puzzle: str
    answers: Mapping[str, str] = field(default_factory=dict)


def limit_body() -> None:
    """Refuse a body that no sign-up has, before it is read.

    Raises:
        FormTooLarge: with status 413.
    """
    request.max_content_length = LARGEST_FORM
    if (request.content_length or 0) > LARGEST_FORM:
        raise FormTooLarge(for_readers("That is far more than a sign-up needs. Please send less."))


def take_in(form: SentForm) -> None:
    """Store a sign-up, or nothing where a program filled it in: neither is told. Does the same for every address.

    Raises:
        PressAgain, SpentForm: the form needs a fresh mark and one more press.
        NotProven: the puzzle or the work is missing.
        TooMany: its network sent many.
        BadInput, BadAnswer, NothingChosen: what was typed can't be taken.
        NotFound: there is no such newsletter.
    """
    if form.fields[HONEYPOT]:
        return
    age = judge(form.fields["mark"])
    if age is not FormAge.RIPE:
        raise PressAgain(_WHY_AGAIN[age])
    check_challenge(find_challenge(), form.puzzle, request.remote_addr or "")
    network = network_of(request.remote_addr)
    with unit_of_work() as session:
        newsletters = find_newsletters(session, form.slugs)
        check_door(session, network)
        _check_work(session, form)
        wish = Wish(
            address=form.fields["address"],
            newsletter_ids=[newsletter.id for newsletter in newsletters],
            wording=joint_wording() if form.is_joint else consent_wording(newsletters[0]),
            door=form.door,
            network=network,
            mark=form.fields["mark"],
            language=page_language(),
            name=form.fields["name"],
            source=form.fields["source"],
            answers=read_answers(list_asked(session), form.answers),
        )
        store_sign_up(session, wish)


def judge(mark: str) -> FormAge:
    """Return what a sign-up form's mark says about it."""
    return judge_form_mark(get_services().signer, Purpose.SIGN_UP_FORM, mark)


def make_mark() -> str:
    """Return the mark of one fresh sign-up form: good for one sending."""
    return make_form_mark(get_services().signer, Purpose.SIGN_UP_FORM)


def find_work(session: Session) -> int:
    """Return how many bits of work a form shown now has to bring; 0 for none."""
    return BITS if needs_work(session) else 0


def find_challenge() -> Challenge | None:
    """Return the puzzle that an operator has set up for sign-ups."""
    return current_app.extensions.get(CHALLENGE)


def find_newsletters(session: Session, slugs: Iterable[str]) -> list[Newsletter]:
    """Return the newsletters with these slugs, oldest first.

    Raises:
        NotFound: when one of them does not exist.
    """
    wanted = set(slugs)
    found = [newsletter for newsletter in list_newsletters(session) if newsletter.slug in wanted]
    if len(found) < len(wanted):
        raise NotFound(for_readers("There is no such newsletter here."))
    return found


def consent_wording(newsletter: Newsletter) -> str:
    """Return the sentence that a person agrees to; it is kept as proof exactly as it was shown."""
    wording: str = gettext(
        "Send me “%(newsletter)s” by e-mail. %(publisher)s uses my address for nothing else, "
        "and every mail has a link that ends it at once.",
        newsletter=newsletter.name,
        publisher=newsletter.publisher,
    )
    return wording


def joint_wording() -> str:
    """Return the same for a page with several newsletters to tick."""
    wording: str = gettext(
        "Send me the newsletters that I have ticked by e-mail. My address is used for nothing else, "
        "and every mail has a link that ends it at once."
    )
    return wording


def clean(typed: str) -> str:
    """Return what was typed without what no line of text has: control characters, halves of characters.

    PostgreSQL's text has no room for NUL, and JSON can hold half of a surrogate pair.
    """
    return "".join(char for char in typed if unicodedata.category(char) not in {"Cc", "Cs"})


def _check_work(session: Session, form: SentForm) -> None:
    if needs_work(session) and not is_solved(form.fields["mark"], form.fields["work"]):
        raise NotProven(
            for_readers("Very many sign-ups are coming in just now. Please press once more and wait a moment.")
        )
