"""Whether this database may send from here. Owns that a copy beside the living one stays silent (nobody gets two),
and that staff who look at a silent one are told.

Three things tell a copy: another public address, another database cluster, and an epoch that fell behind the one Redis
was told. Reading and the web are never refused.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm, withdraw_alarm
from service.db import SessionFactory, transaction
from service.deliveries.models import Instance
from service.errors import Conflict, Unavailable

log = logging.getLogger(__name__)

EVERY: Final = 60.0  # seconds that an answer holds
REFUSED_EVERY: Final = 10.0  # a refusal is looked at again sooner: somebody may have adopted the database
ROW: Final = 1
# Not by one: two databases that stand level, one a copy of the other, must not stay level.
LONGEST_STEP: Final = 1_000
ALARM: Final = "guard"
ADOPT: Final = "If the other one is gone for good, run `postrider send adopt` here."
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Epochs(Protocol):
    """Remembers the highest epoch outside the database, so that a copy of it finds itself behind."""

    def read(self, instance: str) -> int:
        """Return the highest epoch told, 0 for none. Raises ``Unavailable``."""

    def raise_to(self, instance: str, epoch: int) -> int:
        """Tell of an epoch, and return the highest. Raises ``Unavailable``."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the row says, and where we are."""

    owner: str
    database: str
    epoch: int
    here: str

    @property
    def key(self) -> str:
        """The owner's name in Redis."""
        return _key_of(self.owner, self.database)


class Guard:
    """Refuses to send from a copy. One for each process; threads may share it."""

    def __init__(
        self,
        factory: SessionFactory,
        public_url: str,
        epochs: Epochs,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factory, self._public_url, self._epochs, self._monotonic = factory, public_url, epochs, monotonic
        self._refusal: str | None = None
        self._is_told: bool | None = None  # None: an alarm of the process before this one may stand
        self._holds_until = float("-inf")

    def refuse_foreign(self) -> None:
        """Return where this database may send from here. Looks once a minute and otherwise repeats its answer.

        Each look also moves the epoch on, so call it while nothing is sent as well. The first look at a new database
        adopts it. While Redis is away the epochs are not compared.

        Raises:
            Conflict: saying what is different, and what to do.
        """
        if self._monotonic() >= self._holds_until:
            self._look()
        if self._refusal is not None:
            raise Conflict(self._refusal)

    def adopt(self) -> None:
        """Make this database, here, the one that sends. Web and workers need no restart. Safe to repeat.

        The one that it is a copy of stops within a minute, where both know the same Redis.

        Raises:
            Unavailable: Redis can't be asked how far the other one came; nothing was changed.
        """
        was = self._stand()
        keys = {was.key, _key_of(self._public_url, was.here)}
        highest = max(self._epochs.read(key) for key in keys)
        epoch = func.greatest(Instance.epoch, highest) + _step()
        ours = {"public_url": self._public_url, "database": was.here, "epoch": epoch, "adopted_at": func.now()}
        with transaction(self._factory) as session:
            told = session.execute(
                update(Instance).where(Instance.id == ROW).values(ours).returning(Instance.epoch)
            ).scalar_one()
            withdraw_alarm(session, ALARM)
        for key in keys:
            self._epochs.raise_to(key, told)
        self._holds_until = float("-inf")

    def _look(self) -> None:
        refusal = self._find_difference()
        if refusal is None and self._refusal is not None:
            log.warning("sending is allowed again")
        self._tell(refusal)
        self._refusal = refusal
        self._holds_until = self._monotonic() + (EVERY if refusal is None else REFUSED_EVERY)

    def _tell(self, refusal: str | None) -> None:
        """Put the refusal before whoever looks at this database's desk, or take it back."""
        if self._is_told is (refusal is not None) and refusal == self._refusal:
            return
        with transaction(self._factory) as session:
            if refusal is None:
                withdraw_alarm(session, ALARM)
            else:
                raise_alarm(session, ALARM, f"Nothing is sent from here. {refusal}")
        self._is_told = refusal is not None

    def _find_difference(self) -> str | None:
        standing = self._stand()
        if place_of(standing.owner) != place_of(self._public_url):
            return f"This database sends for {standing.owner}, and PUBLIC_URL here is {self._public_url}. {ADOPT}"
        if standing.database != standing.here:
            return f"This is a copy of the database that sends for {standing.owner}. {ADOPT}"
        try:
            if self._is_behind(standing):
                return f"This is an older copy of the database that sends for {standing.owner}. {ADOPT}"
            self._epochs.raise_to(standing.key, self._advance())
        except Unavailable as away:
            log.warning("whether this is an older copy of a living database is not known now: %s", away.message)
        return None

    def _is_behind(self, standing: _Standing) -> bool:
        highest = self._epochs.read(standing.key)
        # Another sender of ours may have moved on between the two readings; its row was written before Redis was told.
        return highest > standing.epoch and highest > self._stand().epoch

    def _stand(self) -> _Standing:
        with transaction(self._factory) as session:
            return _stand(session, self._public_url)

    def _advance(self) -> int:
        with transaction(self._factory) as session:
            return session.execute(
                update(Instance)
                .where(Instance.id == ROW)
                .values(epoch=Instance.epoch + _step())
                .returning(Instance.epoch)
            ).scalar_one()


def identify_database(session: Session) -> str:
    """Return what a copy of this database in another cluster, or beside it in this one, does not share.

    The cluster's own number where it may be read (it is a function that a host may close), else the name only.
    """
    may_read = "select has_function_privilege('pg_control_system()', 'execute')"
    cluster = "unknown"
    if session.execute(text(may_read)).scalar_one():
        cluster = str(session.execute(text("select system_identifier from pg_control_system()")).scalar_one())
    name = session.execute(text("select datname || '/' || oid from pg_database where datname = current_database()"))
    return f"{cluster}/{name.scalar_one()}"


def place_of(public_url: str) -> str:
    """Return the part of an address that tells one house from another; on this machine itself no port does."""
    parts = urlsplit(public_url)
    if parts.hostname in _LOOPBACK:
        return "localhost"
    return f"{parts.netloc}{parts.path}".lower().rstrip("/")


def _key_of(public_url: str, database: str) -> str:
    """Return an instance's name in Redis; two that have other addresses or databases never meet there."""
    return hashlib.sha256(f"{place_of(public_url)} {database}".encode()).hexdigest()[:32]


def _stand(session: Session, public_url: str) -> _Standing:
    """Read the row, which the first of all senders writes."""
    here = identify_database(session)
    fresh = insert(Instance).values(id=ROW, public_url=public_url, database=here)
    session.execute(fresh.on_conflict_do_nothing())
    owner, database, epoch = session.execute(
        select(Instance.public_url, Instance.database, Instance.epoch).where(Instance.id == ROW)
    ).one()
    return _Standing(owner, database, epoch, here)


def _step() -> int:
    return 1 + secrets.randbelow(LONGEST_STEP)
