"""Thanks instead of an ask: chosen when the audience is frozen, the same at every look, and nobody else's to see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.development.inbox import OpenedMail
from service.donations.models import Donation, Fund, RecurringDonation
from service.donations.states import DonationState, RecurringState
from service.issues.models import Edition, Issue, Newsletter
from service.organisation.queries import get_organisation
from service.rendering.template import CompiledTemplate
from service.tokens import Purpose
from service.tracking.models import Link
from service.wiring import Services
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.fixtures.smtp import SmtpSink

ASKED, THANKED = "Another amount", "Thank you for your gift"
GIVER, READER = "Grace.Giver@example.org", "reader@example.org"


@dataclass(frozen=True)
class House:
    """What a test acts on, by id."""

    newsletter_id: int
    issue_id: int
    fund_id: int


@pytest.fixture
def house(open_transaction: OpenTransaction) -> House:
    """A draft with an ask, in a house that takes gifts; no readers yet."""
    with open_transaction() as session:
        make_organisation(session)
        fund = make_fund(session)
        newsletter = make_newsletter(session)
        newsletter.gift_url = ""
        return House(newsletter.id, make_issue(session, newsletter).id, fund.id)


@pytest.fixture
def two_readers(open_transaction: OpenTransaction, house: House) -> House:
    """The same with a reader who gave yesterday, under another spelling, and one who never did."""
    with open_transaction() as session:
        make_reader(session, house.newsletter_id, GIVER)
        make_reader(session, house.newsletter_id, READER)
        _give(session, house, GIVER.lower(), days_ago=1)
    return house


def _give(session: Session, house: House, address: str, *, days_ago: float) -> Donation:
    fund = session.get_one(Fund, house.fund_id)
    return make_donation(session, make_donor(session, address), fund, paid_at=now() - timedelta(days=days_ago))


def _release(open_transaction: OpenTransaction, services: Services, house: House) -> None:
    with open_transaction() as session:
        release_issue(session, house.issue_id, PUBLIC_URL, services.signer)


def _thanked(session: Session) -> list[str]:
    return list(session.scalars(select(Delivery.recipient).where(Delivery.is_thanked).order_by(Delivery.recipient)))


@contextmanager
def _statements(session: Session) -> Iterator[list[str]]:
    """Collect every statement that the block sends."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_thousand_readers_are_planned_in_one_statement(
    open_transaction: OpenTransaction, services: Services, house: House
) -> None:
    with open_transaction() as session:
        make_readers(session, house.newsletter_id, 1000)
        for number in range(0, 1000, 100):
            _give(session, house, f"reader-{number}@example.org", days_ago=number / 10)
    with open_transaction() as session, _statements(session) as sent:
        assert release_issue(session, house.issue_id, PUBLIC_URL, services.signer) == 1000
    assert sum("INSERT INTO deliveries" in statement for statement in sent) == 1
    assert sum("UPDATE deliveries" in statement for statement in sent) == 1  # of those who share a mailbox
    assert len(sent) < 25  # and nothing is asked once per reader
    with open_transaction() as session:
        assert _thanked(session) == [f"reader-{number}@example.org" for number in range(0, 900, 100)]
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1000


@pytest.mark.parametrize(("days", "thanked"), [(0, []), (1, []), (4, [GIVER]), (90, [GIVER])])
def test_the_organisation_says_how_long_a_gift_is_recent(
    open_transaction: OpenTransaction, services: Services, house: House, days: int, thanked: list[str]
) -> None:
    with open_transaction() as session:
        get_organisation(session).thanks_days = days
        make_reader(session, house.newsletter_id, GIVER)
        make_reader(session, house.newsletter_id, READER)
        _give(session, house, GIVER.lower(), days_ago=3)
    _release(open_transaction, services, house)
    with open_transaction() as session:
        assert _thanked(session) == thanked


def test_each_reader_is_mailed_their_own_form_and_finds_it_again_in_the_browser(
    open_transaction: OpenTransaction,
    services: Services,
    client: FlaskClient,
    two_readers: House,
    smtp_sink: SmtpSink,
) -> None:
    _release(open_transaction, services, two_readers)
    services.sender.send_waiting(two_readers.issue_id)
    mails = {mail.envelope.recipients[0]: mail for mail in smtp_sink.messages}
    _assert_says(mails[GIVER], THANKED, ASKED)
    _assert_says(mails[READER], ASKED, THANKED)
    assert f"{PUBLIC_URL}/giving?lang=en" in mails[GIVER].text
    for address, (shown, hidden) in {GIVER: (THANKED, ASKED), READER: (ASKED, THANKED)}.items():
        page = _view(client, services, open_transaction, address)
        assert shown in page
        assert hidden not in page


