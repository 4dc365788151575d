"""A sender that kills itself at a chosen step of its work, as exactly as a process can: ``kill -9`` by its own hand.

Counts every statement, every commit, and every word between the sender, its session and its witness. Never changes
what they say to each other.
"""

import os
import signal
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Engine, event

from service.deliveries.sending import Sender
from service.mail.events import Outcome
from service.mail.transport import OutgoingMail, RelaySession, Witness


def make_mortal(steps: int, sender: Sender) -> Sender:
    """Return the sender with so many steps to live."""
    life = _Life(steps)
    engine = sender.factory.kw["bind"]
    assert isinstance(engine, Engine)
    event.listen(engine, "after_cursor_execute", lambda *_: life.step())
    event.listen(engine, "commit", lambda *_: life.step())
    return replace(sender, routes=_MortalRoutes(sender.routes, life))


def mortal(steps: int) -> "partial[Sender]":
    """Return a change for ``send_issue``."""
    return partial(make_mortal, steps)


@dataclass
class _Life:
    left: int

    def step(self) -> None:
        """Live on, or die here."""
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class _MortalRoutes:
    def __init__(self, routes: Any, life: _Life) -> None:
        self._routes, self._life = routes, life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._routes, name)

    def open(self, witness: Witness | None = None, connections: int | None = None) -> tuple[str, RelaySession]:
        assert witness is not None
        route, session = self._routes.open(_MortalWitness(witness, self._life), connections)
        self._life.step()
        return route, _MortalSession(session, self._life)


class _MortalWitness:
    def __init__(self, witness: Witness, life: _Life) -> None:
        self._witness, self._life = witness, life

    def note_leaving(self, key: int) -> None:
        self._life.step()
        self._witness.note_leaving(key)
        self._life.step()

    def note_answer(self, key: int, outcome: Outcome) -> None:
        self._life.step()
        self._witness.note_answer(key, outcome)
        self._life.step()


class _MortalSession:
    def __init__(self, session: RelaySession, life: _Life) -> None:
        self._session, self._life = session, life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def take(self, mail: OutgoingMail) -> None:
        self._life.step()
        self._session.take(mail)

    def exchange(self, seconds: float) -> list[tuple[int, Outcome]]:
        answers = self._session.exchange(seconds)
        self._life.step()
        return answers
