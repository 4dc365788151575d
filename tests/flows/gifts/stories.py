"""Random lives of gifts: what a giver, a bank and staff do, one step at a time. Drawn from a seed, so they repeat."""

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.db import transaction
from service.development.fakestripe.controls import Declined
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import Gateway
from service.donations.models import Fund
from service.donations.states import AttemptState, Frequency
from service.wiring import Services
from tests.factories.giving import make_attempt, order_of

GOOD, DECLINED, POOR, RENEWALS_FAIL, ASKS_BANK = (
    *("4242424242424242", "4000000000000002", "4000000000009995"),
    *("4000000000000341", "4000002500003155"),
)
Story = Iterator[None]


@dataclass(frozen=True)
class Stage:
    """Where stories take place. ``page`` opens checkouts by the same adapter as the service."""

    services: Services
    fake: FakeStripe
    gateway: Gateway
    fund: Fund
    chance: random.Random

    def likely(self, share: int) -> bool:
        """Return true in ``share`` of a hundred cases."""
        return self.chance.randrange(100) < share

    def status_of(self, object_id: str) -> str:
        """Return the processor's word for something; other stories move the clock meanwhile."""
        return str(self.fake.get_object(object_id)["status"])

    def is_open(self, session_id: str) -> bool:
        """Return whether a page can still be paid on."""
        return self.status_of(session_id) == "open"


def begin(stage: Stage, number: int) -> Story:
    """Return one giver's story."""
    kinds: list[Callable[[Stage, int], Story]] = [tell_card_gift, tell_card_gift, tell_bank_debit, tell_monthly]
    return stage.chance.choice(kinds)(stage, number)


def tell_card_gift(stage: Stage, number: int) -> Story:
    """One gift by card: perhaps declined first, perhaps abandoned, then refunds or a dispute."""
    session_id = open_page(stage, number, Frequency.ONCE)
    yield
    yield from _try_bad_cards(stage, session_id)
    if not stage.is_open(session_id):
        return
    if stage.likely(8):
        stage.fake.expire(session_id)
        return
    stage.fake.pay(session_id, stage.chance.choice([GOOD, GOOD, ASKS_BANK]))
    yield
    yield from _tell_aftermath(stage, find_payment(stage, session_id))


def tell_bank_debit(stage: Stage, number: int) -> Story:
    """A debit that takes days, and may fail, or be disputed for good."""
    session_id = open_page(stage, number, Frequency.ONCE)
    stage.fake.pay(session_id, method="us_bank_account")
    payment_id = find_payment(stage, session_id)
    yield
    if stage.status_of(payment_id) == "processing":
        stage.fake.settle_debit(payment_id, succeeds=stage.likely(70))
    yield
    if stage.status_of(payment_id) != "succeeded":
        return
    if stage.likely(25):
        stage.fake.open_dispute(payment_id, "debit_not_authorized", kind="bank")
    else:
        yield from _tell_refunds(stage, payment_id)


def tell_monthly(stage: Stage, number: int) -> Story:
    """A standing gift: renewals, failures that recover or do not, changes, an end."""
    fails = stage.likely(35)
    session_id = open_page(stage, number, Frequency.MONTHLY)
    yield
    yield from _try_bad_cards(stage, session_id)
    if not stage.is_open(session_id):
        return
    stage.fake.pay(session_id, RENEWALS_FAIL if fails else GOOD)
    subscription_id = str(stage.fake.get_object(session_id)["subscription"])
    yield
    if not fails and stage.likely(40) and is_alive(stage, subscription_id):
        change_amount(stage, subscription_id)
        yield
    stage.fake.advance(days=31)
    yield
    if fails and stage.likely(60) and is_alive(stage, subscription_id):
        stage.fake.change_card(subscription_id, GOOD)
        stage.fake.advance(days=8)
        yield
    if stage.likely(30) and is_alive(stage, subscription_id):
        stage.gateway.pause(subscription_id, None, secrets.token_hex(8))
        yield
        if is_alive(stage, subscription_id):
            stage.gateway.resume(subscription_id, secrets.token_hex(8))
    stage.fake.advance(days=31)
    yield
    if stage.likely(50) and is_alive(stage, subscription_id):
        stage.gateway.cancel(subscription_id, secrets.token_hex(8))
    yield from _tell_aftermath(stage, find_payment(stage, session_id))


