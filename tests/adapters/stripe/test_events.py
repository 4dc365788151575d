"""Events: the edges of a signature's time, what the test Stripe really sends, and events that never reached us."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.stripe import events
from service.adapters.stripe.client import API_VERSION
from service.adapters.stripe.events import read_event
from service.adapters.stripe.gateway import StripeGateway
from service.clock import now
from service.development.fakestripe.delivery import Spoiling
from service.development.fakestripe.fake import FakeStripe
from service.errors import BadInput
from tests.adapters.stripe.giving import give_monthly, give_payment
from tests.web.webhooks.signing import SECRET, sign_at, write_event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "is_good"), [(-301, False), (-300, True), (0, True), (300, True), (301, False), (10**9, False)]
)
def test_case_69_a_signature_is_good_for_five_minutes_either_way(
    monkeypatch: pytest.MonkeyPatch, age: int, is_good: bool
) -> None:
    monkeypatch.setattr(events, "now", lambda: NOON)
    monkeypatch.setattr(time, "time", NOON.timestamp)
    body, at = write_event(), int(NOON.timestamp()) - age
    header = f"t={at},v1={sign_at(body, SECRET, at)}"
    if is_good:
        assert read_event(body, header, (SECRET,), is_live=False).event_id == "evt_1"
    else:
        with pytest.raises(BadInput, match="not of this moment"):
            read_event(body, header, (SECRET,), is_live=False)


def test_without_a_secret_nothing_is_ever_good() -> None:
    body, at = write_event(), int(time.time())
    for secrets in ((), ("",), (" ",)):
        for secret in ("", " "):
            with pytest.raises(BadInput):
                read_event(body, f"t={at},v1={sign_at(body, secret, at)}", secrets, is_live=False)


@given(st.binary(max_size=200), st.text(max_size=100))
def test_case_69_reading_ends_in_bad_input_or_an_event(body: bytes, signature: str) -> None:
    at = int(time.time())
    for header in (signature, f"t={at},v1={sign_at(body, SECRET, at)}", f"t={at},v1={signature}"):
        with pytest.raises(BadInput):
            read_event(body, header, (SECRET,), is_live=False)


def test_everything_that_the_test_stripe_sends_is_read(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    fake_stripe.open_dispute(give_payment(fake_stripe, gateway))
    give_monthly(fake_stripe, gateway)
    fake_stripe.advance(days=32)
    for event in fake_stripe.events:
        body, signature = _unpack(fake_stripe, event["id"])
        read = gateway.read_event(body, signature)
        assert (read.event_id, read.type, read.api_version) == (event["id"], event["type"], API_VERSION)
        assert read.object_id == event["data"]["object"].get("id", "")
        assert read.occurred_at == datetime.fromtimestamp(event["created"], UTC)
        assert read.payload == json.loads(body)


@pytest.mark.parametrize(
    "spoiling", [Spoiling(bad_signature=True), Spoiling(age=400), Spoiling(age=-400), Spoiling(signature="t=1,v1=é")]
)
def test_case_69_what_was_spoilt_on_its_way_is_refused(
    fake_stripe: FakeStripe, gateway: StripeGateway, spoiling: Spoiling
) -> None:
    give_payment(fake_stripe, gateway)
    body, signature = _unpack(fake_stripe, fake_stripe.events[-1]["id"], spoiling)
    with pytest.raises(BadInput):
        gateway.read_event(body, signature)


def test_events_that_never_reached_us_can_be_fetched_and_stored(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    fake_stripe.point_webhooks_at(lambda body, _: 500 if b"charge.succeeded" in body else 200)
    give_monthly(fake_stripe, gateway)
    fake_stripe.deliver()
    yesterday = now() - timedelta(days=1)
    (missed,) = gateway.list_undelivered_events(yesterday)
    assert missed.type == "charge.succeeded"
    assert missed.object_id.startswith("ch_")
    body, signature = _unpack(fake_stripe, missed.event_id)
    told = gateway.read_event(body, signature)
    assert (missed.event_id, missed.type, missed.object_id, missed.occurred_at) == (
        told.event_id, told.type, told.object_id, told.occurred_at,
    )  # fmt: skip
    assert json.loads(json.dumps(missed.payload))["data"] == told.payload["data"]
    assert list(gateway.list_undelivered_events(now() + timedelta(days=1))) == []


def test_every_undelivered_event_can_be_written_as_json(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    give_monthly(fake_stripe, gateway)
    found = list(gateway.list_undelivered_events(now() - timedelta(days=1)))
    assert {one.type for one in found} >= {"price.created", "customer.subscription.created", "invoice.paid"}
    for one in found:
        json.dumps(one.payload, allow_nan=False)


def _unpack(fake: FakeStripe, event_id: str, spoiling: Spoiling | None = None) -> tuple[bytes, str]:
    signed = fake.sign(event_id) if spoiling is None else fake.sign(event_id, spoiling)
    return signed.body, signed.signature
