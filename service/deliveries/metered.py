"""A batch on its way that tells where its processor time goes, for ``postrider bench``. Never used in production.

Only one batch in eight is measured: looking at the clock takes a twentieth of the time.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from service.deliveries.claiming import Claim
from service.deliveries.dispatch import Dispatch
from service.deliveries.metering import COPIES, MeterFile
from service.mail.transport import OutgoingMail

EVERY = 8  # batches


@dataclass
class MeteredDispatch(Dispatch):
    """A ``Dispatch`` whose parts are measured by the clock of their thread; ``sign`` is told by the composer."""

    meter: MeterFile = field(kw_only=True)

    def _compose(self, claim: Claim) -> OutgoingMail:
        begun = time.thread_time()
        mail = super()._compose(claim)
        self.meter.add("personalise", time.thread_time() - begun)
        self.meter.add(COPIES, 1)
        return mail

    def _hear(self, seconds: float) -> None:
        with self._measure("smtp"):
            super()._hear(seconds)

    def _commit(self, chosen: Sequence[Claim] = (), *, is_last: bool = False) -> set[int]:
        with self._measure("database"):
            return super()._commit(chosen, is_last=is_last)

    @contextmanager
    def _measure(self, section: str) -> Iterator[None]:
        begun = time.thread_time()
        try:
            yield
        finally:
            self.meter.add(section, time.thread_time() - begun)
