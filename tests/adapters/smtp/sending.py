"""Opens a session to a scripted relay and sends through it: what the tests of a live relay share."""

import ssl
from collections.abc import Callable, Iterable

from service.adapters.smtp import Patience, SmtpRelay
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail, RelaySession
from service.settings import Route
from tests.adapters.smtp.fakerelay import FakeRelay
from tests.waiting import wait_until

# For what a test waits for and never gets. What comes has the time that a busy machine needs.
SHORT = 0.05
LONG = 30.0
TURNS = 200

TEXT = b"Subject: a\r\n\r\n..dots\r\nend\r\n"


def relay_at(
    relay: FakeRelay,
    scheme: str = "smtp",
    *,
    host: str = "127.0.0.1",
    user: str = "",
    connections: int = 4,
    patience: Patience | None = None,
    context: ssl.SSLContext | None = None,
) -> SmtpRelay:
    """Return our end for a scripted relay; ``user`` is "name:password"."""
    url = f"{scheme}://{user + '@' if user else ''}{host}:{relay.port}"
    route = Route("main", url, connections=connections)
    return SmtpRelay(route, "letters.test", patience=patience or Patience(goodbye=LONG), context=context)


def mail(key: int, content: bytes = TEXT, recipient: str | None = None) -> OutgoingMail:
    """Return a mail to a reader of its own."""
    return OutgoingMail(key, f"b-{key}@letters.test", recipient or f"reader{key}@example.test", content)


def send(session: RelaySession, mails: Iterable[OutgoingMail]) -> dict[int, Outcome]:
    """Send all of it and return each outcome; every mail has exactly one."""
    keys = []
    for each in mails:
        session.take(each)
        keys.append(each.key)
    told = finish(session)
    assert sorted(told) == sorted(keys)
    return told


def finish(session: RelaySession) -> dict[int, Outcome]:
    """Return the outcomes of all that is in hand; none is told twice."""
    told: dict[int, Outcome] = {}
    for _ in range(TURNS):
        for key, outcome in session.exchange(LONG):
            assert key not in told
            told[key] = outcome
        if not session.in_hand:
            break
    return told


def go_on_until(session: RelaySession, is_enough: Callable[[], object], what: str) -> list[tuple[int, Outcome]]:
    """Let the session work until something is so, and return the outcomes meanwhile; fails where it never is."""
    told: list[tuple[int, Outcome]] = []

    def look() -> object:
        told.extend(session.exchange(0.01))
        return is_enough()

    wait_until(look, what)
    return told


def in_short(outcome: Outcome) -> tuple[OutcomeKind, int | None, About]:
    """Return what counts of an outcome."""
    return outcome.kind, outcome.code, outcome.about
