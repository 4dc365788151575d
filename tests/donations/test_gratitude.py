"""Who is thanked in an issue instead of asked: the rule, one giver per line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.donations.gratitude import select_recent_givers
from service.donations.models import Donor, Fund
from service.donations.states import DonationState, RecurringState
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation, make_recurring
from tests.fixtures.services import OpenTransaction

SINCE = datetime(2026, 8, 20, tzinfo=UTC)
LATELY, LONG_AGO = SINCE + timedelta(seconds=1), SINCE - timedelta(seconds=1)
Give = Callable[[Session, Donor, Fund], object]


def _once(paid_at: datetime | None, state: DonationState = DonationState.SUCCEEDED) -> Give:
    def give(session: Session, donor: Donor, fund: Fund) -> None:
        make_donation(session, donor, fund, paid_at=paid_at or LATELY, state=state).paid_at = paid_at

    return give


def _regularly(state: RecurringState, paid_at: datetime) -> Give:
    def give(session: Session, donor: Donor, fund: Fund) -> None:
        recurring = make_recurring(session, donor, fund)
        recurring.state = state
        make_donation(session, donor, fund, recurring=recurring, paid_at=paid_at)

    return give


def _twice(first: Give, second: Give) -> Give:
    def give(session: Session, donor: Donor, fund: Fund) -> None:
        first(session, donor, fund)
        second(session, donor, fund)

    return give


GIVERS: dict[str, tuple[Give, bool]] = {
    "gave lately": (_once(LATELY), True),
    "gave long ago": (_once(LONG_AGO), False),
    "gave on the very second": (_once(SINCE), False),
    "gave lately and long ago": (_twice(_once(LONG_AGO), _once(LATELY)), True),
    "gave twice lately": (_twice(_once(LATELY), _once(LATELY)), True),
    "never gave": (lambda *_: None, False),
    "got a part of it back": (_once(LATELY, DonationState.PARTIALLY_REFUNDED), True),
    "got all of it back": (_once(LATELY, DonationState.REFUNDED), False),
    "got one back and kept one": (_twice(_once(LATELY, DonationState.REFUNDED), _once(LATELY)), True),
    "disputes it": (_once(LATELY, DonationState.DISPUTED), False),
    "won it back from us": (_once(LATELY, DonationState.CHARGED_BACK), False),
    "sent a transfer that is on its way": (_once(None, DonationState.PROCESSING), False),
    "sent a transfer that failed": (_once(None, DonationState.FAILED), False),
    "gives every month": (_regularly(RecurringState.ACTIVE, LATELY), True),
    "gives every year, long ago": (_regularly(RecurringState.ACTIVE, LONG_AGO), True),
    "paused long ago": (_regularly(RecurringState.PAUSED, LONG_AGO), False),
    "paused lately": (_regularly(RecurringState.PAUSED, LATELY), True),
    "stopped long ago": (_regularly(RecurringState.ENDED, LONG_AGO), False),
    "stopped lately": (_regularly(RecurringState.ENDED, LATELY), True),
    "has a failing card, long ago": (_regularly(RecurringState.PAST_DUE, LONG_AGO), False),
    "never finished": (_regularly(RecurringState.INCOMPLETE, LONG_AGO), False),
}


def test_whoever_gave_lately_or_gives_regularly_is_thanked_once(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_organisation(session)
        fund = make_fund(session)
        for who, (give, _) in GIVERS.items():
            give(session, make_donor(session, who), fund)
        thanked = sorted(session.scalars(select_recent_givers(SINCE)))
    assert thanked == sorted(who for who, (_, is_thanked) in GIVERS.items() if is_thanked)
