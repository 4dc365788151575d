"""What each kind of letter says, from the ids it holds. Owns the choice of text and sender; never the sending."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.deliveries.compose import Links
from service.deliveries.own_page_letters import describe_address_letter, describe_own_page_letter
from service.deliveries.signup_letters import describe_sign_up_letter
from service.donations.asking import find_asking
from service.donations.letters import GiftLinks, describe_gift_letter
from service.errors import NotFound
from service.issues.models import Newsletter
from service.issues.queries import get_issue
from service.issues.render import render_draft
from service.mail.message import Party
from service.mail.models import Letter, LetterKind
from service.organisation.queries import get_organisation
from service.receipts.letters import describe_receipt_letter, describe_statement_letter, describe_void_letter
from service.rendering.attachments import Attachment
from service.rendering.letters import encode_letter, render_letter
from service.rendering.template import ReaderValues, compile_template
from service.tokens import Purpose


@dataclass(frozen=True)
class LetterText:
    """A letter ready for its envelope: who speaks, the subject, and the encoded MIME body with its type."""

    sender: Party
    reply_to: Party
    subject: str
    content_type: str
    body: bytes


def write_letter(session: Session, letter: Letter, links: Links) -> LetterText:
    """Return the text of a letter.

    Raises:
        NotFound, BadInput: when what it is about is gone or can't be rendered; it will not get better by waiting.
    """
    return _WRITERS[letter.kind](session, letter, links)


def _write_about_sign_up(session: Session, letter: Letter, links: Links) -> LetterText:
    return _speak_for_newsletter(letter, *describe_sign_up_letter(session, letter, links))


def _write_own_page(session: Session, letter: Letter, links: Links) -> LetterText:
    return _speak_for_newsletter(letter, *describe_own_page_letter(session, letter, links))


def _write_about_address(session: Session, letter: Letter, links: Links) -> LetterText:
    return _speak_for_newsletter(letter, *describe_address_letter(session, letter, links))


def _write_test(session: Session, letter: Letter, links: Links) -> LetterText:
    issue = get_issue(session, letter.about["issue"])
    rendered = render_draft(issue, links.public_url, find_asking(session, links.signer, links.public_url))
    template = compile_template(rendered, track_clicks=False)
    draft = f"{links.public_url}/preview/{links.signer.sign(Purpose.PREVIEW, issue.id)}"
    values = ReaderValues(name=None, unsubscribe_url=draft, view_url=draft, click_url_prefix="", pixel_url=None)
    newsletter = issue.newsletter
    return LetterText(
        Party(newsletter.sender_name, newsletter.sender_address),
        Party("", newsletter.reply_address),
        f"[Test] {rendered.subject}",
        template.content_type,
        template.join(values),
    )


def _write_receipt(session: Session, letter: Letter, links: Links) -> LetterText:
    values, files = describe_receipt_letter(session, letter, links.public_url)
    return _speak_for_organisation(session, letter, values, files)


def _write_void(session: Session, letter: Letter, _: Links) -> LetterText:
    return _speak_for_organisation(session, letter, describe_void_letter(session, letter))


def _write_statement(session: Session, letter: Letter, _: Links) -> LetterText:
    return _speak_for_organisation(session, letter, *describe_statement_letter(session, letter))


def _write_about_gift(session: Session, letter: Letter, links: Links) -> LetterText:
    values = describe_gift_letter(session, letter, GiftLinks(links.signer, links.public_url))
    return _speak_for_organisation(session, letter, values)


def _write_alarm(session: Session, letter: Letter, links: Links) -> LetterText:
    alarm = session.get(Alarm, letter.about["alarm"])
    if alarm is None:
        raise NotFound("There is no such alarm.")
    zone = get_organisation(session).zone
    values = {
        "sentence": alarm.sentence,
        "raised_at": f"{alarm.raised_at.astimezone(zone):%d %B %Y, %H:%M %Z}",
        "desk_url": f"{links.public_url}/desk/",
        "language": "en",  # the desk's
    }
    return _speak_for_organisation(session, letter, values)


def _speak_for_newsletter(letter: Letter, newsletter: Newsletter, values: Mapping[str, str]) -> LetterText:
    rendered = render_letter(letter.kind.value, values)
    encoded = encode_letter(rendered)
    return LetterText(
        Party(newsletter.sender_name, newsletter.sender_address),
        Party("", newsletter.reply_address),
        rendered.subject,
        encoded.content_type,
        encoded.body,
    )


def _speak_for_organisation(
    session: Session, letter: Letter, values: Mapping[str, str], files: tuple[Attachment, ...] = ()
) -> LetterText:
    """Write a letter in the organisation's name. ``values`` go before its facts of today: a receipt keeps its own."""
    organisation = get_organisation(session)
    today = {
        "organisation": organisation.sender_name,
        "legal_name": organisation.legal_name,
        "postal_address": organisation.postal_address,
    }
    rendered = render_letter(letter.kind.value, {**today, **values})
    encoded = encode_letter(rendered, files)
    return LetterText(
        Party(organisation.sender_name, organisation.sender_address),
        Party("", organisation.reply_address),
        rendered.subject,
        encoded.content_type,
        encoded.body,
    )


_WRITERS: dict[LetterKind, Callable[[Session, Letter, Links], LetterText]] = {
    LetterKind.CONFIRM: _write_about_sign_up,
    LetterKind.ALREADY_SUBSCRIBED: _write_about_sign_up,
    LetterKind.SELF_SERVICE: _write_own_page,
    LetterKind.ADDRESS_OLD: _write_about_address,
    LetterKind.ADDRESS_NEW: _write_about_address,
    LetterKind.TEST: _write_test,
    LetterKind.ALARM: _write_alarm,
    LetterKind.RECEIPT: _write_receipt,
    LetterKind.RECEIPT_VOIDED: _write_void,
    LetterKind.STATEMENT: _write_statement,
    LetterKind.GIFT_PENDING: _write_about_gift,
    LetterKind.GIFT_FAILED: _write_about_gift,
    LetterKind.RENEWAL_FAILED: _write_about_gift,
    LetterKind.RENEWAL_NOTICE: _write_about_gift,
    LetterKind.RECURRING_CHANGED: _write_about_gift,
    LetterKind.RECURRING_ENDED: _write_about_gift,
    LetterKind.DONOR_SIGN_IN: _write_about_gift,
}
