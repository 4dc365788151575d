"""Real processes while their broker is full, read-only, dead or hung: no request fails, and mail goes out."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode
from urllib.request import urlopen

from service.development.children import Child
from tests.fixtures.processes import RunningService
from tests.fixtures.smtp import SmtpSink
from tests.waiting import wait_until
from tests.web.signing_up import make_mark
from tests.workers.breakable import Broker
from tests.workers.sending import is_sent, publish_newsletter, release

READERS = 30
FAULTS = [Broker.fill, Broker.follow_nobody, Broker.kill, Broker.hang]


def test_case_07_case_08_whatever_the_broker_does_sign_ups_are_answered_and_mail_goes_out(
    running: RunningService, broker: Broker, smtp_sink: SmtpSink
) -> None:
    newsletter_id = publish_newsletter(running, READERS)
    for number, fault in enumerate(FAULTS):
        _live_through(fault, number, running, broker, smtp_sink, newsletter_id)
    broker.go_on()
    wait_until(lambda: _count(running, "bulk", "Connected to redis") > 1, "the worker to find its broker again")

    assert len(smtp_sink.recipients) == len(FAULTS) * (READERS + 1)
    assert len(set(smtp_sink.recipients)) == READERS + len(FAULTS)
    # An outage of hours fills no disk: a sentence a minute, and no stack of calls.
    assert [_count(running, name, "Traceback") for name in ("post", "bulk", "beat")] == [0, 0, 0]


def test_a_worker_that_starts_while_its_broker_is_away_sends(
    running: RunningService, broker: Broker, smtp_sink: SmtpSink
) -> None:
    newsletter_id = publish_newsletter(running, READERS)
    broker.kill()
    for name in ("beat", "bulk"):
        running.kill(name)
    running.children["bulk"] = Child(replace(running.children["bulk"].program, log=running.logs / "bulk again.log"))
    issue_id = release(running, newsletter_id)
    wait_until(lambda: is_sent(running, issue_id), "the issue to be sent")
    assert len(smtp_sink.recipients) == READERS


def _live_through(
    fault: Callable[[Broker], None],
    number: int,
    running: RunningService,
    broker: Broker,
    smtp_sink: SmtpSink,
    newsletter_id: int,
) -> None:
    if fault is Broker.hang:
        broker.start()
    fault(broker)
    reader = f"new-{number}@example.org"
    form = urlencode({"address": reader, "mark": make_mark(running.services)}).encode()
    with urlopen(f"{running.url}/crossings/subscribe", form, timeout=60) as answer:
        assert answer.status == 200
    issue_id = release(running, newsletter_id, number)
    wait_until(lambda: reader in smtp_sink.recipients, f"a confirmation after {fault.__name__}")
    wait_until(lambda: is_sent(running, issue_id), f"an issue to be sent after {fault.__name__}")


def _count(running: RunningService, name: str, words: str) -> int:
    return (running.logs / f"{name}.log").read_text("utf-8", "replace").count(words)
