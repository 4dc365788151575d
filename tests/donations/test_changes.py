"""What a donor changes happens at the processor once, is mirrored, told in one letter, and moves no money."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from service.alarms.raising import list_standing_alarms
from service.clock import now
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.shapes import JsonObject
from service.donations.changes import ask_change, carry_out_change, list_waiting_changes
from service.donations.gateway import Gateway
from service.donations.models import Fund, LedgerEntry, RecurringChange
from service.donations.states import Frequency, RecurringState
from service.donations.wishes import ChangeKind, RefusedWish, Wish
from service.errors import BadInput, NotFound, PostriderError, Unavailable
from service.mail.models import Letter, LetterKind
from service.wiring import Services
from tests.donations.arrangements import read_recurring, start_recurring

AMOUNT = Wish(ChangeKind.AMOUNT, amount="40")
PAUSE = Wish(ChangeKind.PAUSE, months="1")
RESUME = Wish(ChangeKind.RESUME)
STOP = Wish(ChangeKind.STOP)
AT = "POST /v1/subscriptions"


def next_month() -> Wish:
    """Move the next gift to a day in three weeks."""
    return Wish(ChangeKind.DATE, day=f"{now() + timedelta(days=21):%Y-%m-%d}")


@pytest.fixture
def monthly(services: Services, fake_stripe: FakeStripe) -> int:
    """A monthly gift of $25 that runs."""
    return start_recurring(services, fake_stripe)


def ask(services: Services, recurring_id: int, wish: Wish, nonce: str = "") -> int | None:
    """Store a wish and return its change, if it made or found one."""
    with transaction(services.factory) as session:
        change = ask_change(session, recurring_id, wish, nonce=nonce)
        return change.id if change else None


def do(services: Services, recurring_id: int, wish: Wish, nonce: str = "") -> RecurringChange:
    """Ask for a change and carry it out."""
    assert services.gateway is not None
    change_id = ask(services, recurring_id, wish, nonce)
    assert change_id is not None
    return carry_out_change(services.factory, services.gateway, change_id)


def at_stripe(services: Services, fake: FakeStripe, recurring_id: int) -> JsonObject:
    """Return the subscription as Stripe has it."""
    return fake.get_object(read_recurring(services, recurring_id).subscription_id)


def letters(services: Services) -> list[tuple[LetterKind, dict[str, int]]]:
    """Return the letters about changes and ends."""
    with transaction(services.factory) as session:
        about = Letter.kind.in_([LetterKind.RECURRING_CHANGED, LetterKind.RECURRING_ENDED])
        return [
            (letter.kind, letter.about) for letter in session.scalars(select(Letter).where(about).order_by(Letter.id))
        ]


def ledger(services: Services) -> list[tuple[str, int]]:
    """Return every line of the books."""
    with transaction(services.factory) as session:
        return [(line.key, line.amount_minor) for line in session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))]


def test_another_amount_counts_from_the_next_gift_on(services: Services, fake_stripe: FakeStripe, monthly: int) -> None:
    books = ledger(services)
    change = do(services, monthly, AMOUNT)
    assert (change.state, change.details["amount_minor"], change.details["previous_minor"]) == ("done", 4000, 2500)
    assert change.done_at is not None
    assert read_recurring(services, monthly).amount_minor == 4000
    assert [intent["amount"] for intent in fake_stripe.list_objects("payment_intent")] == [2500]
    assert ledger(services) == books
    assert letters(services) == [(LetterKind.RECURRING_CHANGED, {"change": change.id})]
    fake_stripe.advance(days=32)
    assert sorted(intent["amount"] for intent in fake_stripe.list_objects("payment_intent")) == [2500, 4000]


def test_the_first_change_of_an_amount_gives_the_fund_its_name_at_the_processor(
    services: Services, monthly: int
) -> None:
    do(services, monthly, AMOUNT)
    do(services, monthly, Wish(ChangeKind.AMOUNT, amount="45"))
    with transaction(services.factory) as session:
        fund = session.scalars(select(Fund)).one()
    assert fund.product_id == "postrider-fund-general"
    assert read_recurring(services, monthly).fund_id == fund.id


@pytest.mark.parametrize(
    ("covers_fee", "total", "cover"), [(True, 4151, 151), (False, 4000, 0)], ids=["ticked", "unticked"]
)
def test_the_fee_is_covered_only_where_it_is_ticked(
    services: Services,
    fake_stripe: FakeStripe,
    total: int,
    cover: int,
    *,
    covers_fee: bool,
) -> None:
    recurring_id = start_recurring(services, fake_stripe, fee_cover_minor=106)
    do(services, recurring_id, Wish(ChangeKind.AMOUNT, amount="40", covers_fee=covers_fee))
    recurring = read_recurring(services, recurring_id)
    assert (recurring.amount_minor, recurring.fee_cover_minor) == (total, cover)


@pytest.mark.parametrize("frequency", [Frequency.MONTHLY, Frequency.YEARLY])
def test_another_date_moves_the_next_gift_and_those_after_it(
    services: Services, fake_stripe: FakeStripe, frequency: Frequency
) -> None:
    recurring_id = start_recurring(services, fake_stripe, frequency=frequency)
    wish = next_month()
    do(services, recurring_id, wish)
    recurring = read_recurring(services, recurring_id)
    assert recurring.state is RecurringState.ACTIVE
    assert recurring.next_charge_at is not None
    assert f"{recurring.next_charge_at:%Y-%m-%d}" == wish.day
    assert recurring.next_charge_at.hour in {16, 17}  # noon in New York
    assert len(fake_stripe.list_objects("payment_intent")) == 1
    fake_stripe.advance(days=22)
    assert len(fake_stripe.list_objects("payment_intent")) == 2


@pytest.mark.parametrize("months", [1, 2, 3])
def test_a_pause_leaves_out_as_many_gifts_as_months(
    services: Services, fake_stripe: FakeStripe, monthly: int, months: int
) -> None:
    do(services, monthly, Wish(ChangeKind.PAUSE, months=str(months)))
    recurring = read_recurring(services, monthly)
    assert recurring.state is RecurringState.PAUSED
    assert recurring.resumes_at is not None
    for _ in range(months):
        fake_stripe.advance(days=31)
        assert _count_paid(fake_stripe) == 1
    fake_stripe.advance(days=31)
    assert _count_paid(fake_stripe) == 2


def _count_paid(fake: FakeStripe) -> int:
    return sum(intent["status"] == "succeeded" for intent in fake.list_objects("payment_intent"))


def test_a_paused_gift_can_go_on_sooner(services: Services, fake_stripe: FakeStripe, monthly: int) -> None:
    do(services, monthly, PAUSE)
    do(services, monthly, RESUME)
    assert read_recurring(services, monthly).state is RecurringState.ACTIVE
    assert at_stripe(services, fake_stripe, monthly)["pause_collection"] is None
    assert [kind for kind, _ in letters(services)] == [LetterKind.RECURRING_CHANGED] * 2


def test_stopping_is_immediate_has_one_letter_and_charges_nothing_more(
    services: Services, fake_stripe: FakeStripe, monthly: int
) -> None:
    books = ledger(services)
    change = do(services, monthly, STOP)
    assert change.state == "done"
    recurring = read_recurring(services, monthly)
    assert recurring.state is RecurringState.ENDED
    assert recurring.ended_at is not None
    assert letters(services) == [(LetterKind.RECURRING_ENDED, {"recurring": monthly})]
    assert ask(services, monthly, STOP) is None  # safe to repeat: there is nothing left to do
    fake_stripe.advance(days=400)
    assert _count_paid(fake_stripe) == 1
    assert ledger(services) == books


def test_what_is_so_already_changes_nothing(services: Services, monthly: int) -> None:
    assert ask(services, monthly, Wish(ChangeKind.AMOUNT, amount="25.00")) is None
    present = read_recurring(services, monthly).next_charge_at
    assert present is not None
    day = present.astimezone(ZoneInfo("America/New_York")).date()  # the organisation's, by whose calendar people choose
    assert ask(services, monthly, Wish(ChangeKind.DATE, day=f"{day}")) is None
    assert letters(services) == []


@pytest.mark.parametrize(
    "wish", [AMOUNT, next_month(), PAUSE, STOP], ids=["another amount", "another date", "a pause", "a stop"]
)
def test_a_form_sent_twice_is_one_change_with_one_letter(
    services: Services, fake_stripe: FakeStripe, monthly: int, wish: Wish
) -> None:
    first, second = (
        do(services, monthly, wish, "one-and-the-same-form"),
        do(services, monthly, wish, "one-and-the-same-form"),
    )
    assert first.id == second.id
    assert len(letters(services)) == 1
    assert len(fake_stripe.list_objects("payment_intent")) == 1


def test_eight_at_once_are_one_change(services: Services, fake_stripe: FakeStripe, monthly: int) -> None:
    barrier, failures, before = threading.Barrier(8), [], count_updates(fake_stripe)

    def press() -> None:
        barrier.wait()
        try:
            do(services, monthly, AMOUNT, "one-and-the-same-form")
        except Exception as failure:  # noqa: BLE001 - a thread has nobody else to tell
            failures.append(failure)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(letters(services)) == 1
    assert count_updates(fake_stripe) == before + 1


def count_updates(fake: FakeStripe) -> int:
    """How often a subscription was changed at Stripe."""
    return sum(event["type"] == "customer.subscription.updated" for event in fake.events)


@pytest.mark.parametrize(
    "wish", [AMOUNT, next_month(), PAUSE, STOP], ids=["another amount", "another date", "a pause", "a stop"]
)
@pytest.mark.parametrize("after_effect", [False, True], ids=["before it acted", "after it acted"])
def test_case_71_a_lost_answer_leaves_the_wish_and_a_second_press_finishes_it(
    services: Services, fake_stripe: FakeStripe, monthly: int, wish: Wish, *, after_effect: bool
) -> None:
    method = "DELETE /v1/subscriptions" if wish is STOP else AT
    fake_stripe.fail_next(9, "cut", at=method, after_effect=after_effect)
    with pytest.raises(Unavailable):
        do(services, monthly, wish)
    with transaction(services.factory) as session:
        waiting = session.scalars(select(RecurringChange)).one()
        assert waiting.state == "asked"
        assert list_waiting_changes(session, now() - timedelta(hours=1)) == [waiting.id]
    assert letters(services) == []
    fake_stripe.faults.clear()
    done = do(services, monthly, wish)
    assert (done.id, done.state) == (waiting.id, "done")
    assert len(letters(services)) == 1
    assert len(fake_stripe.list_objects("payment_intent")) == 1


def test_another_wish_gives_up_the_one_that_waits(services: Services, fake_stripe: FakeStripe, monthly: int) -> None:
    first = ask(services, monthly, AMOUNT)
    do(services, monthly, Wish(ChangeKind.AMOUNT, amount="60"))
    assert services.gateway is not None
    assert first is not None
    given_up = carry_out_change(services.factory, services.gateway, first)
    assert given_up.state == "failed"
    assert at_stripe(services, fake_stripe, monthly)["items"]["data"][0]["price"]["unit_amount"] == 6000


def test_another_amount_in_the_same_form_is_another_wish(services: Services, monthly: int) -> None:
    first = do(services, monthly, AMOUNT, "one-and-the-same-form")
    second = do(services, monthly, Wish(ChangeKind.AMOUNT, amount="60"), "one-and-the-same-form")
    assert first.id != second.id
    assert read_recurring(services, monthly).amount_minor == 6000


def test_a_stop_gives_up_whatever_waits(services: Services, monthly: int) -> None:
    waiting = {ask(services, monthly, AMOUNT), ask(services, monthly, PAUSE)}
    assert do(services, monthly, STOP).state == "done"
    with transaction(services.factory) as session:
        assert list_waiting_changes(session, now() - timedelta(hours=1)) == []
        assert {session.get_one(RecurringChange, change).state for change in waiting} == {"failed"}
        assert list_standing_alarms(session) == []


@pytest.mark.parametrize("nonce", ["", "one-and-the-same-form"], ids=["another form", "the same form"])
def test_a_wish_that_comes_back_late_is_a_new_change(services: Services, monthly: int, nonce: str) -> None:
    first = ask(services, monthly, AMOUNT, nonce)
    with transaction(services.factory) as session:
        session.execute(update(RecurringChange).values(asked_at=now() - timedelta(minutes=11)))
    assert ask(services, monthly, AMOUNT, nonce) not in {first, None}


class Meddling:
    """The real gateway but for one call, which ``meddle`` is asked about first."""

    def __init__(self, gateway: Gateway, call: str, meddle: Callable[[], None]) -> None:
        self._gateway, self._call, self._meddle = gateway, call, meddle

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            self._meddle()
        return getattr(self._gateway, name)


@pytest.mark.parametrize("problem", [BadInput("It has ended there."), NotFound("There is no such thing.")])
def test_what_the_processor_refuses_is_told_to_staff_and_to_nobody_else(
    services: Services, monthly: int, problem: PostriderError
) -> None:
    def refuse() -> None:
        raise problem

    assert services.gateway is not None
    change_id = ask(services, monthly, PAUSE)
    assert change_id is not None
    refusing = cast("Gateway", Meddling(services.gateway, "pause", refuse))
    change = carry_out_change(services.factory, refusing, change_id)
    assert (change.state, change.problem) == ("failed", problem.message)
    with transaction(services.factory) as session:
        (alarm,) = list_standing_alarms(session)
        assert problem.message in alarm.sentence
    assert letters(services) == []


def test_a_stop_that_waits_for_an_hour_is_tried_by_another_key_and_told_to_staff(
    services: Services, fake_stripe: FakeStripe, monthly: int
) -> None:
    assert services.gateway is not None
    keys: list[str] = []
    change_id = ask(services, monthly, STOP)
    assert change_id is not None
    listening = cast("Gateway", Listening(services.gateway, "cancel", keys))
    fake_stripe.fail_next(99, "error", at="DELETE /v1/subscriptions")
    for age in (timedelta(minutes=1), timedelta(minutes=61)):
        with transaction(services.factory) as session:
            session.execute(update(RecurringChange).values(asked_at=now() - age))
        with pytest.raises(Unavailable):
            carry_out_change(services.factory, listening, change_id)
    fake_stripe.faults.clear()
    with transaction(services.factory) as session:
        (alarm,) = list_standing_alarms(session)
        assert "has waited for more than an hour" in alarm.sentence
    assert carry_out_change(services.factory, listening, change_id).state == "done"
    assert keys == [f"plan-stop:{change_id}", f"plan-stop:{change_id}:6", f"plan-stop:{change_id}:6"]


class Listening:
    """The real gateway, with the keys of one call written down."""

    def __init__(self, gateway: Gateway, call: str, keys: list[str]) -> None:
        self._gateway, self._call, self._keys = gateway, call, keys

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._gateway, name)
        if name != self._call:
            return real

        def listen(*arguments: Any) -> Any:
            self._keys.append(arguments[-1])
            return real(*arguments)

        return listen


def test_a_slow_call_never_undoes_a_later_wish(services: Services, fake_stripe: FakeStripe, monthly: int) -> None:
    calling, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        calling.set()
        assert go_on.wait(30)

    assert services.gateway is not None
    slow = cast("Gateway", Meddling(services.gateway, "change_amount", hold))
    first = ask(services, monthly, AMOUNT)
    second_wish = Wish(ChangeKind.AMOUNT, amount="60")
    threads = [
        threading.Thread(target=lambda: carry_out_change(services.factory, slow, first or 0)),
        threading.Thread(target=lambda: do(services, monthly, second_wish)),
    ]
    threads[0].start()
    assert calling.wait(30)
    threads[1].start()
    threads[1].join(2)  # it waits for the first; were it not so, it would be through by now
    go_on.set()
    for thread in threads:
        thread.join()
    assert at_stripe(services, fake_stripe, monthly)["items"]["data"][0]["price"]["unit_amount"] == 6000
    assert read_recurring(services, monthly).amount_minor == 6000


def test_a_refused_wish_leaves_no_row(services: Services, monthly: int) -> None:
    with pytest.raises(RefusedWish):
        ask(services, monthly, RESUME)
    with transaction(services.factory) as session:
        assert session.scalars(select(RecurringChange)).all() == []