def test_the_choice_is_frozen_with_the_audience(
    open_transaction: OpenTransaction, services: Services, two_readers: House, smtp_sink: SmtpSink
) -> None:
    _release(open_transaction, services, two_readers)
    with open_transaction() as session:
        session.scalars(select(Donation)).one().state = DonationState.REFUNDED
        _give(session, two_readers, READER, days_ago=0)
    services.sender.send_waiting(two_readers.issue_id)
    mails = {mail.envelope.recipients[0]: mail for mail in smtp_sink.messages}
    _assert_says(mails[GIVER], THANKED, ASKED)
    _assert_says(mails[READER], ASKED, THANKED)


def test_the_archive_asks_everybody_and_names_nobody(
    open_transaction: OpenTransaction, services: Services, client: FlaskClient, two_readers: House
) -> None:
    _release(open_transaction, services, two_readers)
    page = client.get("/crossings/archive/1-1").text
    assert ASKED in page
    assert THANKED not in page
    assert "Grace" not in page
    assert f"{PUBLIC_URL}/give?ask=" in page


def test_a_click_on_an_amount_leads_to_the_form_and_says_what_asked(
    open_transaction: OpenTransaction, services: Services, client: FlaskClient, two_readers: House
) -> None:
    _release(open_transaction, services, two_readers)
    with open_transaction() as session:
        link = session.scalars(select(Link).where(Link.label == "Give $50")).one()
        delivery = session.scalars(select(Delivery).where(Delivery.recipient == READER)).one()
        ask = session.get_one(Issue, two_readers.issue_id).items[3]
        assert link.item == ask.position
        token = services.signer.sign(Purpose.ASK, two_readers.issue_id, ask.id)
    track = services.signer.sign(Purpose.TRACK, two_readers.issue_id, delivery.id)
    answer = client.get(f"/c/{track}/{link.number}")
    assert answer.headers["Location"] == f"{PUBLIC_URL}/give?ask={token}&amount=5000&lang=en"


@pytest.mark.parametrize("why", ["own link", "no signer", "paused"])
def test_where_nothing_is_offered_all_readers_get_the_same(
    open_transaction: OpenTransaction, services: Services, two_readers: House, why: str
) -> None:
    with open_transaction() as session:
        if why == "own link":
            session.get_one(Newsletter, two_readers.newsletter_id).gift_url = "https://gifts.test/ours"
        if why == "paused":
            get_organisation(session).giving_paused_at = now()
        signer = None if why == "no signer" else services.signer
        release_issue(session, two_readers.issue_id, PUBLIC_URL, signer)
        template = CompiledTemplate.load(session.get_one(Edition, two_readers.issue_id).template)
        assert template.thanks is None


def test_a_house_that_never_took_a_gift_plans_as_ever(open_transaction: OpenTransaction, services: Services) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_reader(session, newsletter.id, READER)
        assert release_issue(session, make_issue(session, newsletter).id, PUBLIC_URL, services.signer) == 1
        assert _thanked(session) == []


def test_whoever_gives_twice_over_still_gets_one_copy(
    open_transaction: OpenTransaction, services: Services, two_readers: House
) -> None:
    with open_transaction() as session:
        first = session.scalars(select(Donation)).one()
        assert first.donor is not None
        fund = session.get_one(Fund, two_readers.fund_id)
        make_donation(session, first.donor, fund, paid_at=now())
        for number in (1, 2):
            session.add(
                RecurringDonation(subscription_id=f"sub-{number}", donor_id=first.donor_id, state=RecurringState.ACTIVE)
            )
    _release(open_transaction, services, two_readers)
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 2
        assert _thanked(session) == [GIVER]


def _assert_says(mail: OpenedMail, shown: str, hidden: str) -> None:
    for part in (mail.html, mail.text):
        assert shown in part
        assert hidden not in part


def _view(client: FlaskClient, services: Services, open_transaction: OpenTransaction, address: str) -> str:
    with open_transaction() as session:
        delivery_id = session.scalars(select(Delivery.id).where(Delivery.recipient == address)).one()
    answer = client.get(f"/view/{services.signer.sign(Purpose.VIEW, delivery_id)}")
    assert answer.status_code == 200
    return answer.text
