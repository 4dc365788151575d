"""Readers as the desk meets them: one of each kind, with mails, marks, proofs and what stands against them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.issues.models import Issue, Newsletter
from service.privacy.erasing import erase_person
from service.subscribers.confirmation import confirm_sign_up
from service.subscribers.deeds import WishWay, prove
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.signup_models import SignUpOutcome
from service.subscribers.states import ConsentSource, MailFrequency, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.unsubscribe import unsubscribe
from service.tracking.models import Agent, Hit, Verdict
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_sign_up, request_subscription, stop

JANE, JANES_NAME = "jane.reader@example.org", "Jane “J.” Reader-With-A-Long-Name & Sons"
PENDING, LEFT, STOPPED = "pending@example.org", "left@example.org", "stopped@example.org"
COMPLAINED, FORGOTTEN, BROUGHT = "complained@example.org", "forgotten@example.org", "маша@example.org"
WORDING = "Send me “Crossings” by e-mail."
STATEMENT = "=They ticked a box at the fair."


@dataclass(frozen=True)
class Readership:
    """The ids of what is in the database."""

    newsletter_id: int
    other_id: int
    jane_id: int
    janes_tie: int
    left_id: int
    stopped_id: int
    erased_id: int
    brought_id: int
    suppression_id: int
    complaint_id: int


def gather(session: Session) -> Readership:
    """Store readers of two newsletters."""
    first, second = make_newsletter(session), make_newsletter(session, "border-notes")
    jane = _agree(session, first, JANE, JANES_NAME)
    _agree(session, second, JANE)
    _send(session, make_issue(session, first), jane)
    request_subscription(session, first.id, PENDING, wording=WORDING)
    left = _agree(session, first, LEFT)
    unsubscribe(session, left.id, source=ConsentSource.ONE_CLICK, wording="Unsubscribe", note="Слишком много писем")
    stopped, complained = _agree(session, first, STOPPED), _agree(session, second, COMPLAINED)
    erased_id = _agree(session, first, FORGOTTEN, "Fay Forgotten").subscriber_id
    erase_person(session, erased_id, prove("Erased", WishWay.LETTER, None))
    return Readership(
        first.id,
        second.id,
        jane.subscriber_id,
        jane.id,
        left.subscriber_id,
        stopped.subscriber_id,
        erased_id,
        _bring(session, first).subscriber_id,
        stop(session, STOPPED).id,
        stop(session, complained.subscriber.address_key, SuppressionReason.COMPLAINT).id,
    )


def _agree(session: Session, newsletter: Newsletter, address: str, name: str | None = None) -> Subscription:
    request_subscription(session, newsletter.id, address, name=name, wording=WORDING)
    sign_up = make_sign_up(session, address, newsletter.id)
    sign_up.name, sign_up.outcome = name, SignUpOutcome.CONFIRM
    (tie,) = confirm_sign_up(session, sign_up.id, wording="Yes, send it to me")
    return tie


def _send(session: Session, issue: Issue, tie: Subscription) -> None:
    """Let the issue have reached Jane, who opened it once and clicked; a machine looked, too."""
    tie.paused_until, tie.frequency = now() + timedelta(days=30), MailFrequency.MONTHLY
    tie.subscriber.tags, tie.subscriber.fields = ["donor", "Москва"], {"city": "Berlin"}
    issue.audience = 1
    copy = Delivery(issue_id=issue.id, subscriber_id=tie.subscriber_id, subscription_id=tie.id, recipient=JANE)
    copy.state = DeliveryState.SENT
    session.add(copy)
    session.flush()
    for link, agent, verdict in (
        (None, Agent.BROWSER, Verdict.HUMAN),
        (1, Agent.BROWSER, Verdict.HUMAN),
        (None, Agent.MACHINE, Verdict.MACHINE),
        (None, Agent.IMAGE_PROXY, None),
    ):
        session.add(Hit(issue_id=issue.id, delivery_id=copy.id, link_number=link, agent=agent, verdict=verdict))


def _bring(session: Session, newsletter: Newsletter) -> Subscription:
    """Let a file have brought somebody."""
    file = Import(newsletter_id=newsletter.id, filename="fair.csv", format="CSV", size_bytes=1, statement=STATEMENT)
    file.is_dry_run, file.state = False, ImportState.DONE
    session.add(file)
    session.flush()
    tie = make_reader(session, newsletter.id, BROUGHT, "Маша")
    tie.import_id = tie.subscriber.import_id = file.id
    tie.state = SubscriptionState.ACTIVE
    proof = ConsentEvent(event=SubscriptionEvent.IMPORT, source=ConsentSource.IMPORT, wording=STATEMENT)
    proof.import_id = file.id
    session.add(proof)
    session.flush()
    return tie
