"""Standing arrangements: what Stripe says of one, and that each change does what the donor was told."""

from datetime import UTC, datetime, timedelta

import pytest

from service.adapters.stripe import recurring
from service.adapters.stripe.gateway import StripeGateway
from service.clock import now
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import RecurringFacts
from service.donations.states import Frequency
from service.errors import NotFound
from tests.adapters.stripe.giving import VISA, give, give_monthly, give_payment

PAYS_ONCE = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"
MASTERCARD = "5555555555554444"


def _list_paid(fake: FakeStripe) -> list[int]:
    return [charge["amount"] for charge in fake.list_objects("charge") if charge["paid"]]


def _change(gateway: StripeGateway, facts: RecurringFacts, amount: int, cover: int, key: str) -> None:
    gateway.change_amount(
        facts.subscription_id, facts.item_id, facts.product_id, amount, cover, facts.currency, facts.frequency, key
    )


def test_an_arrangement_is_read_whole(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    before = now().replace(microsecond=0)
    subscription_id = give_monthly(fake_stripe, gateway)
    facts = gateway.fetch_recurring(subscription_id)
    assert (facts.status, facts.amount_minor, facts.fee_cover_minor, facts.currency) == ("active", 5200, 200, "usd")
    assert (facts.frequency, facts.fund, facts.method) == (Frequency.MONTHLY, "archive", "Visa •••• 4242")
    assert (facts.address, facts.name) == ("grace.giver@example.org", "Grace Giver")
    assert facts.customer_id is not None
    assert facts.started_at >= before
    assert facts.pays_until is not None
    assert timedelta(days=27) < facts.pays_until - facts.started_at < timedelta(days=32)
    assert (facts.ends_at, facts.ended_at, facts.end_reason) == (None, None, "")
    assert (facts.is_paused, facts.resumes_at, facts.failing) == (False, None, None)


def test_a_yearly_one_is_yearly(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give(fake_stripe, gateway, frequency=Frequency.YEARLY).subscription_id
    assert subscription_id is not None
    facts = gateway.fetch_recurring(subscription_id)
    assert facts.frequency is Frequency.YEARLY
    assert facts.pays_until is not None
    assert facts.pays_until - facts.started_at >= timedelta(days=365)


def test_another_amount_is_charged_from_the_next_time_on_and_nothing_now(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    facts = gateway.fetch_recurring(give_monthly(fake_stripe, gateway))
    _change(gateway, facts, 7500, 0, "plan-amount:1")
    _change(gateway, facts, 7500, 0, "plan-amount:1")
    changed = gateway.fetch_recurring(facts.subscription_id)
    assert (changed.amount_minor, changed.fee_cover_minor, changed.pays_until) == (7500, 0, facts.pays_until)
    assert (changed.item_id, changed.attempt, changed.fund) == (facts.item_id, facts.attempt, facts.fund)
    assert _list_paid(fake_stripe) == [5200]
    fake_stripe.advance(days=32)
    assert _list_paid(fake_stripe) == [5200, 7500]


def test_an_old_change_that_is_asked_for_again_late_does_not_undo_a_newer_one(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    facts = gateway.fetch_recurring(give_monthly(fake_stripe, gateway))
    _change(gateway, facts, 7500, 0, "plan-amount:1")
    _change(gateway, facts, 2500, 0, "plan-amount:2")
    _change(gateway, facts, 7500, 0, "plan-amount:1")
    assert gateway.fetch_recurring(facts.subscription_id).amount_minor == 2500


def test_the_next_charge_moves_and_later_ones_follow_it(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    at = (now() + timedelta(days=45)).replace(microsecond=0)
    gateway.change_next_charge(subscription_id, at, "plan-date:1")
    facts = gateway.fetch_recurring(subscription_id)
    assert (facts.pays_until, facts.is_paused, facts.failing) == (at, False, None)
    assert _list_paid(fake_stripe) == [5200]
    fake_stripe.advance(days=44)
    assert _list_paid(fake_stripe) == [5200]
    fake_stripe.advance(days=2)
    assert _list_paid(fake_stripe) == [5200, 5200]
    after = gateway.fetch_recurring(subscription_id)
    assert after.status == "active"
    assert after.pays_until is not None
    assert timedelta(days=27) < after.pays_until - at < timedelta(days=32)


def test_while_it_is_paused_nothing_is_charged_nor_owed_later(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    gateway.pause(subscription_id, None, "plan-pause:1")
    assert gateway.fetch_recurring(subscription_id).is_paused
    fake_stripe.advance(days=65)
    paused = gateway.fetch_recurring(subscription_id)
    assert (paused.is_paused, paused.failing) == (True, None)
    assert _list_paid(fake_stripe) == [5200]
    gateway.resume(subscription_id, "plan-resume:1")
    resumed = gateway.fetch_recurring(subscription_id)
    assert (resumed.is_paused, resumed.resumes_at) == (False, None)
    assert _list_paid(fake_stripe) == [5200]
    fake_stripe.advance(days=31)
    assert _list_paid(fake_stripe) == [5200, 5200]


def test_a_pause_with_an_end_ends_by_itself(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    until = (now() + timedelta(days=40)).replace(microsecond=0)
    gateway.pause(subscription_id, until, "plan-pause:1")
    assert gateway.fetch_recurring(subscription_id).resumes_at == until
    fake_stripe.advance(days=65)
    assert not gateway.fetch_recurring(subscription_id).is_paused
    assert _list_paid(fake_stripe) == [5200, 5200]


def test_it_ends_at_once_and_ending_again_does_no_harm(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    for key in ("plan-cancel:1", "plan-cancel:1", "plan-cancel:2"):
        gateway.cancel(subscription_id, key)
    facts = gateway.fetch_recurring(subscription_id)
    assert (facts.status, facts.end_reason, facts.ends_at) == ("canceled", "cancellation_requested", None)
    assert facts.ended_at is not None
    fake_stripe.advance(days=70)
    assert _list_paid(fake_stripe) == [5200]
    with pytest.raises(NotFound):
        gateway.cancel("sub_nobody", "plan-cancel:3")


def test_one_that_ends_by_itself_says_when(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    gateway.client.v1.subscriptions.update(subscription_id, {"cancel_at_period_end": True})
    facts = gateway.fetch_recurring(subscription_id)
    assert (facts.ends_at, facts.ended_at) == (facts.pays_until, None)


def test_a_renewal_that_fails_is_told_try_by_try_until_it_ends(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway, card=PAYS_ONCE)
    assert gateway.fetch_recurring(subscription_id).failing is None
    seen: dict[int, bool] = {}
    for _ in range(50):
        fake_stripe.advance(days=1)
        facts = gateway.fetch_recurring(subscription_id)
        if facts.failing is not None:
            seen[facts.failing.tries] = facts.failing.next_try_at is not None
        if facts.ended_at is not None:
            break
        if facts.failing is not None:
            assert facts.status == "past_due"
            assert facts.failing.pay_url is not None
            assert facts.failing.pay_url.startswith("http")
    assert sorted(seen) == list(range(1, len(seen) + 1))
    assert len(seen) >= 4
    assert all(seen[tries] for tries in sorted(seen)[:-1])
    assert not seen[max(seen)]
    assert (facts.status, facts.end_reason) == ("canceled", "payment_failed")


def test_a_new_card_lets_a_failing_renewal_recover(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway, card=PAYS_ONCE)
    fake_stripe.advance(days=32)
    assert gateway.fetch_recurring(subscription_id).failing is not None
    fake_stripe.change_card(subscription_id, MASTERCARD)
    fake_stripe.advance(days=9)
    facts = gateway.fetch_recurring(subscription_id)
    assert (facts.status, facts.failing, facts.method) == ("active", None, "Mastercard •••• 4444")
    assert _list_paid(fake_stripe) == [5200, 5200]


def test_who_is_asked_by_the_bank_of_the_card_has_a_page_to_answer_on(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    subscription_id = give_monthly(fake_stripe, gateway, card=ASKS_ALWAYS)
    fake_stripe.advance(days=32)
    failing = gateway.fetch_recurring(subscription_id).failing
    assert failing is not None
    assert failing.pay_url is not None


def test_a_bank_debit_on_its_way_has_not_failed(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway, method="us_bank_account")
    fake_stripe.settle_debits()
    end = gateway.fetch_recurring(subscription_id).pays_until
    assert end is not None
    fake_stripe.advance_to(int(end.timestamp()) + 2 * 3600)
    assert gateway.fetch_recurring(subscription_id).failing is None
    assert fake_stripe.settle_debits(succeed=False) == 1
    assert gateway.fetch_recurring(subscription_id).failing is not None


def test_those_that_ended_long_ago_are_not_listed(
    fake_stripe: FakeStripe, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives, ended = (give_monthly(fake_stripe, gateway) for _ in range(2))
    gateway.cancel(ended, "plan-cancel:1")
    assert set(gateway.list_recurring()) == {lives, ended}
    in_34_days, in_36_days = (datetime.now(UTC) + timedelta(days=days) for days in (34, 36))
    monkeypatch.setattr(recurring, "now", lambda: in_34_days)
    assert set(gateway.list_recurring()) == {lives, ended}
    monkeypatch.setattr(recurring, "now", lambda: in_36_days)
    assert set(gateway.list_recurring()) == {lives}


def test_the_card_page_changes_the_card_of_the_arrangement_too(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    customer_id = gateway.fetch_recurring(subscription_id).customer_id
    assert customer_id is not None
    url = gateway.open_card_page(customer_id, "http://letters.test/giving", "card:1")
    assert url.startswith(gateway.hosts[0])
    assert gateway.open_card_page(customer_id, "http://letters.test/giving", "card:2").startswith(gateway.hosts[0])
    assert len(fake_stripe.list_objects("billing_portal.configuration")) == 1
    session = fake_stripe.list_objects("billing_portal.session")[-1]
    assert session["flow"]["type"] == "payment_method_update"
    assert session["return_url"] == "http://letters.test/giving"
    assert gateway.fetch_recurring(subscription_id).method == "Visa •••• 4242"
    other = gateway.fetch_payment(give_payment(fake_stripe, gateway, card=MASTERCARD, customer_id=customer_id))
    assert other.method == "Mastercard •••• 4444"
    # What the page does when the donor types another card: https://docs.stripe.com/customer-management
    method = fake_stripe.list_objects("charge")[-1]["payment_method"]
    with fake_stripe.account.lock:
        fake_stripe.account.get("payment_method", method)["customer"] = customer_id
    gateway.client.v1.customers.update(customer_id, {"invoice_settings": {"default_payment_method": method}})
    assert gateway.fetch_recurring(subscription_id).method == "Mastercard •••• 4444"
    fake_stripe.advance(days=32)
    renewal = fake_stripe.list_objects("charge")[-1]
    assert (renewal["amount"], renewal["payment_method_details"]["card"]["last4"]) == (5200, "4444")


def test_an_arrangement_on_another_card_keeps_it(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    first = give_monthly(fake_stripe, gateway, card=VISA)
    customer_id = gateway.fetch_recurring(first).customer_id
    assert customer_id is not None
    fake_stripe.advance(days=1)
    second = give_monthly(fake_stripe, gateway, card=MASTERCARD, customer_id=customer_id)
    gateway.open_card_page(customer_id, "http://letters.test/giving", "card:1")
    assert gateway.fetch_recurring(first).method == "Visa •••• 4242"
    assert gateway.fetch_recurring(second).method == "Mastercard •••• 4444"


@pytest.mark.parametrize("rhythm", [{"interval": "week"}, {"interval": "month", "interval_count": 3}, None])
def test_an_arrangement_of_another_rhythm_is_none_of_ours(
    fake_stripe: FakeStripe, gateway: StripeGateway, rhythm: dict[str, object] | None
) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    assert list(gateway.list_recurring()) == [subscription_id]
    with fake_stripe.account.lock:
        items = fake_stripe.account.get("subscription", subscription_id)["items"]
        if rhythm is None:
            items["data"] = []
        else:
            items["data"][0]["price"]["recurring"].update(rhythm)
    assert list(gateway.list_recurring()) == []
    with pytest.raises(NotFound, match="none of ours"):
        gateway.fetch_recurring(subscription_id)
