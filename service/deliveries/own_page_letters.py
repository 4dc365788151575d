"""What the letters of a person's own page say, from the ids that they hold: the link to it, and another address.

They say nothing of what is known of the person: whoever asks for one has only typed an address.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.compose import Links
from service.errors import NotFound
from service.issues.models import Newsletter
from service.mail.models import Letter, LetterKind
from service.subscribers.address_change import get_change
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.own_page import LINK_LASTS, sign_own_link
from service.subscribers.preferences import get_person
from service.tokens import Purpose

_HOUR: Final = timedelta(hours=1)


def describe_own_page_letter(session: Session, letter: Letter, links: Links) -> tuple[Newsletter, dict[str, str]]:
    """Return the newsletter that speaks and the values of the letter with the link to a person's own page.

    Raises:
        NotFound: when there is no such person, or none who ever asked for a newsletter.
    """
    person = get_person(session, letter.about["subscriber"])
    token = sign_own_link(links.signer, person.id, letter.recipient, letter.about["asked_at"])
    speaker, values = _fill(session, person, f"{links.public_url}/yours/{token}")
    return speaker, {**values, "newsletters": "", "hours": str(LINK_LASTS // _HOUR)}


def describe_address_letter(session: Session, letter: Letter, links: Links) -> tuple[Newsletter, dict[str, str]]:
    """Return the newsletter that speaks and the values of a letter that asks one of two addresses for its yes.

    Raises:
        NotFound: when the wish is over, or its person is gone.
    """
    change = get_change(session, letter.about["change"])
    person = get_person(session, change.subscriber_id)
    if letter.kind is LetterKind.ADDRESS_OLD:
        token = links.signer.sign(Purpose.ADDRESS_OLD, change.id)
        speaker, values = _fill(session, person, f"{links.public_url}/address/old/{token}")
        return speaker, {**values, "new_address": change.new_address}
    return _fill(session, person, f"{links.public_url}/address/new/{links.signer.sign(Purpose.ADDRESS_NEW, change.id)}")


def _fill(session: Session, person: Subscriber, button_url: str) -> tuple[Newsletter, dict[str, str]]:
    """Return the person's first newsletter, in whose name we write, and what every letter says."""
    speaker = session.scalars(
        select(Newsletter)
        .join(Subscription, Subscription.newsletter_id == Newsletter.id)
        .where(Subscription.subscriber_id == person.id)
        .order_by(Subscription.id)
        .limit(1)
    ).one_or_none()
    if speaker is None:
        raise NotFound("This person has asked for no newsletter.")
    return speaker, {
        "newsletters": speaker.name,
        "publisher": speaker.publisher,
        "postal_address": speaker.postal_address,
        "button_url": button_url,
        "language": person.language,
    }
