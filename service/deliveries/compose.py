"""One reader's message from a sealed edition. Owns which tokens, headers and signatures it gets; never sends it.

All that is the same in every copy is made once per issue and process; a copy is a few tokens, one join and, where the
domain has keys, one signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import thread_time
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.claiming import Claim
from service.errors import NotFound
from service.issues.models import Edition, Issue, Newsletter
from service.mail.dkim import DkimKeys
from service.mail.message import ListFacts, NewsletterHead, Party, feedback_id
from service.mail.transport import OutgoingMail
from service.mail.verp import MailKind, ReturnPaths
from service.rendering.copies import CompiledCopies
from service.rendering.template import CompiledTemplate, ReaderValues
from service.tokens import Purpose, TokenSigner

_KEPT: Final = 4  # issues that go out at once; a composer may hold some megabytes


class Tokens(NamedTuple):
    """What the links of one copy carry."""

    track: str
    leave: str
    view: str


@dataclass(frozen=True)
class Links:
    """Makes one reader's links. ``public_url`` comes from settings, never from a request."""

    signer: TokenSigner
    public_url: str

    def make_tokens(self, issue_id: int, delivery_id: int, subscription_id: int) -> Tokens:
        """Return the tokens of one copy; they are of the same lengths for every copy."""
        sign = self.signer.sign
        return Tokens(
            sign(Purpose.TRACK, issue_id, delivery_id),
            sign(Purpose.UNSUBSCRIBE, subscription_id, delivery_id),
            sign(Purpose.VIEW, delivery_id),
        )

    def write(self, tokens: Sequence[str], name: str | None = None, *, is_thanked: bool = False) -> ReaderValues:
        """Return what fills the holes of the copy with these tokens, and whether it thanks where others ask."""
        track, leave, view = tokens
        return ReaderValues(
            name=name,
            unsubscribe_url=self.unsubscribe_url(leave),
            view_url=f"{self.public_url}/view/{view}",
            click_url_prefix=f"{self.public_url}/c/{track}/",
            pixel_url=f"{self.public_url}/o/{track}.gif",
            is_thanked=is_thanked,
        )

    def unsubscribe_url(self, token: str) -> str:
        """Return the address that ends a subscription."""
        return f"{self.public_url}/unsubscribe/{token}"

    def for_copy(
        self, issue_id: int, delivery_id: int, subscription_id: int, name: str | None, *, is_thanked: bool = False
    ) -> ReaderValues:
        """Return what fills the holes of one copy, and whether it thanks where others ask."""
        return self.write(self.make_tokens(issue_id, delivery_id, subscription_id), name, is_thanked=is_thanked)


class Meter(Protocol):
    """Is told where processor time goes; see ``service.deliveries.metering``."""

    def add(self, section: str, seconds: float) -> None:
        """Add to one section's sum."""


class Sealed(NamedTuple):
    """What the copies of one issue have in common, but for their text; equal facts make equal copies."""

    issue_id: int
    content_hash: str
    subject: str
    sender: Party
    reply_address: str
    list_name: str
    list_id: str
    slug: str
    dated_at: datetime
    message_host: str


