"""How fast the webhook door answers while events come at a steady rate and an issue is going out. Measures only.

Open loop: each event has its moment, and the wait is counted from that moment, so that a slow answer makes the next
ones late instead of hiding them.
"""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from sqlalchemy import func, select
from stripe import WebhookSignature

from service.clock import now
from service.db import transaction
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.development.bench.crowd import add_readers
from service.development.bench.stage import make_folder, run_stage
from service.development.sample import add_newsletter, import_sample
from service.development.sample_gifts import add_organisation
from service.donations.gateway import CheckoutOrder
from service.donations.states import Frequency
from service.inbox.models import EventState, OutsideEvent
from service.wiring import Services

HANDS = 16  # posters: enough that none is waited for
SETTLES_WITHIN = 120  # seconds after the last event


@dataclass(frozen=True)
class WebhookFigures:
    """Milliseconds from an event's moment to its answer; ``refused`` were not answered with 200.

    ``mails_before`` and ``mails_after`` show that the issue was going out all the while; ``settled_after_seconds``
    is when the last event was settled, counted from the last answer, None when not within two minutes.
    """

    events: int
    per_second: int
    p50_ms: int
    p99_ms: int
    slowest_ms: int
    refused: int
    mails_before: int
    mails_after: int
    audience: int
    settled_after_seconds: int | None

    def to_plain_data(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def measure_webhooks(seconds: int, per_second: int, recipients: int) -> WebhookFigures:
    """Send ``per_second`` events of real gifts for ``seconds`` while an issue goes to ``recipients`` readers."""
    with make_folder() as folder, run_stage(folder) as stage:
        services = stage.services
        events = list(_sign_events(services, seconds * per_second))
        audience = _release(services, recipients)
        before = _wait_for_first_mails(services)
        waits, refused = _post_steadily(services, events, per_second)
        after, settled = _count_sent(services), _wait_until_settled(services)
    waits.sort()
    return WebhookFigures(
        events=len(waits),
        per_second=per_second,
        p50_ms=waits[len(waits) // 2],
        p99_ms=waits[len(waits) * 99 // 100],
        slowest_ms=waits[-1],
        refused=refused,
        mails_before=before,
        mails_after=after,
        audience=audience,
        settled_after_seconds=settled,
    )


def _sign_events(services: Services, count: int) -> Iterator[tuple[bytes, str]]:
    """Let givers give at the test Stripe until there are enough events; return them signed."""
    events: list[Any] = []
    while len(events) < count:
        _give(services)
        events = _ask(services, "GET", "/_test/objects/event")
    secret = services.settings.stripe_webhook_secrets[0]
    for event in events[:count]:
        body = json.dumps(event)
        yield body.encode(), WebhookSignature.generate_signature_header(body, secret)


def _give(services: Services) -> None:
    attempt = secrets.token_hex(8)
    order = CheckoutOrder(
        attempt=attempt,
        amount_minor=5000,
        fee_cover_minor=0,
        currency="usd",
        frequency=Frequency.ONCE,
        fund="general",
        fund_name="Where it is needed most",
        product_id=None,
        address=f"giver-{attempt}@example.org",
        customer_id=None,
        language="en",
        success_url=f"{services.settings.public_url}/give/thanks",
        cancel_url=f"{services.settings.public_url}/give",
        expires_at=now() + timedelta(minutes=31),
    )
    if services.gateway is None:
        raise RuntimeError("the stage takes gifts")
    opened = services.gateway.open_checkout(order, f"checkout:{attempt}")
    _ask(services, "POST", "/_test/pay", {"session_id": opened.session_id})


def _ask(services: Services, method: str, path: str, sent: dict[str, str] | None = None) -> Any:
    request = Request(  # noqa: S310 - the test Stripe on this machine
        services.settings.stripe_url + path,
        json.dumps(sent).encode() if sent else None,
        {"Content-Type": "application/json"},
        method=method,
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        return json.load(answer)["result"]


def _release(services: Services, recipients: int) -> int:
    with transaction(services.factory) as session:
        newsletter = add_newsletter(session)
        add_organisation(session)
        add_readers(session, recipients, newsletter)
        issue = import_sample(session, newsletter)
        return release_issue(session, issue.id, services.settings.public_url, services.signer)


def _wait_for_first_mails(services: Services) -> int:
    while not (sent := _count_sent(services)):
        time.sleep(0.1)
    return sent


def _count_sent(services: Services) -> int:
    with transaction(services.factory) as session:
        return session.scalar(select(func.count()).where(Delivery.state == DeliveryState.SENT)) or 0


def _post_steadily(services: Services, events: list[tuple[bytes, str]], per_second: int) -> tuple[list[int], int]:
    """Return each wait in milliseconds, and how many events were not taken."""
    begins = time.monotonic_ns() + 200_000_000
    step = 1_000_000_000 // per_second
    waits: list[int] = []
    refused: list[int] = []
    turn = iter(enumerate(events))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                place, event = next(turn, (None, None))
            if place is None or event is None:
                return
            due = begins + place * step
            time.sleep(max(0, due - time.monotonic_ns()) / 1_000_000_000)
            status = _post(services.settings.public_url, *event)
            waits.append((time.monotonic_ns() - due) // 1_000_000)
            if status != 200:
                refused.append(status)

    threads = [threading.Thread(target=work) for _ in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits, len(refused)


def _post(public_url: str, body: bytes, signature: str) -> int:
    parts = urlsplit(public_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        connection.request("POST", "/webhooks/stripe", body, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _wait_until_settled(services: Services) -> int | None:
    begins = time.monotonic()
    while time.monotonic() - begins < SETTLES_WITHIN:
        with transaction(services.factory) as session:
            waiting = session.scalar(select(func.count()).where(OutsideEvent.state == EventState.RECEIVED))
        if not waiting:
            return int(time.monotonic() - begins)
        time.sleep(0.5)
    return None
