"""How long a letter may be in hand: one deadline over both its tries, and a lease that outlives it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from service.adapters.smtp.patience import Patience
from service.deliveries import letters
from service.deliveries.letters import DEADLINE, LEASE, OPENING, WRITING, LetterSender
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import post_letter
from service.mail.transport import OutgoingMail
from service.wiring import Services
from tests.deliveries.fakes import ACCEPTED, GONE
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction


@dataclass
class SlowRelay:
    """Routes with one relay on a clock of its own: what its sessions say, and after how many seconds, is a script."""

    script: list[tuple[float, Outcome | None]]  # seconds that pass, and what is said then; None: nothing
    seconds: float = 1000.0
    opening_takes: float = 0.0
    opened: int = 0

    def monotonic(self) -> float:
        """Return the time."""
        return self.seconds

    def open(self, connections: int) -> tuple[str, "SlowSession"]:
        """Open a session after the time that it takes."""
        assert connections == 1
        self.opened += 1
        if self.opened > 1:
            self.seconds += self.opening_takes
        return "main", SlowSession(self)

    def grant(self, *_: object, urgent: bool) -> list[float]:
        """Let everything leave at once."""
        return [0.0] if urgent else [60.0]

    def learn(self, route: str, answers: object) -> None:
        """Learn nothing."""


@dataclass
class SlowSession:
    """A session of it."""

    relay: SlowRelay
    wire: list[OutgoingMail] = field(default_factory=list)
    is_open: bool = True

    @property
    def in_hand(self) -> int:
        """What has no outcome yet."""
        return len(self.wire)

    def take(self, mail: OutgoingMail) -> None:
        """Put it on the wire."""
        self.wire.append(mail)

    def exchange(self, seconds: float) -> list[tuple[int, Outcome]]:
        """Let so much time pass as the script says, in pieces of at most ``seconds``."""
        left, outcome = self.relay.script[0]
        passed = min(seconds, left)
        self.relay.seconds += passed
        self.relay.script[0] = (left - passed, outcome)
        if left > passed or outcome is None:
            return []
        self.relay.script.pop(0)
        self.is_open = outcome is ACCEPTED
        return [(self.wire.pop().key, outcome)]

    def recall(self) -> list[int]:
        """Keep all: what is in hand was announced."""
        return []

    def hand_back(self) -> list[int]:
        """Give up what has not left."""
        return [self.wire.pop().key for _ in list(self.wire)]

    def close(self) -> None:
        """Hang up."""
        self.is_open = False


@pytest.fixture
def letter_ids(open_transaction: OpenTransaction) -> list[int]:
    """Two letters: the first leaves a connection behind, of which the second makes use."""
    with open_transaction() as session:
        issue = make_issue(session, make_newsletter(session))
        return [post_letter(session, LetterKind.TEST, f"{name}@example.org", {"issue": issue.id}).id for name in "ab"]


def deliver(
    services: Services, relay: SlowRelay, ids: list[int], monkeypatch: pytest.MonkeyPatch,
    should_stop: Callable[[], bool] = lambda: False,
) -> float:  # fmt: skip
    """Deliver both letters; return how many seconds the second was in hand."""
    monkeypatch.setattr(letters, "monotonic", relay.monotonic)
    sender = LetterSender(
        services.factory, relay, services.composers, services.guard, "letters.test", services.settings.journal_dir  # type: ignore[arg-type] # stands for the routes
    )  # fmt: skip
    sender.deliver(ids[0])
    begins = relay.seconds
    sender.deliver(ids[1], should_stop)
    return relay.seconds - begins


def read(open_transaction: OpenTransaction, letter_id: int) -> Letter:
    """Return the letter."""
    with open_transaction() as session:
        return session.get_one(Letter, letter_id)


def test_a_lease_outlives_the_writing_the_deadline_and_the_recording_of_a_letter() -> None:
    assert LEASE.total_seconds() >= WRITING + DEADLINE
    assert DEADLINE > OPENING >= Patience().greeting


def test_both_tries_of_a_letter_share_one_deadline(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = SlowRelay([(0, ACCEPTED), (5, GONE), (1000, ACCEPTED)])
    assert deliver(services, relay, letter_ids, monkeypatch) == DEADLINE
    assert relay.opened == 2
    letter = read(open_transaction, letter_ids[1])
    assert (letter.state, letter.attempts) == (LetterState.QUEUED, 1)


def test_a_connection_that_is_lost_late_is_not_replaced_for_a_new_one_could_outlast_the_lease(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = SlowRelay([(0, ACCEPTED), (DEADLINE - OPENING, GONE), (0, ACCEPTED)], opening_takes=OPENING)
    assert deliver(services, relay, letter_ids, monkeypatch) == DEADLINE - OPENING
    assert relay.opened == 1
    assert read(open_transaction, letter_ids[1]).state is LetterState.QUEUED


def test_a_connection_that_opens_too_late_carries_nothing(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = SlowRelay([(0, ACCEPTED), (1, GONE), (0, ACCEPTED)], opening_takes=DEADLINE)
    deliver(services, relay, letter_ids, monkeypatch)
    assert relay.opened == 2
    assert len(relay.script) == 1  # what it would have said was not heard
    assert read(open_transaction, letter_ids[1]).state is LetterState.QUEUED


def test_a_relay_that_hangs_up_on_a_new_connection_is_not_asked_twice(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = SlowRelay([(0, GONE), (0, GONE), (0, ACCEPTED)])
    deliver(services, relay, letter_ids, monkeypatch)
    assert relay.opened == 2  # one for each letter
    assert {read(open_transaction, one).state for one in letter_ids} == {LetterState.QUEUED}


def test_a_process_that_stops_asks_for_no_second_connection(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = SlowRelay([(0, ACCEPTED), (1000, ACCEPTED)])
    deliver(services, relay, letter_ids, monkeypatch, should_stop=lambda: True)
    assert relay.opened == 1
    letter = read(open_transaction, letter_ids[1])
    assert (letter.state, letter.attempts, letter.lease_until) == (LetterState.QUEUED, 0, None)


def test_a_relay_that_speaks_on_a_kept_connection_is_not_asked_on_a_new_one(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Outcome(OutcomeKind.DEFERRED, 450, "4.2.1 Not now", About.RECIPIENT)
    relay = SlowRelay([(0, ACCEPTED), (1, refused)])
    deliver(services, relay, letter_ids, monkeypatch)
    assert relay.opened == 1  # the relay lives: it has said what it thinks
    letter = read(open_transaction, letter_ids[1])
    assert (letter.state, letter.attempts, letter.sent_at) == (LetterState.QUEUED, 1, None)


def test_each_claim_has_a_fence_of_its_own_and_no_death_is_counted_where_none_was(
    services: Services, open_transaction: OpenTransaction, letter_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(services, SlowRelay([(0, ACCEPTED), (0, ACCEPTED)]), letter_ids, monkeypatch)
    sent = [read(open_transaction, one) for one in letter_ids]
    assert len({one.fence for one in sent}) == 2
    assert [(one.crashes, one.sent_at is not None) for one in sent] == [(0, True)] * 2
