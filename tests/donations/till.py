"""A till: gifts given at the test Stripe, and told to us event by event by the worker that production has."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import Gateway
from service.donations.intake import store_event
from service.donations.models import Donation, Fund, LedgerEntry, RecurringDonation
from service.donations.settlement import Settlement
from service.donations.states import AttemptState, Frequency
from service.inbox.models import OutsideEvent
from service.mail.models import Letter, LetterKind
from service.receipts.models import Receipt
from service.wiring import Services
from tests.factories.giving import make_attempt, order_of

VISA, RENEWALS_FAIL = "4242424242424242", "4000000000000341"


@dataclass
class Till:
    """``fake`` holds its events until ``tell`` is called."""

    services: Services
    fake: FakeStripe
    gateway: Gateway
    fund: Fund
    told: int = field(default=0)

    @property
    def settlement(self) -> Settlement:
        """The worker's hand."""
        return Settlement(self.services.factory, self.gateway)

    def open(self, amount_minor: int = 5000, frequency: Frequency = Frequency.ONCE, cover: int = 0) -> str:
        """Store a form and open its page; return the page's id."""
        attempt = make_attempt(self.fund, amount_minor, frequency, cover)
        attempt.state = AttemptState.OPEN
        order = order_of(attempt, self.fund)
        attempt.session_id = self.gateway.open_checkout(order, f"checkout:{attempt.public_id}").session_id
        with transaction(self.services.factory) as session:
            session.add(attempt)
        assert attempt.session_id is not None
        return attempt.session_id

    def give(self, amount_minor: int = 5000, *, method: str = "card", cover: int = 0) -> str:
        """Give once; return the payment's id."""
        session_id = self.open(amount_minor, cover=cover)
        self.fake.pay(session_id, method=method)
        return str(self.fake.get_object(session_id)["payment_intent"])

    def give_monthly(self, amount_minor: int = 2500, card: str = VISA) -> str:
        """Begin a monthly gift; return the arrangement's id."""
        session_id = self.open(amount_minor, Frequency.MONTHLY)
        self.fake.pay(session_id, card)
        return str(self.fake.get_object(session_id)["subscription"])

    def new_events(self) -> list[str]:
        """Return the ids of events that were not handed out yet, in the order in which they happened."""
        events = self.fake.events
        fresh = [event["id"] for event in events[self.told :]]
        self.told = len(events)
        return fresh

    def find_event(self, kind: str, payment_id: str = "") -> str:
        """Return the id of the newest event of a kind, about a payment if one is named."""
        return next(
            str(event["id"])
            for event in reversed(self.fake.events)
            if event["type"] == kind
            and payment_id in {"", event["data"]["object"]["id"], event["data"]["object"].get("payment_intent")}
        )

    def take_in(self, event_id: str) -> int:
        """Verify and store one event as the door does; return its row's id."""
        signed = self.fake.sign(event_id)
        with transaction(self.services.factory) as session:
            store_event(session, self.gateway.read_event(signed.body, signed.signature))
        with transaction(self.services.factory) as session:
            return session.scalars(select(OutsideEvent.id).where(OutsideEvent.event_id == event_id)).one()

    def tell(self, event_ids: Iterable[str] | None = None) -> None:
        """Take in and settle these events, or all that are new."""
        for event_id in self.new_events() if event_ids is None else event_ids:
            self.settlement.handle_event(self.take_in(event_id))

    def gift(self, payment_id: str) -> Donation:
        """Return the row of a payment."""
        with transaction(self.services.factory) as session:
            return session.scalars(select(Donation).where(Donation.payment_id == payment_id)).one()

    def recurring(self, subscription_id: str) -> RecurringDonation:
        """Return the row of a standing gift."""
        with transaction(self.services.factory) as session:
            wanted = RecurringDonation.subscription_id == subscription_id
            return session.scalars(select(RecurringDonation).where(wanted)).one()

    def lines(self, payment_id: str) -> dict[str, int]:
        """Return what the ledger says of a payment, summed by kind."""
        with transaction(self.services.factory) as session:
            wanted = select(LedgerEntry).join(Donation).where(Donation.payment_id == payment_id)
            sums: dict[str, int] = {}
            for entry in session.scalars(wanted):
                sums[entry.kind.value] = sums.get(entry.kind.value, 0) + entry.amount_minor
            return sums

    def receipts(self, payment_id: str) -> list[tuple[str, int]]:
        """Return state and amount of each version of a gift's receipt, oldest first."""
        with transaction(self.services.factory) as session:
            wanted = select(Receipt).join(Donation).where(Donation.payment_id == payment_id).order_by(Receipt.id)
            return [(receipt.state.value, receipt.amount_minor) for receipt in session.scalars(wanted)]

    def alarms(self) -> list[str]:
        """Return the key of every alarm that was raised, oldest first."""
        with transaction(self.services.factory) as session:
            return list(session.scalars(select(Alarm.key).order_by(Alarm.id)))

    def letters(self) -> list[LetterKind]:
        """Return the kinds of all letters, oldest first."""
        with transaction(self.services.factory) as session:
            return _kinds(session)


def _kinds(session: Session) -> list[LetterKind]:
    return list(session.scalars(select(Letter.kind).order_by(Letter.id)))
