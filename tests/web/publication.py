"""A publication as readers meet it: a released issue, a draft, and readers in every state with the links they hold."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.segments.saved import add_segment
from service.issues.models import Finding, Issue, Manuscript
from service.issues.past.models import Archive, ArchiveState
from service.subscribers.importing.models import Import, ImportChunk, ImportState
from service.subscribers.own_page import sign_own_link
from service.subscribers.states import SubscriptionState
from service.tokens import Purpose, TokenSigner
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_change, make_reader, make_sign_up, make_unasked_question, stop

ACTIVE, PENDING, GONE = "jane.reader@example.org", "pending@example.org", "gone@example.org"
STOPPED = "stopped@example.org"  # nobody's address, that must not be mailed
READER_NAME = "Jane <Reader>"
_STATES = {
    ACTIVE: SubscriptionState.ACTIVE,
    PENDING: SubscriptionState.PENDING,
    GONE: SubscriptionState.UNSUBSCRIBED,
}


@dataclass
class Publication:
    """Ids of what is there, and the links that mail would hold."""

    signer: TokenSigner
    slug: str = "crossings"
    issue_id: int = 0
    draft_id: int = 0
    item_id: int = 0
    finding_id: int = 0
    field_id: int = 0
    archive_id: int = 0
    import_id: int = 0
    delivery_id: int = 0
    sign_up_id: int = 0
    segment_id: int = 0
    change_id: int = 0
    subscriber_id: int = 0
    suppression_id: int = 0
    subscriptions: dict[str, int] = field(default_factory=dict)

    @property
    def unsubscribe_token(self) -> str:
        """What ACTIVE's copy carries in its footer and its header."""
        return self.signer.sign(Purpose.UNSUBSCRIBE, self.subscriptions[ACTIVE], self.delivery_id)

    @property
    def confirm_token(self) -> str:
        """What the confirmation letter to PENDING carries."""
        return self.signer.sign(Purpose.SIGN_UP, self.sign_up_id)

    @property
    def preferences_token(self) -> str:
        """What leads ACTIVE from a copy to their choices."""
        return self.signer.sign(Purpose.PREFERENCES, self.subscriber_id, self.delivery_id)

    @property
    def self_service_token(self) -> str:
        """What a letter that ACTIVE asked for just now carries."""
        return sign_own_link(self.signer, self.subscriber_id, ACTIVE, int(now().timestamp()))

    @property
    def address_token(self) -> str:
        """What the letter to ACTIVE carries that asks for the old address's yes."""
        return self.signer.sign(Purpose.ADDRESS_OLD, self.change_id)

    @property
    def view_token(self) -> str:
        """What ACTIVE's copy carries to be seen in the browser."""
        return self.signer.sign(Purpose.VIEW, self.delivery_id)

    @property
    def track_token(self) -> str:
        """What the pixel and the links of ACTIVE's copy carry."""
        return self.signer.sign(Purpose.TRACK, self.issue_id, self.delivery_id)

    @property
    def preview_token(self) -> str:
        """The token of a test mail's links."""
        return self.signer.sign(Purpose.PREVIEW, self.issue_id)


def publish(session: Session, signer: TokenSigner, public_url: str) -> Publication:
    """Store the publication: ACTIVE has a copy of the released issue, PENDING and GONE have none."""
    made = Publication(signer)
    newsletter = make_newsletter(session, made.slug)
    for address, state in _STATES.items():
        subscription = make_reader(session, newsletter.id, address, READER_NAME)
        subscription.state = state
        made.subscriptions[address] = subscription.id
        if address == ACTIVE:
            made.subscriber_id = subscription.subscriber_id
    made.suppression_id = stop(session, STOPPED).id
    made.sign_up_id = make_sign_up(session, PENDING, newsletter.id).id
    made.change_id = make_change(session, made.subscriber_id, "jane.new@example.com").id
    made.issue_id = make_issue(session, newsletter).id
    draft = make_issue(session, newsletter, 2, "Not yet out")
    made.draft_id, made.item_id = draft.id, draft.items[0].id
    made.finding_id = _add_finding(session, draft)
    made.field_id = make_unasked_question(session).id
    made.archive_id = _add_archive(session, newsletter.id)
    made.import_id = _add_import(session, newsletter.id)
    made.segment_id = add_segment(session, "Readers of English", "language is en").id
    release_issue(session, made.issue_id, public_url)
    made.delivery_id = session.scalars(select(Delivery.id)).one()
    return made


def _add_finding(session: Session, issue: Issue) -> int:
    finding = Finding(is_warning=False, line=3, text="Share", reason="a line of the page, not of the text")
    issue.manuscripts.append(Manuscript(filename="pasted.txt", source=b"Share", findings=[finding]))
    session.flush()
    return finding.id


def _add_archive(session: Session, newsletter_id: int) -> int:
    archive = Archive(newsletter_id=newsletter_id, filename="export.zip", house="Substack", state=ArchiveState.EXAMINED)
    session.add(archive)
    session.flush()
    return archive.id


def _add_import(session: Session, newsletter_id: int) -> int:
    """Store a file of readers whose columns nobody has named yet."""
    content = b"who\nann@example.org\n"
    facts = {"filename": "list.csv", "format": "", "size_bytes": len(content), "statement": "They asked for it."}
    row = Import(newsletter_id=newsletter_id, state=ImportState.UNMAPPED, is_dry_run=True, **facts)
    session.add(row)
    session.flush()
    session.add(ImportChunk(import_id=row.id, number=0, content=content))
    return row.id
