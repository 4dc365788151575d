"""The test Stripe as one object: a server on the loopback address, its account, and the hands on it.

``with FakeStripe() as fake`` gives an address and a key for ``stripe.StripeClient``. Owns starting and stopping.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from service.development.fakestripe.account import Account, Manners
from service.development.fakestripe.clock import Clock
from service.development.fakestripe.delivery import WAITS, CourierThread
from service.development.fakestripe.ids import Ids
from service.development.fakestripe.server import make_app
from service.development.fakestripe.statefile import load_account, save_account
from service.development.fakestripe.timeline import catch_up
from service.development.fakestripe.workbench import Workbench
from service.development.ports import is_port_taken
from service.errors import Conflict

KEY = "sk_test_of_the_test_stripe"
SECRET = "whsec_of_the_test_stripe_on_this_machine"  # noqa: S105 - opens nothing but this test Stripe's webhooks
HOST = "127.0.0.1"
_POLL_SECONDS = 0.005  # how long stopping may take
_SAVES_EVERY = 0.5


class FakeStripe(Workbench):
    """The server; use it as a context. ``url`` and ``key`` are for the client, ``webhook_secret`` for the receiver."""

    def __init__(
        self,
        *,
        port: int = 0,
        deliver: Literal["held", "live"] = "held",
        seed: str = "",
        starts_at: int | None = None,
        payment_methods: tuple[str, ...] = ("card",),
        webhook_secret: str = SECRET,
        state: Path | None = None,
        retry_waits: Sequence[float] = WAITS,
    ) -> None:
        """Prepare it; nothing listens before the block is entered, which raises Conflict if the port is taken.

        Args:
            port: where to listen on the loopback address; 0 is any free port.
            deliver: "held" leaves events to ``deliver``; "live" sends them in the background, in order, with retries.
            seed: the same seed gives the same ids.
            starts_at: a moment that moves by hand only, in seconds since 1970; None is real time.
            payment_methods: what Checkout offers where the session names none.
            webhook_secret: signs the webhooks of the endpoint that ``point_webhooks_at`` sets.
            retry_waits: seconds before each next attempt of a live delivery; after the last it is given up.
            state: a JSON file that keeps everything between runs.
        """
        account = load_account(state) if state and state.exists() else _make_account(seed, starts_at, payment_methods)
        self.key = KEY
        self._state = state
        self._saving = threading.Lock()
        self._is_unsaved = False
        self._saved_at = 0.0
        self._is_live = deliver == "live"
        self._port = port
        self._stack = ExitStack()
        super().__init__(account, webhook_secret, self._save, retry_waits)

    def __enter__(self) -> Self:
        if self._port and is_port_taken(self._port):
            raise Conflict(f"port {self._port} (test Stripe) is already in use; stop the other program.")
        app = make_app(self)
        self._stack.callback(self._write)
        self._server = make_server(HOST, self._port, app, threaded=True, request_handler=_Quiet)
        self.account.move(self.url)
        thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="fakestripe", daemon=True
        )
        thread.start()
        self._stack.callback(self._stop, self._server, thread)
        if self._is_live:
            self._stack.enter_context(CourierThread(self.courier, self._tick))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """The address for ``base_addresses={"api": …}``."""
        return f"http://{HOST}:{self._server.server_port}"

    def _tick(self) -> None:
        with self.account.lock:
            happened = catch_up(self.account)
        if happened:
            self._save()
        if time.monotonic() - self._saved_at > _SAVES_EVERY:
            self._write()

    def _save(self) -> None:
        """Write the account at once; where it sends in the background, within half a second: events come in crowds."""
        self._is_unsaved = True
        if not self._is_live:
            self._write()

    def _write(self) -> None:
        if self._state is None or not self._is_unsaved:
            return
        with self._saving:
            self._is_unsaved, self._saved_at = False, time.monotonic()
            try:
                save_account(self.account, self._state)
            except OSError:
                self._is_unsaved = True
                raise

    def _stop(self, server: BaseWSGIServer, thread: threading.Thread) -> None:
        self.faults.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    """Says nothing about requests that went well."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _make_account(seed: str, starts_at: int | None, payment_methods: tuple[str, ...]) -> Account:
    return Account(clock=Clock(starts_at), ids=Ids(seed), manners=Manners(payment_methods=payment_methods))
