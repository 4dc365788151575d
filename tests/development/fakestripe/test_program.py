"""The test Stripe as a process of its own, and its account on disk: what a newcomer gave outlives a restart."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe

from service.development.children import Child, Program
from service.development.fakestripe.__main__ import READY
from service.development.fakestripe.fake import KEY, FakeStripe
from service.development.fakestripe.statefile import load_account
from service.development.ports import find_free_port
from service.errors import Conflict
from service.settings import ROOT
from tests.development.fakestripe.shop import Shop


@contextmanager
def running(folder: Path, port: int) -> Iterator[Child]:
    options = ("--port", str(port), "--state", str(folder / "stripe.json"), "--methods", "card,us_bank_account")
    argv = (sys.executable, "-m", "service.development.fakestripe", *options)
    told = {**os.environ, "POSTRIDER_ENV": "test"}
    child = Child(Program("stripe", argv, told, ready_line=READY, log=folder / "log", folder=ROOT))
    try:
        child.wait_until_ready()
        yield child
    finally:
        child.stop()


def test_it_says_in_one_line_that_it_is_ready_and_stops_when_told(tmp_path: Path) -> None:
    port = find_free_port()
    with running(tmp_path, port) as child:
        client = stripe.StripeClient(KEY, base_addresses={"api": f"http://127.0.0.1:{port}"}, max_network_retries=0)
        client.v1.customers.create({"email": "ada@example.org"})
    assert child.process.returncode == 0
    said = f"{READY} at http://127.0.0.1:{port} (key {KEY})\n"
    assert (tmp_path / "log").read_text() == said

    with running(tmp_path, port):
        assert [one.email for one in client.v1.customers.list().data] == ["ada@example.org"]


def test_a_port_that_is_taken_is_named() -> None:
    with FakeStripe() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(Conflict, match=f"port {port} \\(test Stripe\\) is already in use"), FakeStripe(port=port):
            pass


def test_another_secret_signs_from_the_next_start_on(tmp_path: Path) -> None:
    state = tmp_path / "stripe.json"
    with FakeStripe(state=state) as first:
        first.advance(days=1)
    with FakeStripe(state=state, webhook_secret="whsec_of_today") as second:
        client = stripe.StripeClient(second.key, base_addresses={"api": second.url}, max_network_retries=0)
        client.v1.customers.create({})
        signed = second.sign(second.pending_events()[0]["id"])

    assert stripe.Webhook.construct_event(signed.body, signed.signature, "whsec_of_today").type == "customer.created"


def test_an_account_comes_back_as_it_was(tmp_path: Path) -> None:
    state = tmp_path / "stripe.json"
    with FakeStripe(state=state) as first:
        client = stripe.StripeClient(first.key, base_addresses={"api": first.url}, max_network_retries=0)
        shop = Shop(first, client)
        subscription = shop.subscribe()
        first.advance(days=3)
        key = shop.client.v1.customers.create({}, {"idempotency_key": "k"}).id
        first.deliver(first.pending_events()[0]["id"].split())
        tables, moment = first.account.tables, first.account.clock.moved_by
        page = shop.open().id
        waiting = [event["id"] for event in first.pending_events()]

    with FakeStripe(state=state) as second:
        client = stripe.StripeClient(second.key, base_addresses={"api": second.url}, max_network_retries=0)
        assert client.v1.checkout.sessions.retrieve(page).url == f"{second.url}/c/pay/{page}"
        assert second.account.tables["event"] == tables["event"]
        assert {name: list(table) for name, table in second.account.tables.items()} == {
            name: list(table) for name, table in tables.items()
        }
        assert second.account.clock.moved_by == moment
        assert [event["id"] for event in second.pending_events()] == waiting
        assert client.v1.customers.create({}, {"idempotency_key": "k"}).id == key
        second.advance(days=32)
        assert len(client.v1.invoices.list({"subscription": subscription.id}).data) == 2
        ids = [made for table in second.account.tables.values() for made in table]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not the state of a test Stripe"),
        ("[]", "is not the state of a test Stripe"),
        (json.dumps({"form": 1}), "was written by another release"),
        (json.dumps({"form": 2}), "is not the state of a test Stripe"),
    ],
)
def test_a_file_that_is_no_account_is_refused_and_kept(tmp_path: Path, content: str, sentence: str) -> None:
    state = tmp_path / "stripe.json"
    state.write_text(content)

    with pytest.raises(Conflict, match=sentence):
        load_account(state)

    assert state.read_text() == content


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_the_file_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    state = tmp_path / "stripe.json"
    with FakeStripe(state=state) as fake:
        fake.advance(days=1)
        whole = state.read_text()

        def lose_power(self: Path, *_: object) -> None:
            if step == "write_text":
                self.write_bytes(b"{")
            raise OSError("the power is gone")

        monkeypatch.setattr(Path, step, lose_power)
        with pytest.raises(OSError, match="the power is gone"):
            fake.advance(days=1)
        monkeypatch.undo()
        assert state.read_text() == whole

    assert state.read_text() != whole
