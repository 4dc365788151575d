"""The commands that announce one mail. Owns what may be written to the wire; an address that can't is refused here."""

import re

from service.adapters.smtp.extensions import Extensions
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail

# Anything that could end a command or an address early, and what UTF-8 can't hold.
_UNFIT = re.compile("[\x00-\x20<>\x7f-\xa0\u2028\u2029\ud800-\udfff]").search
_NO_SCRIPT = "5.6.7 the relay can't take an address in this script"  # the code of RFC 6531 §3.5


def announcement(mail: OutgoingMail, extensions: Extensions) -> bytes | Outcome:
    """Return MAIL, RCPT and DATA, a line each, or the refusal where an address can't be written.

    A mail between ASCII addresses is taken to be 7-bit: its composer encodes it so.
    """
    sender, recipient = mail.sender, mail.recipient
    if _UNFIT(recipient) or not recipient:
        return Outcome(OutcomeKind.REFUSED, None, "5.1.3 the address can't be written to a relay", About.RECIPIENT)
    if _UNFIT(sender):
        return Outcome(OutcomeKind.REFUSED, None, "5.1.7 the sender can't be written to a relay", About.SENDER)
    if recipient.isascii() and sender.isascii():
        return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode("ascii")
    if not extensions.smtp_utf8:
        return Outcome(OutcomeKind.REFUSED, None, _NO_SCRIPT, About.SENDER if recipient.isascii() else About.RECIPIENT)
    # A relay with SMTPUTF8 has 8BITMIME (RFC 6531 §3.1), and headers with such addresses are 8-bit.
    return f"MAIL FROM:<{sender}> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()
