"""What the letters about a sign-up are filled with, from the ids that they hold. Owns where their button leads.

Nothing that a stranger typed is among it: whoever signs up somebody else's address can make us write no word of theirs.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.compose import Links
from service.errors import NotFound
from service.issues.models import Newsletter
from service.mail.models import Letter, LetterKind
from service.subscribers.queries import find_subscriber
from service.subscribers.signup_models import SignUp
from service.tokens import Purpose


def describe_sign_up_letter(session: Session, letter: Letter, links: Links) -> tuple[Newsletter, dict[str, str]]:
    """Return the newsletter that speaks, and the values of the letter.

    Raises:
        NotFound: when the sign-up or its person is gone.
    """
    sign_up = session.get(SignUp, letter.about["sign_up"])
    if sign_up is None:
        raise NotFound("There is no such sign-up.")
    newsletters = _list_newsletters(session, sign_up)
    if letter.kind is LetterKind.ALREADY_SUBSCRIBED:
        button_url = _link_to_choices(session, sign_up, links)
    else:
        button_url = f"{links.public_url}/confirm/{links.signer.sign(Purpose.SIGN_UP, sign_up.id)}"
    return newsletters[0], _fill(newsletters, button_url, sign_up.language)


def _list_newsletters(session: Session, sign_up: SignUp) -> Sequence[Newsletter]:
    asked = select(Newsletter).where(Newsletter.id.in_(sign_up.newsletter_ids)).order_by(Newsletter.id)
    return session.scalars(asked).all()


def _link_to_choices(session: Session, sign_up: SignUp, links: Links) -> str:
    subscriber = find_subscriber(session, sign_up.address_key)
    if subscriber is None:
        raise NotFound("This person is not known here.")
    return f"{links.public_url}/preferences/{links.signer.sign(Purpose.PREFERENCES, subscriber.id, 0)}"


def _fill(newsletters: Sequence[Newsletter], button_url: str, language: str) -> dict[str, str]:
    return {
        "newsletters": "\n".join(newsletter.name for newsletter in newsletters),
        "publisher": newsletters[0].publisher,
        "postal_address": newsletters[0].postal_address,
        "button_url": button_url,
        "language": language,
    }
