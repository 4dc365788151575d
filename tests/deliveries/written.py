"""Writing one letter and reading it as a mail program does."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy.orm import Session

from service.deliveries.lettertexts import write_letter
from service.donations.models import Fund
from service.mail.models import Letter, LetterKind
from service.mail.outbox import post_letter
from service.wiring import Services
from tests.factories.giving import make_fund, make_organisation

ABOUT = {
    LetterKind.RECEIPT: "receipt",
    LetterKind.RECEIPT_VOIDED: "receipt",
    LetterKind.STATEMENT: "statement",
    LetterKind.GIFT_PENDING: "donation",
    LetterKind.GIFT_FAILED: "donation",
    LetterKind.RENEWAL_FAILED: "failure",
    LetterKind.RENEWAL_NOTICE: "recurring",
    LetterKind.RECURRING_CHANGED: "change",
    LetterKind.RECURRING_ENDED: "recurring",
    LetterKind.DONOR_SIGN_IN: "sign_in",
}


@dataclass(frozen=True)
class Written:
    """One letter as its reader has it. ``text`` has single spaces; ``address`` is the button's, empty without one."""

    subject: str
    text: str
    address: str
    files: dict[str | None, bytes]


def make_house(session: Session) -> Fund:
    """Store the organisation and return a fund of it."""
    make_organisation(session)
    return make_fund(session)


def post(session: Session, kind: LetterKind, row_id: int) -> Letter:
    """Store a letter of this kind about a row."""
    return post_letter(session, kind, "grace.giver@example.org", {ABOUT[kind]: row_id})


def write(services: Services, session: Session, kind: LetterKind, row_id: int) -> Written:
    """Post and write a letter about a row."""
    return read(services, session, post(session, kind, row_id))


def read(services: Services, session: Session, letter: Letter) -> Written:
    """Write a letter that was posted, and take it apart; the parser must find no defect."""
    written = write_letter(session, letter, services.links)
    head = f"MIME-Version: 1.0\r\nContent-Type: {written.content_type}\r\n\r\n".encode()
    mail = message_from_bytes(head + written.body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert [part.defects for part in mail.walk() if part.defects] == []
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    return Written(
        subject=written.subject,
        text=" ".join(text.split()),
        address=next((line.strip() for line in text.splitlines() if line.startswith("http")), ""),
        files={part.get_filename(): part.get_content() for part in mail.iter_attachments()},
    )
