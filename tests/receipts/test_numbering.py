"""Receipt numbers under many workers: none twice, none missing, also when transactions fail half-way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from sqlalchemy import select

from service.db import transaction
from service.mail.models import Letter
from service.receipts.facts import Standing
from service.receipts.issuing import bring_up_to_date
from service.receipts.models import Receipt
from service.receipts.numbering import next_number
from service.receipts.queries import list_receipts_of_gift
from service.wiring import Services
from tests.factories.giving import make_organisation
from tests.receipts.gifts import Open, store_gift

WORKERS = 8
EACH = 6


class _WorkerError(Exception):
    """A worker fails after it took a number."""


def _take(open_transaction: Open, *, fails: bool) -> str | None:
    try:
        with open_transaction() as session:
            number = next_number(session, 2026)
            _fail_if(fails)
    except _WorkerError:
        return None
    return number


def _fail_if(fails: bool) -> None:
    if fails:
        raise _WorkerError


def test_each_year_counts_from_one(open_transaction: Open) -> None:
    with open_transaction() as session:
        taken = [next_number(session, year) for year in (2026, 2026, 2027, 2026)]
    assert taken == ["2026-000001", "2026-000002", "2027-000001", "2026-000003"]


def test_a_number_of_a_transaction_that_failed_is_given_again(open_transaction: Open) -> None:
    assert _take(open_transaction, fails=True) is None
    assert _take(open_transaction, fails=False) == "2026-000001"


def test_eight_workers_of_which_some_fail_leave_no_gap(services: Services) -> None:
    start = Barrier(WORKERS)

    def take_several(worker: int) -> list[str | None]:
        start.wait()
        return [_take(lambda: transaction(services.factory), fails=(worker + turn) % 3 == 0) for turn in range(EACH)]

    with ThreadPoolExecutor(WORKERS) as pool:
        numbers = sorted(number for taken in pool.map(take_several, range(WORKERS)) for number in taken if number)
    assert len(numbers) == WORKERS * EACH * 2 // 3
    assert numbers == [f"2026-{place:06}" for place in range(1, len(numbers) + 1)]


def test_a_worker_that_looked_too_early_looks_again_under_the_lock(services: Services) -> None:
    with transaction(services.factory) as session:
        make_organisation(session)
        facts = store_gift(session)
        bring_up_to_date(session, facts)
    with transaction(services.factory) as early:
        (seen,) = list_receipts_of_gift(early, facts.donation_id)
        with transaction(services.factory) as other:
            bring_up_to_date(other, replace(facts, standing=Standing.DISPUTED))
        assert seen.state == "issued"
        bring_up_to_date(early, facts)
    with transaction(services.factory) as session:
        (receipt,) = list_receipts_of_gift(session, facts.donation_id)
        assert (receipt.state, receipt.state_reason) == ("issued", "")


def test_workers_that_see_one_gift_at_once_issue_one_receipt_and_one_letter(services: Services) -> None:
    """Case 66, the receipt's part: the same event many times, at once."""
    with transaction(services.factory) as session:
        make_organisation(session)
        facts = store_gift(session)
    start = Barrier(WORKERS)

    def see(_: int) -> None:
        start.wait()
        with transaction(services.factory) as session:
            bring_up_to_date(session, facts)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(see, range(WORKERS)))
    with transaction(services.factory) as session:
        (receipt,) = session.scalars(select(Receipt)).all()
        assert (receipt.number, receipt.version) == ("2026-000001", 1)
        assert session.scalars(select(Letter.key)).all() == [f"receipt:{receipt.id}"]
        assert next_number(session, 2026) == "2026-000002"
