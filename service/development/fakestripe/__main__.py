"""``python -m service.development.fakestripe``: the test Stripe as a program of its own, until it is told to stop."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from service.development.fakestripe.fake import SECRET, FakeStripe
from service.errors import Conflict, PostriderError
from service.settings import Environment

READY = "The test Stripe is ready"


def main() -> int:
    """Read the options and serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="fakestripe", description="A test Stripe. No card is charged.")
    parser.add_argument("--port", type=int, default=0, help="on the loopback address; any free one if left out")
    parser.add_argument("--webhook-url", default="", help="where events are sent")
    parser.add_argument("--webhook-secret", default=SECRET, help="what they are signed with")
    parser.add_argument("--state", type=Path, help="a file that keeps everything between runs")
    parser.add_argument("--methods", default="card", help="what Checkout offers: card,us_bank_account,paypal")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        _refuse_production(os.environ)
        fake = FakeStripe(
            port=options.port,
            deliver="live",
            payment_methods=tuple(options.methods.split(",")),
            webhook_secret=options.webhook_secret,
            state=options.state,
        )
        with fake:
            fake.point_webhooks_at(options.webhook_url)
            sys.stdout.write(f"{READY} at {fake.url} (key {fake.key})\n")
            sys.stdout.flush()
            stopped.wait()
    except PostriderError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _refuse_production(environment: Mapping[str, str]) -> None:
    """Do nothing where POSTRIDER_ENV says development or test; unset counts as production, as in the settings."""
    told = environment.get("POSTRIDER_ENV", "").strip()
    if told not in {Environment.DEVELOPMENT, Environment.TEST}:
        raise Conflict(
            f"POSTRIDER_ENV is {told or 'not set, which counts as production'}: the test Stripe takes no real gift. "
            "For development, start it with POSTRIDER_ENV=development."
        )


if __name__ == "__main__":
    sys.exit(main())