def open_page(stage: Stage, number: int, frequency: Frequency) -> str:
    """Store a form and open its page; return the page's id."""
    amount = stage.chance.randrange(500, 100_000)
    cover = stage.chance.choice([0, 0, amount // 20])
    attempt = make_attempt(stage.fund, amount, frequency, cover, f"giver{number}@example.org", f"Giver {number}")
    page_closes_at = datetime.fromtimestamp(stage.fake.now(), UTC) + timedelta(minutes=31)
    order = order_of(attempt, stage.fund, page_closes_at)
    with transaction(stage.services.factory) as session:
        session.add(attempt)
    opened = stage.gateway.open_checkout(order, f"checkout:{attempt.public_id}")
    with transaction(stage.services.factory) as session:
        stored = session.merge(attempt)
        stored.session_id, stored.session_url, stored.state = opened.session_id, opened.url, AttemptState.OPEN
    return opened.session_id


def find_payment(stage: Stage, session_id: str) -> str:
    """Return the id of the first payment that came of a page."""
    page = stage.fake.get_object(session_id)
    if page["payment_intent"]:
        return str(page["payment_intent"])
    return stage.gateway.list_payments_of_invoice(page["invoice"])[0]


def change_amount(stage: Stage, subscription_id: str) -> None:
    """Let the donor give another amount from the next time on."""
    facts = stage.gateway.fetch_recurring(subscription_id)
    amount = stage.chance.randrange(500, 50_000)
    key = secrets.token_hex(8)
    stage.gateway.change_amount(
        subscription_id, facts.item_id, facts.product_id, amount, 0, "usd", Frequency.MONTHLY, key
    )


def is_alive(stage: Stage, subscription_id: str) -> bool:
    """Return whether a standing gift has not ended."""
    return stage.status_of(subscription_id) in {"active", "past_due", "trialing"}


def _try_bad_cards(stage: Stage, session_id: str) -> Story:
    for _ in range(stage.chance.choice([0, 0, 0, 1, 2])):
        if stage.is_open(session_id):
            with suppress(Declined):
                stage.fake.pay(session_id, stage.chance.choice([DECLINED, POOR]))
            yield


def _tell_aftermath(stage: Stage, payment_id: str) -> Story:
    if stage.likely(25):
        yield from _tell_dispute(stage, payment_id)
    else:
        yield from _tell_refunds(stage, payment_id)


def _tell_refunds(stage: Stage, payment_id: str) -> Story:
    left = int(stage.fake.get_object(payment_id)["amount"])
    for _ in range(stage.chance.choice([0, 0, 1, 1, 2, 3])):
        amount = left if stage.likely(25) else stage.chance.randrange(1, left + 1)
        stage.fake.next_refunds(stage.chance.choice(["succeeded", "pending"]))
        refund_id = stage.gateway.refund(payment_id, amount, secrets.token_hex(8))
        left -= amount
        yield
        if stage.likely(25):
            stage.fake.refund_fails(refund_id)
            left += amount
            yield
        elif stage.status_of(refund_id) == "pending":
            stage.fake.settle_refund(refund_id)
        if not left:
            return


def _tell_dispute(stage: Stage, payment_id: str) -> Story:
    dispute_id = stage.fake.open_dispute(payment_id, kind=stage.chance.choice(["card", "card", "inquiry"]))
    yield
    if stage.likely(80) and stage.status_of(dispute_id) in {"needs_response", "warning_needs_response"}:
        stage.fake.close_dispute(dispute_id, won=stage.likely(50))
