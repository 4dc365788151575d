"""A log that an outage of hours does not fill."""

import logging
from logging import LogRecord

import pytest

from workers import logs
from workers.logs import Sparing


def _record(words: str, level: int = logging.ERROR, name: str = "celery.beat") -> LogRecord:
    failure = ValueError("with a stack")
    return LogRecord(name, level, "beat.py", 1, words, ("an argument",), (ValueError, failure, None))


def test_a_sentence_is_said_once_a_minute_and_without_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [1000.0]
    monkeypatch.setattr(logs, "monotonic", lambda: seconds[0])
    sparing, first = Sparing(), _record("the broker is away: %s")
    assert sparing.filter(first)
    assert first.exc_info is None
    seconds[0] += 59
    assert not sparing.filter(_record("the broker is away: %s"))
    assert sparing.filter(_record("something else: %s"))
    assert sparing.filter(_record("the broker is away: %s", name="celery.worker.loops"))
    seconds[0] += 1
    assert sparing.filter(_record("the broker is away: %s"))


def test_what_is_no_warning_is_always_said() -> None:
    sparing = Sparing()
    assert all(sparing.filter(_record("connected to %s", logging.INFO)) for _ in range(3))
