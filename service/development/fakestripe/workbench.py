"""The hands of a test on webhooks and on the API's reliability: what is sent, in which order, and what goes wrong."""

import random
from collections.abc import Callable, Iterable, Sequence

from service.development.fakestripe.account import Account
from service.development.fakestripe.controls import Controls
from service.development.fakestripe.delivery import HONEST, WAITS, Attempt, Courier, Receiver, Signed, Spoiling
from service.development.fakestripe.faults import Fault, Faults, Trouble
from service.development.fakestripe.history import add_endpoint
from service.development.fakestripe.shapes import JsonObject


class Workbench(Controls):
    """Everything that can happen to an account, its webhooks and its API; no server yet."""

    def __init__(
        self,
        account: Account,
        webhook_secret: str,
        after_change: Callable[[], None] = lambda: None,
        retry_waits: Sequence[float] = WAITS,
    ) -> None:
        """Take the account, and the secret that signs the webhooks of its own endpoint."""
        super().__init__(account, after_change)
        self.webhook_secret = webhook_secret
        self.faults = Faults()
        self.courier = Courier(account, after_change, retry_waits)
        self._endpoint = self._find_endpoint()

    def point_webhooks_at(self, target: str | Receiver) -> None:
        """Send webhooks to this address, or hand body and signature to a function that returns an HTTP status."""
        self.courier.point(self._endpoint, target)

    # Webhooks by hand.

    def pending_events(self) -> list[JsonObject]:
        """Return the events that have not been taken yet, in the order in which they happened."""
        return self.courier.list_waiting()

    def sign(self, event_id: str, spoiling: Spoiling = HONEST) -> Signed:
        """Return the body and the Stripe-Signature of an event, without sending it."""
        with self.account.lock:
            return self.courier.sign(self.account.get("event", event_id), self._endpoint, spoiling)

    def deliver(
        self,
        event_ids: Iterable[str] | None = None,
        *,
        order: str | Callable[[list[str]], None] = "given",
        times: int = 1,
        drop: Iterable[str] = (),
        spoiling: Spoiling = HONEST,
    ) -> list[Attempt]:
        """Send events now and return every attempt; what is refused stays pending. Whatever is not named is held back.

        Args:
            event_ids: which, in which order; all that are pending if None.
            order: "given", "reversed", or a function that reorders a list, such as ``random.Random(7).shuffle``.
            times: how often each is sent; repeats come in a second round, a third…
            drop: ids that get lost on the way: not sent now, nor ever by themselves.
            spoiling: how the deliveries differ from honest ones.
        """
        lost = set(drop)
        for event_id in lost:
            self.courier.lose(event_id)
        wanted = [event["id"] for event in self.pending_events()] if event_ids is None else list(event_ids)
        sent = [event_id for event_id in wanted if event_id not in lost] * times
        if callable(order):
            order(sent)
        elif order == "reversed":
            sent.reverse()
        return [attempt for event_id in sent for attempt in self.courier.send(event_id, spoiling)]

    def deliver_all(self) -> list[Attempt]:
        """Send what is pending, and what that leads to, until nothing is left or the receiver refuses."""
        attempts: list[Attempt] = []
        while self.pending_events():
            round_of = self.deliver()
            attempts += round_of
            if not all(attempt.is_taken for attempt in round_of):
                break
        return attempts

    def deliver_in_disorder(self, seed: int) -> list[Attempt]:
        """Send what is pending shuffled, and half of it twice; the same seed gives the same disorder."""
        chance = random.Random(seed)  # noqa: S311 - a test's disorder
        ids = [event["id"] for event in self.pending_events()]
        ids += [event_id for event_id in ids if chance.random() < 0.5]
        return self.deliver(ids, order=chance.shuffle)

    # Trouble.

    def fail_next(
        self,
        times: int = 1,
        trouble: str = "error",
        *,
        at: str = "",
        after_effect: bool = False,
        seconds: float = 30.0,
    ) -> None:
        """Let the next API requests go wrong.

        Args:
            times: how many.
            trouble: "error" (500), "busy" (429), "conflict" (409), "hang" (no answer) or "cut" (connection lost).
            at: only requests that begin so, such as "POST /v1/refunds".
            after_effect: the request is carried out, and only its answer is lost.
            seconds: how long "hang" hangs.
        """
        self.faults.plan(Fault(Trouble(trouble), times, after_effect, at, seconds))

    def _find_endpoint(self) -> JsonObject:
        """Return the endpoint that stands for the service: made at first, kept afterwards."""
        own = [one for one in self.account.newest_first("webhook_endpoint") if self._note(one).get("is_own")]
        endpoint = own[0] if own else add_endpoint(self.account, "", events=["*"], secret=self.webhook_secret)
        self._note(endpoint).update(is_own=True, secret=self.webhook_secret)
        return endpoint

    def _note(self, endpoint: JsonObject) -> JsonObject:
        return self.account.note(endpoint["id"])
