"""Senders killed with `kill -9` at random moments until everything went out: what was lost, doubled, left uncertain.

Owns the killing and its pace. The senders, the sweep and the recovery are the real ones; no person helps.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from service.development.bench.crew import Crew
from service.development.bench.errands import Errand, Hands, IssueErrand, LettersErrand
from service.development.bench.stage import make_environment, make_folder, make_sink, start_programs
from service.development.bench.verdict import compare
from service.development.embedded import run_servers
from service.development.ports import find_free_port
from service.errors import Unavailable
from service.settings import load_settings

SENDERS = ("sender-1", "sender-2")
SWEEPER = "sweeper"
# Of eleven kills ten hit a sender and one the sweeper.
VICTIMS = SENDERS * 5 + (SWEEPER,)
# Seconds between two kills. A forked sender is at work after about a twentieth of one.
SOONEST, LATEST = 0.02, 0.4
CONNECTIONS = 8  # of a sender, as a route has them where SMTP_URL does not say
SLOWEST = 20  # mails a second; slower is called stuck
PATIENCE = 60  # seconds beside
Say = Callable[[str], None]


@dataclass(frozen=True)
class FaultOrder:
    """How often to kill, and what is sent meanwhile: an issue (policy hold) or letters (policy resend)."""

    kills: int
    recipients: int
    policy: str
    seed: int


@dataclass(frozen=True)
class FaultFigures:
    """What became of the mails; ``seconds`` from the first sender's start until nothing waited any more."""

    lost: int
    duplicated: int
    uncertain: int
    seconds: float
    seed: int

    def breaks_promise(self, order: FaultOrder) -> bool:
        """Whether more went wrong than the policy allows; a killed process leaves one doubt for each connection."""
        if order.policy == "resend":
            return self.lost > 0
        return self.lost > 0 or self.duplicated > 0 or self.uncertain > order.kills * CONNECTIONS

    def to_plain_data(self) -> dict[str, object]:
        """Return the figures by name."""
        return asdict(self)


def measure_faults(order: FaultOrder, say: Say) -> FaultFigures:
    """Send while killing, wait until all is out, and compare the sink's log with the rows.

    Raises:
        Unavailable: what was sent came to an end before the kills did, or never does; a sender ended by itself; the
            log and the rows contradict each other.
    """
    with make_folder() as folder, ExitStack() as stack:
        log, mail_port = folder / "accepted.log", find_free_port()
        servers = stack.enter_context(run_servers(folder))
        settings = load_settings(make_environment(folder, servers, mail_port, {}))
        hands = Hands(settings)
        stack.callback(hands.get().close)
        errand = _choose_errand(order, hands)
        errand.prepare(order.recipients)
        start_programs([make_sink(mail_port, "--log", str(log), "--delay", str(_pace(order, errand)))], folder, stack)
        seconds = _kill_until_done(order, errand, folder / "crew.log", say)
        verdict = compare(errand.tell(), log)
    say(
        f"{verdict.lost} lost, {verdict.duplicated} duplicated, {verdict.uncertain} uncertain (the sink has "
        f"{verdict.arrived} of them) after {order.kills} kills and {seconds:.0f} s; seed {order.seed}."
    )
    return FaultFigures(verdict.lost, verdict.duplicated, verdict.uncertain, round(seconds, 1), order.seed)


def _choose_errand(order: FaultOrder, hands: Hands) -> Errand:
    return IssueErrand(hands, CONNECTIONS) if order.policy == "hold" else LettersErrand(hands)


def _pace(order: FaultOrder, errand: Errand) -> float:
    """Return after how many seconds the sink answers, so that sending takes about as long as the killing."""
    killing = order.kills * (SOONEST + LATEST) / 2
    return killing * len(SENDERS) * errand.connections / order.recipients


def _kill_until_done(order: FaultOrder, errand: Errand, log: Path, say: Say) -> float:
    chance = Random(order.seed)  # noqa: S311 - to be repeated, not to be secret
    say(f"Seed {order.seed}.")
    begins = time.monotonic()
    crew = Crew({**dict.fromkeys(SENDERS, errand.send), SWEEPER: errand.sweep}, log)
    try:
        for killed in range(order.kills):
            time.sleep(chance.uniform(SOONEST, LATEST))
            crew.check()
            if errand.is_done():
                raise Unavailable(f"All was sent after {killed} of {order.kills} kills; ask for more recipients.")
            crew.kill(chance.choice(VICTIMS))
        while not errand.is_done():
            crew.check()
            if time.monotonic() - begins > PATIENCE + order.kills * LATEST + order.recipients / SLOWEST:
                raise Unavailable("What was to be sent is stuck.")
            time.sleep(0.2)
        return time.monotonic() - begins
    finally:
        crew.stop()
