"""What staff change about a gift holds its row no more firmly than a receipt's foreign key can bear."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.donations.benefits import set_benefit
from service.donations.donor_editing import change_donor
from service.donations.models import Donation, Donor
from service.donations.offline import VoidReason, void_offline_gift
from service.donations.purpose import name_fund
from service.donations.refunds import approve_refund, request_refund
from service.staff.models import Account
from service.staff.roles import Role
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation
from tests.factories.staff import make_account
from tests.fixtures.services import OpenTransaction

Change = Callable[[Session, Donation], object]


def ask(session: Session, gift: Donation) -> int:
    """Ask for a refund of the whole gift."""
    account = session.scalars(select(Account)).one()
    return request_refund(session, gift.id, gift.amount_minor, "Paid twice", account).id


def agree(session: Session, gift: Donation) -> None:
    """Ask for a refund, and agree to it as somebody else."""
    request_id = ask(session, gift)
    second = make_account(session, "sven@office.example", "Sven", "correct horse battery", Role.TREASURER)
    approve_refund(session, request_id, second)


CHANGES: dict[str, Change] = {
    "benefit": lambda session, gift: set_benefit(session, gift.id, 100, "A book"),
    "void": lambda session, gift: void_offline_gift(session, gift.id, VoidReason.MISTAKE),
    "fund": lambda session, gift: name_fund(session, gift.id, gift.fund_id or 0),
    "refund": ask,
    "agreement": agree,
    "name": lambda session, gift: change_donor(session, gift.donor_id or 0, "Grace Gyver", "en"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_at_the_desk_lets_a_row_that_names_the_gift_be_written(
    open_transaction: OpenTransaction, change: str
) -> None:
    with open_transaction() as session:
        make_organisation(session).refund_limit_minor = 0
        make_account(session, "tove@office.example", "Tove", "correct horse battery", Role.TREASURER)
        gift = make_donation(session, make_donor(session), make_fund(session))
        if change == "void":
            gift.payment_id, gift.offline_id = None, "a0" * 16
    with open_transaction() as staff, open_transaction() as worker:
        CHANGES[change](staff, staff.get_one(Donation, gift.id))
        worker.execute(text("set local lock_timeout = '500ms'"))
        # What the check of a foreign key does.
        for table, row_id in ((Donation, gift.id), (Donor, gift.donor_id)):
            keyed = select(table.id).where(table.id == row_id).with_for_update(read=True, key_share=True)
            assert worker.scalar(keyed) == row_id
