"""Sign-ups as they come in. Owns that one form is stored once, by the same work for every address; decides nothing.

Whatever depends on the address (is it known? may it be mailed? was it asked for too often?) is for a worker, see
``signup_handling``: so neither the answer at the door nor its time tells anybody who reads what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.addresses import Address, parse_address
from service.errors import BadInput, Conflict
from service.jobs import Job, enqueue
from service.languages.sentences import for_readers
from service.subscribers.disposable import is_disposable
from service.subscribers.people import tidy_name
from service.subscribers.signup_models import Door, SignUp, SignUpRules

LONGEST_SOURCE: Final = 100  # characters


class SpentForm(Conflict):
    """This form was sent before, for something else; a fresh one will do."""

    code = "spent_form"


class NothingChosen(BadInput):
    """A sign-up for no newsletter at all."""

    code = "nothing_chosen"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks for at a door: ``address`` as typed, ``wording`` exactly as shown, ``mark`` of the form.

    ``language`` is one of the readers'; ``source`` is an outsider's own word for where the form stands. ``answers``, by
    the names of the questions, wait here until the sign-up is confirmed.
    """

    address: str
    newsletter_ids: Sequence[int]
    wording: str
    door: Door
    network: str
    mark: str
    language: str
    name: str | None = None
    source: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


def store_sign_up(session: Session, wish: Wish) -> None:
    """Keep a sign-up and nudge a worker after the commit. Looks at no other row about the address.

    Safe to repeat: the same form sent again unchanged is stored once, by the unique ``mark``.

    Raises:
        BadInput: when the address can't be mailed, or is a throw-away one while staff refuse these.
        NothingChosen: without a newsletter.
        SpentForm: when the form was sent before with another address, for other newsletters or with other answers.
    """
    newsletter_ids = sorted(set(wish.newsletter_ids))
    if not newsletter_ids:
        raise NothingChosen(for_readers("Please choose a newsletter."))
    address = parse_address(wish.address)
    _refuse_disposable(session, address)
    row = insert(SignUp).values(
        mark=wish.mark,
        address=address.typed,
        mailed_address=address.mailed,
        address_key=address.key,
        name=tidy_name(wish.name),
        language=wish.language,
        source=" ".join(wish.source.split())[:LONGEST_SOURCE],
        newsletter_ids=newsletter_ids,
        wording=wish.wording,
        door=wish.door,
        network=wish.network,
        fields=dict(wish.answers),
    )
    once = row.on_conflict_do_nothing(index_elements=[SignUp.mark]).returning(SignUp.id)
    sign_up_id = session.scalar(once)
    if sign_up_id is None:
        _refuse_another(session, wish, address, newsletter_ids)
    else:
        enqueue(session, Job.HANDLE_SIGN_UP, sign_up_id)


def _refuse_disposable(session: Session, address: Address) -> None:
    if session.get_one(SignUpRules, 1).refuses_disposable and is_disposable(address.mailed):
        raise BadInput(
            for_readers("We can’t write to throw-away addresses. Please use one that will still be yours tomorrow.")
        )


def _refuse_another(session: Session, wish: Wish, address: Address, newsletter_ids: list[int]) -> None:
    told = select(SignUp.address_key, SignUp.newsletter_ids, SignUp.fields).where(SignUp.mark == wish.mark)
    if tuple(session.execute(told).one()) != (address.key, newsletter_ids, dict(wish.answers)):
        raise SpentForm(for_readers("This form was sent before. Please look once more and press the button."))
