"""A whole message from headers and an already encoded body. Owns which headers each kind of mail carries.

The body comes from ``rendering`` as bytes and is not looked at again.
"""

from dataclasses import dataclass
from datetime import datetime

from service.mail.headers import address_header, date_header, text_header, token_header


@dataclass(frozen=True)
class Party:
    """A name and a plain address."""

    name: str
    address: str


@dataclass(frozen=True)
class Envelope:
    """What every mail has. ``date`` is aware; ``message_id`` comes without angle brackets."""

    sender: Party
    recipient: Party
    reply_to: Party
    subject: str
    date: datetime
    message_id: str


@dataclass(frozen=True)
class ListHeaders:
    """What only a newsletter carries. ``list_id`` is ``name.domain`` (RFC 2919) and never changes."""

    list_name: str
    list_id: str
    unsubscribe_url: str
    feedback_id: str


def build_newsletter(envelope: Envelope, lists: ListHeaders, content_type: str, body: bytes) -> bytes:
    """Return one reader's copy: RFC 8058 one-click headers, List-ID, Feedback-ID, Precedence bulk."""
    list_lines = [
        address_header("List-ID", lists.list_name, lists.list_id),
        token_header("List-Unsubscribe", f"<{lists.unsubscribe_url}>"),
        token_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        token_header("Feedback-ID", lists.feedback_id),
        token_header("Precedence", "bulk"),
    ]
    return b"".join([*_common(envelope), *list_lines, *_mime(content_type), b"\r\n", body])


def build_letter(envelope: Envelope, content_type: str, body: bytes) -> bytes:
    """Return a transactional mail: no list headers, ``Auto-Submitted: auto-generated`` (RFC 3834 §5)."""
    automatic = token_header("Auto-Submitted", "auto-generated")
    return b"".join([*_common(envelope), automatic, *_mime(content_type), b"\r\n", body])


def _common(envelope: Envelope) -> list[bytes]:
    return [
        date_header(envelope.date),
        address_header("From", envelope.sender.name, envelope.sender.address),
        address_header("To", envelope.recipient.name, envelope.recipient.address),
        address_header("Reply-To", envelope.reply_to.name, envelope.reply_to.address),
        text_header("Subject", envelope.subject),
        token_header("Message-ID", f"<{envelope.message_id}>"),
    ]


def _mime(content_type: str) -> list[bytes]:
    return [
        token_header("MIME-Version", "1.0"),
        token_header("Content-Type", *content_type.split("; "), separator="; "),
    ]
