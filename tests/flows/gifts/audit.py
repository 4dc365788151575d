"""The auditor: compares the test Stripe's own objects with our rows, by none of the service's code."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from service.development.fakestripe.fake import FakeStripe

Row = Any


def audit(session: Session, fake: FakeStripe) -> list[str]:
    """Return every difference between the test Stripe, the mirror, the ledger and the receipts."""
    return [
        *_audit_payments(session, fake),
        *_audit_balance(session, fake),
        *_audit_subscriptions(session, fake),
        *_audit_receipts(session),
    ]


def _audit_payments(session: Session, fake: FakeStripe) -> Iterator[str]:
    rows = {row.payment_id: row for row in session.execute(text("select * from donations"))}
    refunds, disputes = _group(fake, "refund"), _group(fake, "dispute")
    for intent in fake.list_objects("payment_intent"):
        row, name = rows.pop(intent["id"], None), intent["id"]
        expected = _expected_state(intent, refunds[name], disputes[name])
        if expected is None or (expected == "failed" and row is None):
            if row is not None:
                yield f"{name}: recorded as {row.state}, but nothing was paid"
        elif row is None:
            yield f"{name}: {expected}, but not recorded"
        elif (row.state, row.amount_minor) != (expected, intent["amount"]):
            yield f"{name}: {row.state} {row.amount_minor}, should be {expected} {intent['amount']}"
        elif expected not in {"failed", "processing"} and row.refunded_minor != _returned(refunds[name]):
            yield f"{name}: {row.refunded_minor} returned, should be {_returned(refunds[name])}"
    yield from (f"{name}: recorded, but unknown there" for name in rows)


def _expected_state(intent: Row, refunds: list[Row], disputes: list[Row]) -> str | None:
    if intent["status"] == "processing":
        return "processing"
    if intent["status"] != "succeeded":
        return "failed" if intent["latest_charge"] else None
    words = {dispute["status"] for dispute in disputes}
    if "lost" in words:
        return "charged_back"
    if words & {"needs_response", "under_review"}:
        return "disputed"
    returned = _returned(refunds)
    if returned == intent["amount"]:
        return "refunded"
    return "partially_refunded" if returned else "succeeded"


def _returned(refunds: list[Row]) -> int:
    return sum(refund["amount"] for refund in refunds if refund["status"] not in {"failed", "canceled"})


def _group(fake: FakeStripe, name: str) -> defaultdict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for one in fake.list_objects(name):
        groups[one["payment_intent"]].append(one)
    return groups


def _audit_balance(session: Session, fake: FakeStripe) -> Iterator[str]:
    there: Counter[str] = Counter()
    for moved in fake.list_objects("balance_transaction"):
        there[moved["source"]] += moved["net"]
    here: Counter[str] = Counter()
    for source, total in session.execute(
        text("select source_id, sum(amount_minor) from ledger_entries group by source_id")
    ):
        here[source] = int(total)
    for source in there | here:
        if there[source] != here[source]:
            yield f"{source}: the ledger has {here[source]}, the balance {there[source]}"


def _audit_subscriptions(session: Session, fake: FakeStripe) -> Iterator[str]:
    words = {"active": "active", "trialing": "active", "past_due": "past_due", "canceled": "ended"}
    rows = {row.subscription_id: row for row in session.execute(text("select * from recurring_donations"))}
    for one in fake.list_objects("subscription"):
        row = rows.pop(one["id"], None)
        amount = one["items"]["data"][0]["price"]["unit_amount"]
        expected = words.get(one["status"], one["status"])
        if row is None:
            if expected != "incomplete":
                yield f"{one['id']}: {expected}, but not recorded"
        elif (row.state, row.amount_minor) != (expected, amount):
            yield f"{one['id']}: {row.state} {row.amount_minor}, should be {expected} {amount}"
    yield from (f"{name}: recorded, but unknown there" for name in rows)


def _audit_receipts(session: Session) -> Iterator[str]:
    """Every good gift has one valid receipt of what is left of it; no other gift has any."""
    rows = session.execute(
        text(
            """
            select donations.id, donations.state, amount_minor_left, count(receipts.id) as valid,
                   coalesce(sum(receipts.amount_minor), 0) as stated, donations.donor_id is null as nameless
            from (select *, amount_minor - refunded_minor as amount_minor_left from donations) as donations
            left join receipts on receipts.donation_id = donations.id and receipts.state = 'issued'
            group by donations.id, donations.state, amount_minor_left, donations.donor_id
            """
        )
    )
    for row in rows:
        is_good = row.state in {"succeeded", "partially_refunded"} and not row.nameless
        expected = (1, row.amount_minor_left) if is_good else (0, 0)
        if (row.valid, int(row.stated)) != expected:
            yield f"gift {row.id} ({row.state}): {row.valid} receipts of {row.stated}, should be {expected}"
    numbers = text(
        "select left(number, 4), count(distinct number), max(right(number, 6)::int) from receipts group by 1"
    )
    for year, count, last in session.execute(numbers):
        if count != last:
            yield f"the receipt numbers of {year} have gaps: {count} numbers up to {last}"
