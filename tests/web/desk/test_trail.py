"""Every staff action of the finance desk leaves its entry in the trail: who, what, about what."""

import pytest
from sqlalchemy import func, select

from service.receipts.models import Receipt
from service.staff.models import Account, AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf, ask_for_refund
from tests.web.desk.browsing import Desk
from tests.web.desk.test_offline import TYPED, nonce_of
from tests.web.desk.test_settings import FACTS


@pytest.mark.usefixtures("year_is_over")
def test_every_action_leaves_one_entry_with_the_name_of_who_did_it(
    treasurer_desk: Desk, publisher_account: int, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        waiting = [ask_for_refund(session, shelf.large_gift_id, publisher_account, 100) for _ in range(2)]
        receipt_id = session.scalars(select(Receipt.id).where(Receipt.donation_id == shelf.large_gift_id)).one()
    check = {**TYPED, "fund": shelf.fund_id, "nonce": nonce_of(treasurer_desk)}
    actions: list[tuple[str, dict[str, object]]] = [
        (f"gifts/{shelf.gift_id}/benefit", {"benefit": "A book", "benefit_value": "10"}),
        (f"gifts/{shelf.gift_id}/refund", {"amount": "5", "reason": "Paid twice", "seen": "0"}),
        (f"refunds/{waiting[0]}/approve", {}),
        (f"refunds/{waiting[1]}/decline", {}),
        ("gifts/offline", check),
        ("gifts/10/void", {"reason": "mistake"}),
        (f"alarms/{shelf.alarm_id}/settle", {}),
        ("reconciliation", {}),
        (f"events/{shelf.event_id}/retry", {}),
        ("export", {"table": "gifts", "first": "2026-01-01", "last": "2026-12-31"}),
        (f"donors/{shelf.donor_id}", {"donor_name": "Grace Gyver", "language": "en"}),
        (f"receipts/{receipt_id}/resend", {}),
        ("funds", {"name": "Ink", "slug": "ink", "description": "", "goal": ""}),
        (f"funds/{shelf.fund_id}", {"name": "General", "description": "", "goal": ""}),
        (f"funds/{shelf.fund_id}/close", {}),
        (f"funds/{shelf.fund_id}/open", {}),
        ("organisation", dict(FACTS)),
        ("organisation/pause", {"pause_reason": "Moving"}),
        ("organisation/resume", {}),
        ("statements/2026/prepare", {}),
        ("statements/1/approve-one", {}),
        ("statements/2026/send", {}),
        ("statements/1/resend", {}),
    ]
    for path, fields in actions:
        before = count_entries(open_transaction)
        response = treasurer_desk.post(f"/desk/{path}", **fields)
        response.close()
        assert response.status_code in {200, 302}, path
        assert count_entries(open_transaction) == before + 1, path
    with open_transaction() as session:
        names = session.scalars(select(Account.name).join(AuditEntry).distinct()).all()
    assert names == ["Tove Treasurer"]


def count_entries(open_transaction: OpenTransaction) -> int:
    """Return the length of the trail."""
    with open_transaction() as session:
        return session.scalar(select(func.count(AuditEntry.id))) or 0
