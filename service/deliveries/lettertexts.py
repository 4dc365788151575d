"""What each kind of letter says, from the ids it holds. Owns the choice of text and sender; never the sending."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.deliveries.compose import Links
from service.issues.models import Newsletter
from service.issues.queries import get_issue
from service.issues.render import render_draft
from service.mail.message import Party
from service.mail.models import Letter, LetterKind
from service.rendering.letters import encode_letter, render_letter
from service.rendering.template import ReaderValues, compile_template
from service.subscribers.queries import get_subscription
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


def _write_confirm(session: Session, letter: Letter, links: Links) -> LetterText:
    subscription = get_subscription(session, letter.about["subscription"])
    newsletter = session.get_one(Newsletter, subscription.newsletter_id)
    token = links.signer.sign(Purpose.CONFIRM, subscription.id)
    context = {
        "newsletter": newsletter.name,
        "publisher": newsletter.publisher,
        "postal_address": newsletter.postal_address,
        "confirm_url": f"{links.public_url}/confirm/{token}",
        "language": subscription.subscriber.language,
    }
    rendered = render_letter(letter.kind.value, context)
    compiled = encode_letter(rendered)
    return LetterText(
        Party(newsletter.sender_name, newsletter.sender_address),
        Party("", newsletter.reply_address),
        rendered.subject,
        compiled.content_type,
        compiled.body,
    )


def _write_test(session: Session, letter: Letter, links: Links) -> LetterText:
    issue = get_issue(session, letter.about["issue"])
    rendered = render_draft(issue, links.public_url)
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


_WRITERS: dict[LetterKind, Callable[[Session, Letter, Links], LetterText]] = {
    LetterKind.CONFIRM: _write_confirm,
    LetterKind.TEST: _write_test,
}