class Composer:
    """Builds the copies of one issue: the same bytes for the same reader at every attempt. Safe to share.

    ``meter``, where there is one, is told the time that signing takes.
    """

    def __init__(
        self, sealed: Sealed, template: CompiledTemplate, links: Links, keys: DkimKeys, returns: ReturnPaths
    ) -> None:
        self.meter: Meter | None = None
        self.issue_id, self.message_host = sealed.issue_id, sealed.message_host
        self._sealed, self._links, self._returns = sealed, links, returns
        head = NewsletterHead(
            sender=sealed.sender,
            reply_to=Party("", sealed.reply_address),
            subject=sealed.subject,
            date=sealed.dated_at,
            lists=ListFacts(
                sealed.list_name,
                sealed.list_id,
                feedback_id(sealed.issue_id, sealed.slug, sealed.sender.address),
            ),
            content_type=template.content_type,
        )
        self._constant = b"".join(head.constant)
        self._copies = CompiledCopies(template, links.write, [len(token) for token in links.make_tokens(0, 0, 0)])
        signer = keys.find_signer(sealed.sender.address)
        self._signer = signer.compile(head.constant, head.VARYING, sealed.dated_at) if signer else None
        self.made_under = self._name_bytes(signer.fingerprint if signer else "")

    @property
    def signs(self) -> bool:
        """Whether copies are signed here, so that signatures can be made ahead."""
        return self._signer is not None

    def message_id(self, claim: Claim) -> str:
        """Return the Message-ID of a copy: the same at every attempt, so that evidence can be matched."""
        return f"issue-{claim.issue_id}.copy-{claim.delivery_id}@{self.message_host}"

    def compose(self, claim: Claim, signature: bytes | None = None) -> OutgoingMail:
        """Return the reader's own message. ``signature`` is what ``sign_ahead`` gave under the same ``made_under``.

        Raises:
            BadInput: when this reader's address can't stand in a header; nobody else's copy is touched by it.
        """
        sender, lines, body = self._write(claim)
        if self._signer is None:
            content = b"".join([self._constant, *lines, b"\r\n", *body])
        else:
            text = b"".join(body)
            fields = self._signer.write(signature or self._sign(lines, text))
            content = b"".join([fields, self._constant, *lines, b"\r\n", text])
        return OutgoingMail(claim.delivery_id, sender, claim.recipient, content)

    def sign_ahead(self, claim: Claim) -> bytes:
        """Return what ``compose`` needs to send this copy signed without signing it again; empty where none signs."""
        _, lines, body = self._write(claim)
        return self._sign(lines, b"".join(body))

    def _write(self, claim: Claim) -> tuple[str, tuple[bytes, bytes, bytes], list[bytes]]:
        """Return one copy's envelope sender, its own header lines, and its body in pieces."""
        tokens = self._links.make_tokens(claim.issue_id, claim.delivery_id, claim.subscription_id)
        sender, leave = self._sealed.sender.address, [self._links.unsubscribe_url(tokens.leave)]
        if self._returns.domain:
            sender, mailed = self._returns.both_of(MailKind.DELIVERY, claim.delivery_id)
            leave.append(f"mailto:{mailed}")
        lines = NewsletterHead.write(claim.recipient, self.message_id(claim), leave)
        body = self._copies.fill(claim.name, [token.encode() for token in tokens], is_thanked=claim.is_thanked)
        return sender, lines, body

    def _sign(self, lines: Sequence[bytes], body: bytes) -> bytes:
        if self._signer is None:
            return b""
        if self.meter is None:
            return self._signer.sign(lines, body)
        begun = thread_time()
        raw = self._signer.sign(lines, body)
        spent = thread_time() - begun
        self.meter.add("sign", spent)
        self.meter.add("personalise", -spent)  # whoever asks for a copy counts all of it as personalising
        return raw

    def _name_bytes(self, keys: str) -> str:
        """Return a short name of all that copies depend on but their readers: that of two copies of nobody's.

        So it changes with the text, the secret keys, the addresses of the site, and with this program itself.
        """
        asked = Claim(0, 0, self.issue_id, 0, "nobody@example.org", is_thanked=False, name="Nobody")
        thanked = Claim(0, 0, self.issue_id, 0, "nobody@example.org", is_thanked=True, name=None)
        named = sha256(keys.encode())
        for claim in (asked, thanked):
            _, lines, body = self._write(claim)
            named.update(b"".join([self._constant, *lines, *body]))
        if self._signer:
            named.update(self._signer.write(b""))
        return named.hexdigest()[:32]


class Composers:
    """Gives the composer of each issue. One for a process: what composers share is loaded once, and some are kept."""

    def __init__(self, links: Links, keys: DkimKeys | None = None, returns: ReturnPaths | None = None) -> None:
        self.links, self.keys = links, keys or DkimKeys()
        self.returns = returns or ReturnPaths(links.signer)
        self._kept: dict[Sealed, Composer] = {}

    def load(self, session: Session, issue_id: int) -> Composer:
        """Return the composer of a sealed issue.

        Raises:
            NotFound: when the issue is not sealed, or no longer.
        """
        sealed = self._find_sealed(session, issue_id)
        composer = self._kept.get(sealed)
        if composer is None:
            dumped = session.scalars(select(Edition.template).where(Edition.issue_id == issue_id)).one()
            composer = Composer(sealed, CompiledTemplate.load(dumped), self.links, self.keys, self.returns)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[sealed] = composer
        return composer

    def _find_sealed(self, session: Session, issue_id: int) -> Sealed:
        found = session.execute(
            select(
                Edition.content_hash,
                Edition.subject,
                Edition.sender_name,
                Edition.sender_address,
                Edition.reply_address,
                Edition.list_id,
                Edition.list_name,
                Edition.dated_at,
                Edition.message_host,
                Newsletter.name,
                Newsletter.slug,
            )
            .join(Issue, Issue.id == Edition.issue_id)
            .join(Newsletter, Newsletter.id == Issue.newsletter_id)
            .where(Edition.issue_id == issue_id)
        ).one_or_none()
        if found is None:
            raise NotFound("This issue is not sealed, so there is nothing to send.")
        return Sealed(
            issue_id,
            found.content_hash,
            found.subject,
            Party(found.sender_name, found.sender_address),
            found.reply_address,
            found.list_name or found.name,  # sealed by a program that did not freeze it
            found.list_id,
            found.slug,
            found.dated_at,
            found.message_host or urlsplit(self.links.public_url).hostname or "localhost",
        )
