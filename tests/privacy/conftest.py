"""A reader who has left words in every table that may hold them, beside another one who stays."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.issues.models import Newsletter
from service.mail.models import Letter, LetterKind
from service.subscribers.importing.models import Import, ImportLine, ImportState, LineOutcome
from service.subscribers.models import Subscription
from service.subscribers.suppression import suppress
from service.subscribers.suppression_models import SuppressionReason
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_change, make_reader, make_sign_up, request_subscription
from tests.fixtures.services import OpenTransaction

ADA, NAME = "ada.quill@example.org", "Ada Quillfeather"
BEFORE, WISHED = "ada.before@example.net", "ada.wished@example.net"
OTHER = "bo.other@example.org"


@pytest.fixture
def newsletter_id(open_transaction: OpenTransaction) -> int:
    """A newsletter without readers."""
    with open_transaction() as session:
        return make_newsletter(session).id


@pytest.fixture
def ada(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """The subscriber who is everywhere; both readers have a copy of an issue that waits."""
    with open_transaction() as session:
        request_subscription(session, newsletter_id, ADA.title(), name=NAME, wording="Send me Crossings.")
        tie = session.scalars(select(Subscription)).one()
        tie.source, tie.ended_note = f"card of {NAME}", f"write to {ADA} instead"
        tie.subscriber.tags, tie.subscriber.fields = [NAME], {"employer": f"{NAME} & Co", "mail": ADA}
        _add_copies(session, tie, make_reader(session, newsletter_id, OTHER, "Bo Other"))
        _add_post(session, tie)
        suppress(session, ADA, SuppressionReason.STAFF, note=f"{NAME} telephoned")
        _add_import(session, tie)
        return tie.subscriber_id


def _add_copies(session: Session, *ties: Subscription) -> None:
    """Give each reader a copy; the first one's went to the address that she had then."""
    issue = make_issue(session, session.scalars(select(Newsletter)).one())
    issue.audience = len(ties)
    for tie, recipient in zip(ties, (BEFORE, OTHER), strict=True):
        copy = Delivery(issue_id=issue.id, subscriber_id=tie.subscriber_id, subscription_id=tie.id)
        copy.recipient, copy.name, copy.reply_text = recipient, tie.subscriber.name, f"<{recipient}> is over quota"
        session.add(copy)


def _add_post(session: Session, tie: Subscription) -> None:
    for address in (ADA, BEFORE, OTHER):
        make_sign_up(session, address, tie.newsletter_id).name = None if address == OTHER else NAME
        session.add(Letter(kind=LetterKind.CONFIRM, recipient=address, about={}, reply_text=f"<{address}> unknown"))
    make_change(session, tie.subscriber_id, WISHED)
    key = f"address-new:{tie.subscriber_id}:2026-11-22:0"
    session.add(Letter(key=key, kind=LetterKind.ADDRESS_NEW, recipient=WISHED, about={}))


def _add_import(session: Session, tie: Subscription) -> None:
    """Store lines that name her in each of the ways that a line can, and one of somebody else."""
    file = Import(
        newsletter_id=tie.newsletter_id,
        filename="readers.csv",
        format="csv",
        size_bytes=1,
        statement="At the fair.",
        is_dry_run=False,
        state=ImportState.DONE,
    )
    session.add(file)
    session.flush()
    row = {"subscribers": {"id": tie.subscriber_id, "address": ADA, "name": NAME}}
    lines = (
        (ADA, ADA, "changed", row, row),
        (f"{NAME} <{ADA.upper()}>", None, f"“{NAME} <{ADA}>” is not an address", None, None),
        (BEFORE, BEFORE, "changed", None, {"subscribers": {"name": NAME, "address": BEFORE}}),
        (OTHER, OTHER, "was there", None, None),
    )
    for line, (address, key, reason, before, after) in enumerate(lines, 2):
        one = ImportLine(import_id=file.id, line=line, address=address, address_key=key, reason=reason)
        one.outcome, one.before, one.after = LineOutcome.UPDATED, before, after
        session.add(one)
