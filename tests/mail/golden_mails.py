"""One mail of each kind, made by the real code from fixed values: what ``golden/*.eml`` holds.

``python -m tests.mail.golden_mails`` writes the files anew. Read the difference before you commit it: each byte of it
is a byte that readers, filters and signatures will meet.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from service.deliveries.claiming import Claim
from service.deliveries.compose import Composer, Links, Sealed
from service.mail.dkim import DkimKeys
from service.mail.message import Envelope, Party, build_letter
from service.mail.verp import ReturnPaths
from service.rendering.attachments import Attachment
from service.rendering.content import IssueContent
from service.rendering.issue import render_issue
from service.rendering.letters import encode_letter, render_letter
from service.rendering.template import CompiledTemplate, compile_template
from service.tokens import TokenSigner
from tests.mail.keys import DOMAIN, ED25519, RSA
from tests.rendering.gift_letters import make_context
from tests.rendering.samples import make_issue, make_item

FOLDER: Final = Path(__file__).parent / "golden"
MOMENT: Final = datetime(2024, 2, 29, 6, 30, tzinfo=UTC)  # past by any clock: dkimpy trusts no signature of tomorrow
SIGNER: Final = TokenSigner(("a test key of more than thirty-two characters",))
LINKS: Final = Links(SIGNER, "https://letters.crossings.test")
RETURNS: Final = ReturnPaths(SIGNER, "bounces.crossings.test")
KEYS: Final = DkimKeys([RSA, ED25519])
LATIN: Final = "The keeper writes in pencil – ink freezes – and [the log](https://log.test/all?a=1&b=2) is open. "
CYRILLIC: Final = "Смотритель пишет карандашом, ведь чернила замерзают: [весь журнал](https://log.test/zh). "


def make_sealed(subject: str = "Eleven lamps, one keeper", list_name: str = "Crossings") -> Sealed:
    """Return the facts of a sealed issue."""
    return Sealed(
        issue_id=12,
        content_hash="0" * 64,
        subject=subject,
        sender=Party("Crossings, the letter", f"letter@{DOMAIN}"),
        reply_address=f"editor@{DOMAIN}",
        list_name=list_name,
        list_id=f"crossings.{DOMAIN}",
        slug="crossings",
        dated_at=MOMENT,
        message_host="letters.crossings.test",
    )


@lru_cache
def make_template(markdown: str = LATIN, greeting: str = "Dear {{name|friend}},") -> CompiledTemplate:
    """Return a small issue in which the reader's name, links, pixel and all addresses stand."""
    content: IssueContent = make_issue(
        make_item("greeting", "", f"{greeting}\n\nWelcome."),
        make_item("brief", "Ferry returns", markdown * 3),
        make_item("feature", "The keeper", f"{markdown * 12}\n\n. A line with a dot.\n\nFrom here on."),
        date=MOMENT.date(),
    )
    return compile_template(render_issue(content, base_url=LINKS.public_url))


def make_composer(
    template: CompiledTemplate | None = None,
    sealed: Sealed | None = None,
    keys: DkimKeys = KEYS,
    returns: ReturnPaths = RETURNS,
    links: Links = LINKS,
) -> Composer:
    """Return a composer that no database stands behind."""
    return Composer(sealed or make_sealed(), template or make_template(), links, keys, returns)


def make_claim(delivery_id: int = 345, recipient: str = "jane@example.org", name: str | None = "Jane Doe") -> Claim:
    """Return one copy in a sender's hands."""
    return Claim(delivery_id, 1, 12, delivery_id + 600, recipient, is_thanked=False, name=name)


def _newsletter() -> bytes:
    return make_composer().compose(make_claim()).content


def _newsletter_cyrillic() -> bytes:
    sealed = make_sealed("Одиннадцать ламп и один смотритель маяка на краю холодного моря", "Перекрёстки")
    template = make_template(CYRILLIC, "Здравствуйте, {{name|друзья}}!")
    return make_composer(template, sealed).compose(make_claim(346, "anna@example.org", "Анна")).content


def _letter(kind: str, context: dict[str, str], *files: Attachment) -> bytes:
    rendered = render_letter(kind, context)
    encoded = encode_letter(rendered, files)
    envelope = Envelope(
        sender=Party("Northern Crossings", f"office@{DOMAIN}"),
        recipient=Party("", "grace.giver@example.org"),
        reply_to=Party("", f"gifts@{DOMAIN}"),
        subject=rendered.subject,
        date=MOMENT,
        message_id="letter-7@letters.crossings.test",
    )
    letter = build_letter(envelope, encoded.content_type, encoded.body)
    return KEYS.sign(envelope.sender.address, letter, MOMENT)


def _confirm() -> bytes:
    context = {
        "newsletters": "Crossings",
        "publisher": "Northern Institute",
        "postal_address": "14 Wharf Lane\nPortland, ME 04101",
        "button_url": "https://letters.crossings.test/confirm/aaaa-bbbb_cccc",
        "language": "en",
    }
    return _letter("confirm", context)


def _receipt() -> bytes:
    file = Attachment("receipt-2026-000123.pdf", "application/pdf", b"%PDF-1.7 not a real one\n" * 9)
    return _letter("receipt", make_context("receipt"), file)


def _alarm() -> bytes:
    context = {
        "organisation": "Northern Crossings",
        "legal_name": "Northern Crossings Institute, Inc.",
        "postal_address": "14 Wharf Lane\nPortland, ME 04101",
        "language": "en",
        "sentence": "The relay refuses our mail: 554 5.7.1 Spam message rejected.",
        "raised_at": "01 November 2026, 06:30 UTC",
        "desk_url": "https://letters.crossings.test/desk/",
    }
    return _letter("alarm", context)


MAILS: Final[dict[str, Callable[[], bytes]]] = {
    "newsletter": _newsletter,
    "newsletter_cyrillic": _newsletter_cyrillic,
    "confirm": _confirm,
    "receipt": _receipt,
    "donor_sign_in": lambda: _letter("donor_sign_in", make_context("donor_sign_in")),
    "renewal_failed": lambda: _letter("renewal_failed", make_context("renewal_failed")),
    "statement": lambda: _letter("statement", make_context("statement")),
    "alarm": _alarm,
}
NEWSLETTERS: Final = frozenset({"newsletter", "newsletter_cyrillic"})


if __name__ == "__main__":
    for mail_name, make in MAILS.items():
        (FOLDER / f"{mail_name}.eml").write_bytes(make())
