"""One reader's message from a sealed edition. Owns which tokens and headers it gets; never compiles and never sends."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from service.deliveries.claiming import Claim
from service.issues.models import Edition, Issue
from service.mail.message import Envelope, ListHeaders, Party, build_newsletter
from service.mail.transport import OutgoingMail
from service.rendering.template import CompiledTemplate, ReaderValues
from service.tokens import Purpose, TokenSigner


@dataclass(frozen=True)
class Links:
    """Makes one reader's links. ``public_url`` comes from settings, never from a request."""

    signer: TokenSigner
    public_url: str

    def for_copy(
        self, issue_id: int, delivery_id: int, subscription_id: int, name: str | None, *, is_thanked: bool = False
    ) -> ReaderValues:
        """Return what fills the holes of one copy, and whether it thanks where others ask."""
        track = self.signer.sign(Purpose.TRACK, issue_id, delivery_id)
        leave = self.signer.sign(Purpose.UNSUBSCRIBE, subscription_id, delivery_id)
        view = self.signer.sign(Purpose.VIEW, delivery_id)
        return ReaderValues(
            name=name,
            unsubscribe_url=f"{self.public_url}/unsubscribe/{leave}",
            view_url=f"{self.public_url}/view/{view}",
            click_url_prefix=f"{self.public_url}/c/{track}/",
            pixel_url=f"{self.public_url}/o/{track}.gif",
            is_thanked=is_thanked,
        )


class Composer:
    """Builds the copies of one issue. Loaded once per batch; every copy is one join and one set of headers."""

    def __init__(self, edition: Edition, issue: Issue, links: Links, message_host: str) -> None:
        self._edition, self._links, self._host = edition, links, message_host
        self._template = _load_template(edition.template)
        self._list_name = issue.newsletter.name
        self._feedback = f"issue-{issue.id}:{issue.newsletter.slug}:newsletter:postrider"

    def message_id(self, claim: Claim) -> str:
        """Return the Message-ID of a copy: the same at every attempt, so that evidence can be matched."""
        return f"issue-{claim.issue_id}.copy-{claim.delivery_id}@{self._host}"

    @property
    def signs(self) -> bool:
        """Whether copies are signed here, so that signatures can be made ahead."""
        return False

    @property
    def made_under(self) -> str:
        """A short name of all that a copy's bytes depend on but its reader: stored signatures hold only under it."""
        return self._edition.content_hash

    def sign_ahead(self, claim: Claim) -> bytes:
        """Return what ``compose`` needs to send this copy signed without signing it again."""
        del claim
        return b""

    def compose(self, claim: Claim, signature: bytes | None = None) -> OutgoingMail:
        """Return the reader's own message; ``signature`` is what ``sign_ahead`` gave under the same ``made_under``."""
        del signature
        values = self._links.for_copy(
            claim.issue_id, claim.delivery_id, claim.subscription_id, claim.name, is_thanked=claim.is_thanked
        )
        edition, message_id = self._edition, self.message_id(claim)
        envelope = Envelope(
            sender=Party(edition.sender_name, edition.sender_address),
            recipient=Party("", claim.recipient),
            reply_to=Party("", edition.reply_address),
            subject=edition.subject,
            date=edition.dated_at,
            message_id=message_id,
        )
        lists = ListHeaders(self._list_name, edition.list_id, values.unsubscribe_url, self._feedback)
        body = self._template.join(values)
        content = build_newsletter(envelope, lists, self._template.content_type, body)
        return OutgoingMail(claim.delivery_id, edition.sender_address, claim.recipient, content)


class Composers:
    """Gives the composer of each issue; what they share is loaded once per process."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def load(self, session: Session, issue_id: int) -> Composer:
        """Return the composer of a sealed issue."""
        issue, edition = session.get_one(Issue, issue_id), session.get_one(Edition, issue_id)
        host = edition.message_host or urlsplit(self._links.public_url).hostname or "localhost"
        return Composer(edition, issue, self._links, host)


@lru_cache(maxsize=8)  # issues that go out at once; reading one takes as long as joining thirty copies
def _load_template(dumped: bytes) -> CompiledTemplate:
    return CompiledTemplate.load(dumped)


def load_composer(session: Session, issue_id: int, links: Links, message_host: str) -> Composer:
    """Return the composer of a sealed issue."""
    issue, edition = session.get_one(Issue, issue_id), session.get_one(Edition, issue_id)
    return Composer(edition, issue, links, message_host)
