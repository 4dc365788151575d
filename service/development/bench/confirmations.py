"""How long a new reader waits for the confirmation while an issue goes out. Measures only.

From the moment of each sign-up, over HTTP, to the line that the sink writes before it accepts the mail. Open loop: a
sign-up has its moment, however long the answer to the one before takes.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from service.clock import now
from service.db import transaction
from service.deliveries.planning import release_issue
from service.development.bench.crowd import add_readers
from service.development.bench.specimen import add_specimen, add_specimen_newsletter
from service.development.bench.stage import Stage, make_folder, make_sink, run_stage, start_programs
from service.development.ports import find_free_port
from service.development.sample_gifts import add_organisation
from service.errors import Unavailable
from service.subscribers.defence import MOST_OF_ALL
from service.tokens import Purpose
from service.visitors.form_age import make_form_mark
from service.wiring import Services

SLUG: Final = "plain"
SIZE, LINKS = 60_000, 30
PER_SECOND: Final = 4
MOST: Final = MOST_OF_ALL - 1  # one more is taken for an attack, and forms need a proof of work
HANDS: Final = 16
SLOWEST: Final = 20  # mails a second; slower is called stuck
LATEST: Final = 60  # seconds after the last mail of the issue, for what still is to come
_NEW: Final = "new-reader-"
_LOOKED_AT: Final = timedelta(minutes=1)
_BEHIND_A_PROXY: Final = {"TRUSTED_PROXIES": "1"}  # so that readers come from many networks
_LOOK: Final = 0.01  # seconds between two looks into the sink's log: how exact the figures are


@dataclass(frozen=True)
class ConfirmationFigures:
    """Seconds from the sign-up to the relay's acceptance; ``lost`` never came. The issue took ``issue_seconds``."""

    sign_ups: int
    p50_seconds: float
    p95_seconds: float
    slowest_seconds: float
    lost: int
    recipients: int
    issue_seconds: float

    def to_plain_data(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


class _Log:
    """Follows the sink's log: how many copies of the issue came, and when each confirmation did."""

    def __init__(self, path: Path) -> None:
        self.copies = 0
        self.came_at: dict[str, float] = {}
        self.path, self._rest, self._place = path, b"", 0

    def read(self) -> None:
        """Take in what was written since the last look."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._place)
            lines = (self._rest + file.read()).split(b"\n")
            self._place = file.tell()
        moment, self._rest = time.monotonic(), lines.pop()
        for line in lines:
            recipient = line.partition(b"\t")[2].decode()
            if recipient.startswith(_NEW):
                self.came_at.setdefault(recipient, moment)
            else:
                self.copies += 1


def measure_confirmations(recipients: int, processes: int = 2) -> ConfirmationFigures:
    """Have people sign up for as long as an issue to ``recipients`` readers takes ``processes`` processes.

    Raises:
        Conflict: in production.
        Unavailable: a program does not start, the issue does not go out, or no confirmation comes.
    """
    port = find_free_port()
    with make_folder() as folder, ExitStack() as stack:
        log = _Log(folder / "accepted.log")
        start_programs([make_sink(port, "--log", str(log.path))], folder, stack)
        stage = stack.enter_context(run_stage(folder, bulk=processes, sink_port=port, told=_BEHIND_A_PROXY))
        _release(stage, recipients)
        begins = time.monotonic()
        asked_at = _sign_up_meanwhile(stage, log, recipients)
        seconds = time.monotonic() - begins
        _wait_for_rest(log, asked_at)
    waits = sorted(log.came_at[reader] - asked_at[reader] for reader in asked_at.keys() & log.came_at.keys())
    if not waits:
        raise Unavailable("No confirmation came at all.")
    return ConfirmationFigures(
        sign_ups=len(asked_at),
        p50_seconds=round(waits[len(waits) // 2], 3),
        p95_seconds=round(waits[len(waits) * 95 // 100], 3),
        slowest_seconds=round(waits[-1], 3),
        lost=len(asked_at) - len(waits),
        recipients=recipients,
        issue_seconds=round(seconds, 1),
    )


def _release(stage: Stage, recipients: int) -> None:
    services = stage.services
    base_url = services.settings.public_url
    with transaction(services.factory) as session:
        newsletter = add_specimen_newsletter(session, SLUG)
        add_organisation(session)
        add_readers(session, recipients, newsletter)
        issue = add_specimen(session, newsletter, SIZE, LINKS, base_url)
        release_issue(session, issue.id, base_url, services.signer)


def _sign_up_meanwhile(stage: Stage, log: _Log, recipients: int) -> dict[str, float]:
    """Return who signed up when, from the first copy of the issue to the last."""
    asked_at: dict[str, float] = {}
    ends = time.monotonic() + LATEST + recipients / SLOWEST
    with ThreadPoolExecutor(HANDS) as hands:
        while log.copies < recipients:
            log.read()
            moment = time.monotonic()
            if moment > ends:
                raise Unavailable(f"The issue is stuck: {log.copies} of {recipients} copies were accepted.")
            if log.copies and _is_next_due(asked_at, moment):
                number = len(asked_at)
                asked_at[_name(number)] = moment
                hands.submit(_sign_up, stage.services, number)
            time.sleep(_LOOK)
    return asked_at


def _is_next_due(asked_at: Mapping[str, float], moment: float) -> bool:
    begun = min(asked_at.values(), default=moment)
    return len(asked_at) < MOST and len(asked_at) <= (moment - begun) * PER_SECOND


def _sign_up(services: Services, number: int) -> None:
    """Send the form as somebody of another network, who looked at it for a minute."""
    mark = make_form_mark(services.signer, Purpose.SIGN_UP_FORM, made_at=now() - _LOOKED_AT)
    asked = Request(  # noqa: S310 - our own web server
        f"{services.settings.public_url}/{SLUG}/subscribe",
        urlencode({"address": _name(number), "mark": mark}).encode(),
        {"X-Forwarded-For": f"10.{number // 250}.{number % 250}.1"},
    )
    with urlopen(asked, timeout=LATEST):  # noqa: S310 - as above
        pass


def _name(number: int) -> str:
    return f"{_NEW}{number}@example.org"


def _wait_for_rest(log: _Log, asked_at: dict[str, float]) -> None:
    ends = time.monotonic() + LATEST
    while asked_at.keys() - log.came_at.keys() and time.monotonic() < ends:
        log.read()
        time.sleep(_LOOK)
