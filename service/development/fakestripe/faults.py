"""What goes wrong on purpose: the next requests fail, hang, are cut off, or succeed without anybody hearing of it."""

import threading
from dataclasses import dataclass, replace
from enum import StrEnum


class Trouble(StrEnum):
    """A way for a request to go wrong."""

    ERROR = "error"  # HTTP 500
    BUSY = "busy"  # HTTP 429
    CONFLICT = "conflict"  # HTTP 409, as when a key is in use at this moment
    HANG = "hang"  # no answer for ``seconds``, then the connection ends
    CUT = "cut"  # the connection ends without an answer


@dataclass(frozen=True)
class Fault:
    """``after_effect``: whether the request is carried out first. ``at``: "POST /v1/refunds", or only its beginning."""

    trouble: Trouble
    times: int = 1
    after_effect: bool = False
    at: str = ""
    seconds: float = 30.0


class Faults:
    """The faults that wait for their requests; each is taken by the first request that it is for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()
        self.stopped = threading.Event()

    def plan(self, fault: Fault) -> None:
        """Let the next ``fault.times`` requests that it is for go wrong, after those already planned."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, None if all goes well."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if f"{method} {path}".startswith(fault.at):
                    if fault.times > 1:
                        self._waiting[place] = replace(fault, times=fault.times - 1)
                    else:
                        del self._waiting[place]
                    return fault
        return None

    def hang(self, seconds: float) -> None:
        """Wait, or until the server stops."""
        self.stopped.wait(seconds)
