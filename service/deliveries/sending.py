"""The sender: claims, intends, sends, records, until nothing waits. Owns the order of these steps around a relay.

No transaction is open while the relay talks. The outcome of one copy and the intent of the next share a commit.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from service.db import SessionFactory, transaction
from service.deliveries.claiming import Claim, claim_batch, give_back, intend
from service.deliveries.compose import Composer, Links, load_composer
from service.deliveries.outcomes import record_outcome
from service.errors import Unavailable
from service.mail.events import Outcome
from service.mail.transport import RelayConnection, Transport

log = logging.getLogger(__name__)

BATCH = 50
RELAY_AWAY_WAIT = timedelta(seconds=15)


@dataclass(frozen=True)
class Sender:
    """What one sending thread needs."""

    factory: SessionFactory
    transport: Transport
    links: Links
    message_host: str

    def send_waiting(self, issue_id: int, batches: int = 20) -> int:
        """Send waiting copies of an issue, up to ``batches`` × 50. Returns how many copies were handled.

        Safe to repeat and to run many times at once: rows are claimed under locks.
        """
        handled = 0
        for _ in range(batches):
            with transaction(self.factory) as session:
                claims = claim_batch(session, issue_id, BATCH)
                composer = load_composer(session, issue_id, self.links, self.message_host) if claims else None
            if composer is None:
                break
            handled += len(claims)
            if not self._send_batch(claims, composer):
                break
        return handled

    def _send_batch(self, claims: list[Claim], composer: Composer) -> bool:
        try:
            connection = self.transport.connect()
        except Unavailable as away:
            log.warning("the relay is away; %d copies wait: %s", len(claims), away.message)
            self._give_back(claims)
            return False
        batch = _Batch(self, composer, connection)
        try:
            batch.send(claims)
        finally:
            connection.close()
        return batch.relay_lives

    def _give_back(self, claims: list[Claim]) -> None:
        with transaction(self.factory) as session:
            give_back(session, claims, RELAY_AWAY_WAIT)


class _Batch:
    """One batch over one connection, with the outcome that waits for the next commit."""

    def __init__(self, sender: Sender, composer: Composer, connection: RelayConnection) -> None:
        self.sender, self.composer, self.connection = sender, composer, connection
        self.unrecorded: tuple[Claim, Outcome] | None = None
        self.relay_lives = True

    def send(self, claims: list[Claim]) -> None:
        for number, claim in enumerate(claims):
            self._send_one(claim)
            if not self.connection.is_open:
                self.relay_lives = False
                self._commit(None)
                self.sender._give_back(claims[number + 1 :])  # noqa: SLF001 - the two are one mechanism
                return
        self._commit(None)

    def _send_one(self, claim: Claim) -> None:
        message = self.composer.compose(claim)
        refusal = self.connection.begin(message.sender, message.recipient)
        if refusal is not None:
            self._commit(None)
            self.unrecorded = (claim, refusal)
        elif self._commit(claim):
            self.unrecorded = (claim, self.connection.finish(message.content))
        else:
            self.connection.abandon()

    def _commit(self, following: Claim | None) -> bool:
        """Record the last outcome and intend the next copy in one commit; returns whether it may leave."""
        with transaction(self.sender.factory) as session:
            if self.unrecorded is not None:
                claim, outcome = self.unrecorded
                record_outcome(session, claim, outcome, self.composer.message_id(claim))
            may_leave = following is not None and intend(session, following)
        self.unrecorded = None
        return may_leave
