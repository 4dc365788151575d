"""A whole message from headers and an already encoded body. Owns which headers each kind of mail carries.

The body comes from ``rendering`` as bytes and is not looked at again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.mail.headers import address_header, date_header, recipient_header, text_header, token_header


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
class ListFacts:
    """What only a newsletter carries. ``list_id`` is ``name.domain`` (RFC 2919) and never changes."""

    name: str
    list_id: str
    feedback_id: str


class NewsletterHead:
    """The header lines of an issue's copies: RFC 8058 one-click, List-ID, Feedback-ID, Precedence bulk.

    ``constant`` are those that every copy has; ``VARYING`` names the others, which ``write`` gives in that order.
    """

    VARYING = ("To", "Message-ID", "List-Unsubscribe")

    def __init__(
        self, sender: Party, reply_to: Party, subject: str, date: datetime, lists: ListFacts, content_type: str
    ) -> None:
        self.constant = (
            *_common(sender, reply_to, subject, date),
            address_header("List-ID", lists.name, lists.list_id),
            token_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            token_header("Feedback-ID", lists.feedback_id),
            token_header("Precedence", "bulk"),
            *_mime(content_type),
        )

    @staticmethod
    def write(recipient: str, message_id: str, unsubscribe: Sequence[str]) -> tuple[bytes, bytes, bytes]:
        """Return one copy's own lines. ``unsubscribe`` are addresses, the one that takes a POST first.

        Raises:
            BadInput: when the recipient can't stand in a header.
        """
        return (
            recipient_header(recipient),
            f"Message-ID: <{message_id}>\r\n".encode(),
            # Folded after the comma only (RFC 2369 section 2): elsewhere it would cost the button.
            b"List-Unsubscribe: <" + ">,\r\n <".join(unsubscribe).encode() + b">\r\n",
        )


def build_letter(envelope: Envelope, content_type: str, body: bytes) -> bytes:
    """Return a transactional mail: no list headers, ``Auto-Submitted: auto-generated`` (RFC 3834 §5)."""
    lines = [
        *_common(envelope.sender, envelope.reply_to, envelope.subject, envelope.date),
        recipient_header(envelope.recipient.address),
        token_header("Message-ID", f"<{envelope.message_id}>"),
        token_header("Auto-Submitted", "auto-generated"),
        *_mime(content_type),
    ]
    return b"".join([*lines, b"\r\n", body])


def feedback_id(issue_id: int, newsletter: str, sender: str) -> str:
    """Return the value of Feedback-ID: the issue, the newsletter, the kind of mail, and who sends, with no word of the
    reader. Google asks for no repeats among the four and a last one of 5 to 15 characters; only it has no hyphen."""
    domain = re.sub("[^a-z0-9]", "", sender.rpartition("@")[2].lower())
    return f"issue-{issue_id}:list-{newsletter}:kind-newsletter:{domain[:15]:0<5}"


def _common(sender: Party, reply_to: Party, subject: str, date: datetime) -> list[bytes]:
    return [
        date_header(date),
        address_header("From", sender.name, sender.address),
        address_header("Reply-To", reply_to.name, reply_to.address),
        text_header("Subject", subject),
    ]


def _mime(content_type: str) -> list[bytes]:
    return [
        token_header("MIME-Version", "1.0"),
        token_header("Content-Type", *content_type.split("; "), separator="; "),
    ]
