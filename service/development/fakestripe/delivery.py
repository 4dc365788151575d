"""Webhooks on their way: signed as Stripe signs, sent in order, tried again, doubled, lost or spoilt on demand.

Owns the sending and its book-keeping. Never holds the account's lock while it talks to the receiver.
"""

import copy
import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from stripe import WebhookSignature

from service.development.fakestripe.account import Account
from service.development.fakestripe.history import has_arrived
from service.development.fakestripe.shapes import JsonObject

# Takes a body and its signature, returns the HTTP status that the receiver answered with.
Receiver = Callable[[bytes, str], int]

_PATIENCE_SECONDS = 20.0
# Stripe tries for three days; this many attempts, ever further apart, are enough on one machine.
WAITS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 3600.0, 3600.0)


@dataclass(frozen=True)
class Spoiling:
    """How a delivery differs from an honest one.

    ``bad_signature``: signed with another secret. ``api_version``: another version in the event. ``age``: how many
    seconds ago it pretends to be signed; below zero is in the future. ``signature``: this header instead of any.
    """

    bad_signature: bool = False
    api_version: str = ""
    age: int = 0
    signature: str | None = None


HONEST = Spoiling()


@dataclass(frozen=True)
class Attempt:
    """One try: ``status`` is the receiver's HTTP status, 0 if it did not answer."""

    event_id: str
    type: str
    endpoint_id: str
    status: int

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Signed:
    """A webhook's body and its Stripe-Signature."""

    body: bytes
    signature: str


class Courier:
    """Carries events to the endpoints."""

    def __init__(
        self,
        account: Account,
        after_change: Callable[[], None] = lambda: None,
        waits: Sequence[float] = WAITS,
    ) -> None:
        """Take the account; ``waits`` are the seconds before each next attempt, the last failure gives up."""
        self._account = account
        self._waits = waits
        self._after_change = after_change
        self._receivers: dict[str, Receiver] = {}
        self._next_try: dict[str, float] = {}

    def point(self, endpoint: JsonObject, target: str | Receiver) -> None:
        """Send an endpoint's events to an address, or hand them to a function in this process."""
        with self._account.lock:
            if callable(target):
                self._receivers[endpoint["id"]] = target
            else:
                self._receivers.pop(endpoint["id"], None)
                endpoint["url"] = target

    def list_waiting(self) -> list[JsonObject]:
        """Return the events that some endpoint has not taken yet, in the order in which they happened."""
        with self._account.lock:
            return [self._account.tables["event"][event_id] for event_id in self._account.outbox]

    def sign(self, event: JsonObject, endpoint: JsonObject, spoiling: Spoiling = HONEST) -> Signed:
        """Return what would be sent to an endpoint, without sending it."""
        sent = copy.deepcopy(event)
        sent["api_version"] = spoiling.api_version or endpoint["api_version"] or event["api_version"]
        body = json.dumps(sent, indent=2, ensure_ascii=False)
        if spoiling.signature is not None:
            return Signed(body.encode(), spoiling.signature)
        secret = "whsec_of_somebody_else" if spoiling.bad_signature else self._account.note(endpoint["id"])["secret"]
        # By real time: that is what the receiver's tolerance goes by.
        signature = WebhookSignature.generate_signature_header(body, secret, int(time.time()) - spoiling.age)
        return Signed(body.encode(), signature)

    def send(self, event_id: str, spoiling: Spoiling = HONEST) -> list[Attempt]:
        """Send one event to every endpoint that it is for, taken already or not; return what came of it."""
        with self._account.lock:
            event = self._account.get("event", event_id)
            endpoints = [
                endpoint
                for endpoint_id in self._account.deliveries[event_id]
                if (endpoint := self._account.find("webhook_endpoint", endpoint_id)) and self._can_reach(endpoint)
            ]
            letters = [(endpoint, self.sign(event, endpoint, spoiling)) for endpoint in endpoints]
        attempts = []
        for endpoint, letter in letters:
            status = self._hand_over(endpoint, letter)
            attempts.append(Attempt(event_id, event["type"], endpoint["id"], status))
            self._book(attempts[-1])
        return attempts

    def lose(self, event_id: str) -> None:
        """Give an event up: it is never sent by itself, and counts as one that did not arrive."""
        with self._account.lock:
            for one in self._account.deliveries[event_id].values():
                if not one["delivered"]:
                    one["given_up"] = True
            self._account.outbox.pop(event_id, None)

    def send_due(self) -> int:
        """Send whatever is due for its first or next attempt, in order; return how many events were sent."""
        sent = 0
        for event in self.list_waiting():
            if self._next_try.get(event["id"], 0.0) > time.monotonic():
                continue
            attempts = self.send(event["id"])
            sent += 1
            if any(not attempt.is_taken for attempt in attempts):
                self._plan_next(event["id"])
        return sent

    def _plan_next(self, event_id: str) -> None:
        with self._account.lock:
            tried = max(one["attempts"] for one in self._account.deliveries[event_id].values())
        if tried > len(self._waits):
            self.lose(event_id)
        else:
            self._next_try[event_id] = time.monotonic() + self._waits[tried - 1]

    def _can_reach(self, endpoint: JsonObject) -> bool:
        return endpoint["id"] in self._receivers or bool(endpoint["url"])

    def _hand_over(self, endpoint: JsonObject, letter: Signed) -> int:
        receiver = self._receivers.get(endpoint["id"])
        if receiver:
            return receiver(letter.body, letter.signature)
        return _post(endpoint["url"], letter)

    def _book(self, attempt: Attempt) -> None:
        with self._account.lock:
            book = self._account.deliveries[attempt.event_id].get(attempt.endpoint_id)
            if book is None:  # the endpoint was deleted while this was on its way
                return
            book["attempts"] += 1
            book["delivered"] = book["delivered"] or attempt.is_taken
            event = self._account.tables["event"][attempt.event_id]
            waiting = [one for one in self._account.deliveries[attempt.event_id].values() if not one["delivered"]]
            event["pending_webhooks"] = len(waiting)
            if has_arrived(self._account, attempt.event_id):
                self._account.outbox.pop(attempt.event_id, None)
        self._after_change()


class CourierThread:
    """Sends in the background, soon after each event, for as long as the block lasts."""

    def __init__(self, courier: Courier, tick: Callable[[], None], pause: float = 0.05) -> None:
        self._courier = courier
        self._tick = tick
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fakestripe-courier", daemon=True)

    def __enter__(self) -> "CourierThread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(self._pause):
            self._tick()
            self._courier.send_due()


def _post(url: str, letter: Signed) -> int:
    """Post a webhook; return the receiver's status, 0 if it could not be reached."""
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": letter.signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("POST", target, letter.body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, UnicodeError):
        return 0
    finally:
        connection.close()
