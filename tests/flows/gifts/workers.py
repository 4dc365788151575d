"""Four workers at the webhook door and behind it: what they are handed they verify, store and settle, all at once."""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Self, cast

from sqlalchemy import select

from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import Gateway
from service.donations.intake import store_event
from service.donations.settlement import Settlement
from service.inbox.models import EventState, OutsideEvent
from service.wiring import Services

WORKERS = 4


class Hesitant:
    """A gateway whose answers about gifts are sometimes old by the time they are written down."""

    def __init__(self, gateway: Gateway, chance: random.Random) -> None:
        self._gateway, self._chance = gateway, chance

    def __getattr__(self, name: str) -> Any:
        """Return the gateway's own method; one that reads a gift dawdles after reading."""
        method = getattr(self._gateway, name)
        return self._dawdle(method) if name.startswith("fetch_") else method

    def _dawdle(self, fetch: Callable[[str], Any]) -> Callable[[str], Any]:
        def read(root_id: str) -> Any:
            facts = fetch(root_id)
            time.sleep(self._chance.choice([0, 0, 0.02, 0.2]))
            return facts

        return read


class Workers:
    """Use as a context: leaving it waits until everything that was handed over is settled."""

    def __init__(self, services: Services, fake: FakeStripe, gateway: Gateway, chance: random.Random) -> None:
        self._services, self._fake, self._gateway, self._chance = services, fake, gateway, chance
        hesitant = Hesitant(gateway, random.Random(0))  # noqa: S311 - its own: threads must not draw from the stories'
        self._settlement = Settlement(services.factory, cast("Gateway", hesitant))
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]
        self.failures: list[BaseException] = []
        self.delivered = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def hand_over(self, event_ids: Iterable[str]) -> None:
        """Deliver events in the order given; about half of them twice or three times."""
        for event_id in event_ids:
            for _ in range(self._chance.choice([1, 1, 2, 3])):
                self._waiting.put(event_id)
                self.delivered += 1

    def settle_what_waits(self) -> None:
        """Settle what had to be tried again, as the sweep would when its wait is over."""
        waits = select(OutsideEvent.id).where(OutsideEvent.state == EventState.RECEIVED)
        for _ in range(3):
            with transaction(self._services.factory) as session:
                rows = session.scalars(waits).all()
            for row_id in rows:
                self._settlement.handle_event(row_id)

    def _work(self) -> None:
        while (event_id := self._waiting.get()) is not None:
            try:
                self._take(event_id)
            except BaseException as problem:  # noqa: BLE001 - a worker's failure is the test's
                self.failures.append(problem)

    def _take(self, event_id: str) -> None:
        signed = self._fake.sign(event_id)
        event = self._gateway.read_event(signed.body, signed.signature)
        with transaction(self._services.factory) as session:
            store_event(session, event)
        with transaction(self._services.factory) as session:
            row_id = session.scalars(select(OutsideEvent.id).where(OutsideEvent.event_id == event_id)).one()
        self._settlement.handle_event(row_id)
