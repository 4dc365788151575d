"""What every fault test has before it: an issue that is going out, its senders, its relay, and the final account."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import text

from service.db import transaction
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.settings import Settings
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.faults.forks import Fork
from tests.faults.reckoning import Account, settle_account
from tests.faults.relay import LoggingRelay
from tests.faults.senders import Change, send_issue
from tests.fixtures.services import PUBLIC_URL
from tests.waiting import wait_until

_TIME_PASSES = (
    "update batches set lease_until = least(lease_until, now() - interval '1 second')",
    "update deliveries set lease_until = least(lease_until, now() - interval '1 second')"
    " where lease_until is not null and issue_id = :issue",
)


_AS_RELEASED = (
    "update issues set state = 'sending', finished_at = null",
    "update batches set fence = fence + 1, lease_until = null, due_at = now()",
    "update deliveries set state = 'queued', fence = fence + 1, crashes = 0, attempts = 0, lease_until = null,"
    " next_attempt_at = now(), first_tried_at = null, message_id = null, reply_code = null, reply_text = null,"
    " reason = null",
)


@dataclass
class Stage:
    """One issue on its way over a relay that keeps a log."""

    settings: Settings
    services: Services
    relay: LoggingRelay
    issue_id: int = 0
    senders: list[Fork] = field(default_factory=list)

    def release(self, readers: int) -> int:
        """Let an issue to so many readers begin; nothing sends it yet."""
        with transaction(self.services.factory) as session:
            newsletter = make_newsletter(session)
            make_readers(session, newsletter.id, readers)
            issue = make_issue(session, newsletter)
            release_issue(session, issue.id, PUBLIC_URL)
            self.issue_id = issue.id
        return self.issue_id

    def begin_again(self) -> None:
        """Let the issue be as it was when it was released, and the relay have seen nothing of it."""
        self._execute(_AS_RELEASED)
        self.relay.forget()

    def start_sender(self, change: Change | None = None, settings: Settings | None = None) -> Fork:
        """Start one sending process; ``settings`` where it is not to be a process of this machine."""
        sender = Fork(send_issue, settings or self.settings, self.issue_id, change)
        self.senders.append(sender)
        return sender

    def send_rest(self) -> None:
        """Let one more process send what is left, and wait for its end."""
        self.start_sender().wait()

    def wait_until_sent(self, patience: float = 300.0) -> None:
        """Wait until the issue is finished; its senders end by themselves then."""
        wait_until(self._is_sent, "the issue to be sent", patience)

    def _is_sent(self) -> bool:
        is_sent = self.state is IssueState.SENT
        assert is_sent or not self.senders or any(sender.is_alive for sender in self.senders), "every sender is dead"
        return is_sent

    @property
    def state(self) -> IssueState:
        """Where the issue stands."""
        with transaction(self.services.factory) as session:
            return session.get_one(Issue, self.issue_id).state

    @property
    def states(self) -> Counter[DeliveryState]:
        """How many copies are in each state."""
        with transaction(self.services.factory) as session:
            rows = session.execute(
                text("select state, count(*) from deliveries where issue_id = :issue group by state"),
                {"issue": self.issue_id},
            )
            return Counter({DeliveryState(state): count for state, count in rows})

    def let_leases_end(self) -> None:
        """Let the time of every lease have passed, by the database's clock."""
        self._execute(_TIME_PASSES)

    def account(self) -> Account:
        """Compare the rows with the relay's log."""
        return settle_account(self.services.factory, self.issue_id, self.relay)

    def _execute(self, statements: tuple[str, ...]) -> None:
        with transaction(self.services.factory) as session:
            for statement in statements:
                session.execute(text(statement), {"issue": self.issue_id} if ":issue" in statement else {})


@contextmanager
def open_stage(settings: Settings, services: Services, relay: LoggingRelay) -> Iterator[Stage]:
    """Lend a stage; whatever still runs on it ends with the block."""
    stage = Stage(settings, services, relay)
    try:
        yield stage
    finally:
        for sender in stage.senders:
            sender.thaw()
            sender.kill()
