"""Case 69: whatever a stranger sends is refused with 400, stores nothing and never ends in a 500."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.inbox.models import OutsideEvent
from tests.web.webhooks.conftest import Door
from tests.web.webhooks.signing import OLD_SECRET, sign, write_event

BODY = write_event()
GOOD = sign(BODY)
ListStored = Callable[[], list[OutsideEvent]]


@pytest.fixture
def fresh_database_url(database_url: str) -> str:
    """The database that all tests share: nothing here may ever be stored."""
    return database_url


# Of a good one, which is made in the test: one that is older than five minutes is refused for that alone.
SIGNATURES: dict[str, Callable[[str], str]] = {
    "none": lambda _: "",
    "forged": lambda good: f"t={good[2:12]},v1={'0' * 64}",
    "other secret": lambda _: sign(BODY, OLD_SECRET),
    "stale by 301 s": lambda _: sign(BODY, age=timedelta(seconds=301)),
    "of next year": lambda _: sign(BODY, age=-timedelta(days=365)),
    "non-ascii": lambda good: f"{good[:-1]}é",
    "non-ascii time": lambda good: good.replace("t=1", "t=¹", 1),
    "without a time": lambda good: good.partition(",")[2],
    "time that is no number": lambda good: good.replace("t=1", "t=x", 1),
    "time of many digits": lambda good: f"t={'9' * 500},v1={good[-64:]}",
    "two equals signs": lambda good: good.replace("v1=", "v1==", 1),
    "another scheme": lambda good: good.replace("v1=", "v0=", 1),
    "commas": lambda _: ",,,,",
    "only words": lambda _: "t,v1",
    "huge": lambda good: f"{good}{',v1=' + '0' * 64}" * 100,
    "spaces": lambda good: f" {good.replace(',', ' , ')}",
}

SIGNED_BODIES = {
    "empty": b"",
    "a list": b"[]",
    "null": b"null",
    "a word": b"hello",
    "a number of 5000 digits": b"1" * 5000,
    "no utf-8": BODY.replace(b"jane", b"j\xffne"),
    "utf-16": BODY.decode().encode("utf-16"),
    "cut short": BODY[:-20],
    "nested without end": b'{"a":' * 40_000,
    "not a number": BODY.replace(b"1790000000", b"NaN"),
    "infinity": BODY.replace(b'"pending_webhooks": 1', b'"pending_webhooks": Infinity'),
    "a form": b"id=evt_1&object=event",
    "no event": write_event(object="charge"),
    "a thin event": write_event(object="v2.core.event"),
    "no id": write_event(id=None),
    "empty id": write_event(id=""),
    "id of 300 letters": write_event(id="e" * 300),
    "id that is a list": write_event(id=["evt_1"]),
    "no type": write_event(type=None),
    "no data": write_event(data=None),
    "data that is a list": write_event(data=[1]),
    "about nothing": write_event(data={"object": None}),
    "no time": write_event(created=None),
    "time as a word": write_event(created="yesterday"),
    "time after the sun": write_event(created=10**18),
    "time before the sun": write_event(created=-(10**18)),
    "livemode as a word": write_event(livemode="false"),
    "no livemode": write_event(livemode=None),
}


@pytest.mark.parametrize("spoil", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_case_69_a_bad_signature_is_refused_and_leaves_nothing(
    door: Door, list_stored: ListStored, spoil: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    good = sign(BODY)
    answer = door.knock(BODY, spoil(good))
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert list_stored() == []
    said = answer.text + caplog.text
    assert "jane@example.org" not in said
    assert good[-64:] not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("body", SIGNED_BODIES.values(), ids=SIGNED_BODIES.keys())
def test_case_69_a_body_that_is_no_event_is_refused_even_when_signed(
    door: Door, list_stored: ListStored, body: bytes
) -> None:
    answer = door.knock(body)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert list_stored() == []


def test_case_69_a_body_that_was_changed_on_its_way_is_refused(door: Door, list_stored: ListStored) -> None:
    for changed in (BODY[:-1], BODY + b" ", BODY.replace(b"pi_1", b"pi_2"), b""):
        assert door.knock(changed, sign(BODY)).status_code == 400
    assert list_stored() == []


_pieces = st.one_of(
    st.sampled_from(["t=", "v1=", "v0=", ",", "=", GOOD[2:12], GOOD[-64:], "-1", "0", "1e9", "١٢", "\x7f", "é"]),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=12),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])  # no request leaves a trace
@given(st.lists(_pieces, max_size=8), st.binary(max_size=60))
def test_case_69_no_signature_and_no_bytes_make_it_fail(app: Flask, pieces: list[str], tail: bytes) -> None:
    signature = "".join(pieces).encode("latin-1", "ignore").decode("latin-1")
    answer = Door(app.test_client()).knock(BODY + tail, signature)
    # The pieces can be put together to the good signature over the good body.
    assert answer.status_code == 400 or (answer.status_code == 200 and not tail.strip())
