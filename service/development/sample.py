"""The sample organisation of ``make run``: a newsletter, readers, a sent issue and a draft. Refuses production.

Everything here goes through the same doors as the real thing: no row is written that a person could not have made.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db import transaction
from service.deliveries.planning import release_issue
from service.development.sample_gifts import add_organisation, give_sample_gifts
from service.errors import Conflict
from service.issues.importing import import_manuscript
from service.issues.models import Issue, Newsletter
from service.staff.accounts import create_account
from service.staff.roles import Role
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent
from service.wiring import Services

STAFF_ADDRESS = "editor@crossings.example.org"
TREASURER_ADDRESS = "treasurer@crossings.example.org"  # the second person of a refund; the same password
SAMPLES = Path(__file__).parent / "samples"
WORDING = "Sample reader, made by the development sample."
READERS = (
    ("ada@example.org", "Ada Mensah"), ("bruno@example.org", "Bruno Keller"), ("chen@example.org", "陈美玲"),
    ("dmitri@example.org", "Дмитрий Орлов"), ("elif@example.org", "Elif Aydın"), ("farah@example.org", None),
    ("goran@example.org", "Goran Petrović"), ("hana@example.org", "Hana Nováková"), ("ines@example.org", "Inês Duarte"),
    ("jun@example.org", "준호"), ("katya@example.org", "Катерина Лис"), ("leo@example.org", None),
)  # fmt: skip


@dataclass(frozen=True)
class SignIn:
    """A staff sign-in, shown once."""

    address: str
    password: str


def load_sample(services: Services) -> SignIn | None:
    """Make the sample organisation in an empty database and return its staff sign-in; None if there is one already.

    Raises:
        Conflict: in production.
    """
    if services.settings.is_production:
        raise Conflict("The sample organisation is for development; this is production.")
    password = secrets.token_urlsafe(12)
    with transaction(services.factory) as session:
        if session.scalar(select(Newsletter.id).limit(1)):
            return None
        newsletter = add_newsletter(session)
        create_account(session, STAFF_ADDRESS, "Robin Editor", password, Role.PUBLISHER)
        create_account(session, TREASURER_ADDRESS, "Toni Treasurer", password, Role.TREASURER)
        for address, name in READERS:
            _reader(session, newsletter, address, name)
        issue = import_sample(session, newsletter)
        _import(session, newsletter, "issue-2.md")
        add_organisation(session)
        release_issue(session, issue.id, services.settings.public_url, services.signer)
    give_sample_gifts(services)
    return SignIn(STAFF_ADDRESS, password)


def add_newsletter(session: Session) -> Newsletter:
    """Store the sample newsletter."""
    newsletter = Newsletter(
        slug="crossings",
        list_id="crossings.letters.example",
        name="Crossings",
        tagline="A monthly letter on the places where northern trade routes meet",
        language="en",
        publisher="Northern Crossings Institute",
        postal_address="Northern Crossings Institute, 14 Wharf Lane, Portland, ME 04101, USA",
        tax_line=(
            "The Northern Crossings Institute is a 501(c)(3) organization. "
            "Gifts are tax-deductible to the extent allowed by law. EIN 00-0000000."
        ),
        sender_name="Crossings",
        sender_address="letter@crossings.example.org",
        reply_address="editor@crossings.example.org",
    )
    session.add(newsletter)
    session.flush()
    return newsletter


def import_sample(session: Session, newsletter: Newsletter) -> Issue:
    """Import the sample issue that is ready to go out."""
    issue = _import(session, newsletter, "issue-1.txt")
    issue.title = "Patience Station"
    issue.preheader = "Eleven signatures for one container of apricots, and what the ice charts really say."
    return issue


def _reader(session: Session, newsletter: Newsletter, address: str, name: str | None) -> None:
    subscriber = Subscriber(address=address, mailed_address=address, address_key=address, name=name, language="en")
    subscription = Subscription(subscriber=subscriber, newsletter_id=newsletter.id)
    session.add_all([subscriber, subscription])
    session.flush()
    locked = lock_subscription(session, subscription.id)
    apply(session, locked, SubscriptionEvent.CONFIRM, Proof(ConsentSource.SAMPLE, WORDING))


def _import(session: Session, newsletter: Newsletter, name: str) -> Issue:
    return import_manuscript(session, newsletter, (SAMPLES / name).read_bytes(), name)
