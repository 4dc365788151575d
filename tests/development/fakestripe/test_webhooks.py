"""Events on their way: signed as Stripe signs, kept until taken, sent in any order, doubled, lost or spoilt."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

from service.development.fakestripe.delivery import Spoiling
from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop
from tests.waiting import wait_until

DAY = 86400


@dataclass
class Receiver:
    """A webhook's receiver in this process: verifies as a service would, and answers what the test says."""

    secret: str
    answers: list[int] = field(default_factory=list)
    taken: list[stripe.Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    is_full: Callable[[stripe.Event], bool] = lambda _: False

    def __call__(self, body: bytes, signature: str) -> int:
        """Take one webhook."""
        try:
            event = stripe.Webhook.construct_event(body, signature, self.secret)
        except stripe.SignatureVerificationError as problem:
            self.refused.append(str(problem))
            return 400
        if self.is_full(event):
            return 503
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.taken.append(event)
        return status

    @property
    def kinds(self) -> list[str]:
        """The kinds of the events taken, in the order of their coming."""
        return [event.type for event in self.taken]


@pytest.fixture
def receiver(fake: FakeStripe) -> Receiver:
    """Where the test Stripe hands its events to."""
    made = Receiver(fake.webhook_secret)
    fake.point_webhooks_at(made)
    return made


def test_events_wait_until_they_are_delivered_in_their_order(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    shop.give()
    assert receiver.taken == []
    waiting = [event["type"] for event in fake.pending_events()]

    fake.deliver_all()

    assert receiver.kinds == waiting == shop.kinds()
    assert fake.pending_events() == []


def test_an_event_is_a_snapshot_with_all_that_stripe_says(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    payment = shop.give()
    shop.client.v1.refunds.create({"payment_intent": payment.id}, {"idempotency_key": "refund:1"})
    fake.deliver_all()

    succeeded = next(event for event in receiver.taken if event.type == "charge.succeeded")
    refunded = next(event for event in receiver.taken if event.type == "charge.refunded")
    assert succeeded.data.object["amount_refunded"] == 0
    assert refunded.data.object["amount_refunded"] == 5000
    assert (succeeded.api_version, succeeded.livemode, succeeded.pending_webhooks) == (stripe.api_version, False, 1)
    assert refunded.request is not None
    assert refunded.request.idempotency_key == "refund:1"
    assert shop.client.v1.events.retrieve(succeeded.id).pending_webhooks == 0


def test_text_of_any_script_arrives_unharmed(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    session = shop.open(metadata={"tribute": "Памяти Нины, 紀念"})
    fake.pay(session.id, name="Łukasz 李")
    fake.deliver_all()

    completed = receiver.taken[-1].data.object
    assert completed["metadata"]["tribute"] == "Памяти Нины, 紀念"
    assert completed["customer_details"]["name"] == "Łukasz 李"


def test_what_was_refused_stays_and_comes_again(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    shop.client.v1.customers.create({"email": "ada@example.org"})
    receiver.answers = [500, 302]
    [first] = fake.deliver()
    [second] = fake.deliver()
    assert (first.status, second.status, first.is_taken) == (500, 302, False)
    missing = shop.client.v1.events.list({"delivery_success": False}).data
    assert [event.type for event in missing] == ["customer.created"]

    [third] = fake.deliver()

    assert (third.status, receiver.kinds) == (200, ["customer.created"])
    assert shop.client.v1.events.list({"delivery_success": False}).data == []
    assert len(shop.client.v1.events.list({"delivery_success": True}).data) == 1


def test_disorder_on_demand_is_the_same_for_the_same_seed(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    shop.subscribe()
    ids = [event["id"] for event in fake.pending_events()]
    for _ in range(2):
        fake.deliver(ids, order=random.Random(7).shuffle, times=2)  # noqa: S311 - a test's disorder

    once, again = receiver.taken[: len(ids) * 2], receiver.taken[len(ids) * 2 :]
    assert [event.id for event in once] == [event.id for event in again] != ids * 2
    assert sorted(event.id for event in once) == sorted(ids * 2)


def test_a_delivery_in_disorder_reaches_everything_and_doubles_some(
    fake: FakeStripe, shop: Shop, receiver: Receiver
) -> None:
    shop.subscribe()
    ids = {event["id"] for event in fake.pending_events()}
    fake.deliver_in_disorder(11)

    assert {event.id for event in receiver.taken} == ids
    assert len(ids) < len(receiver.taken) < 2 * len(ids)


def test_events_come_backwards_or_one_by_one(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    shop.give()
    ids = [event["id"] for event in fake.pending_events()]
    fake.deliver(ids[:2], order="reversed")

    assert [event.id for event in receiver.taken] == [ids[1], ids[0]]
    assert [event["id"] for event in fake.pending_events()] == ids[2:]


def test_a_lost_event_is_only_found_by_asking(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    shop.give()
    lost = fake.pending_events()[-1]["id"]
    fake.deliver(drop=[lost])

    assert lost not in {event.id for event in receiver.taken}
    assert fake.pending_events() == []
    assert [event.id for event in shop.client.v1.events.list({"delivery_success": False}).data] == [lost]


@pytest.mark.parametrize(
    ("spoiling", "refusal"),
    [
        (Spoiling(bad_signature=True), "No signatures found matching the expected signature"),
        (Spoiling(age=301), "Timestamp outside the tolerance zone"),
        (Spoiling(signature="v1=nonsense"), "Unable to extract timestamp and signatures"),
    ],
    ids=["wrong secret", "stale", "garbled"],
)
def test_a_spoilt_delivery_is_refused_and_stays(
    fake: FakeStripe, shop: Shop, receiver: Receiver, spoiling: Spoiling, refusal: str
) -> None:
    shop.client.v1.customers.create({})
    [attempt] = fake.deliver(spoiling=spoiling)

    assert (attempt.status, receiver.taken) == (400, [])
    assert refusal in receiver.refused[0]
    assert len(fake.pending_events()) == 1


def test_another_versions_event_can_be_sent(fake: FakeStripe, shop: Shop, receiver: Receiver) -> None:
    shop.client.v1.customers.create({})
    fake.deliver(spoiling=Spoiling(api_version="2017-08-15"))

    assert [event.api_version for event in receiver.taken] == ["2017-08-15"]


def test_a_webhook_can_be_signed_without_being_sent(fake: FakeStripe, shop: Shop) -> None:
    shop.client.v1.customers.create({})
    [event] = fake.pending_events()
    signed = fake.sign(event["id"])

    verified = stripe.Webhook.construct_event(signed.body, signed.signature, fake.webhook_secret)
    assert verified.id == event["id"] == json.loads(signed.body)["id"]
    assert len(fake.pending_events()) == 1


def test_an_endpoint_of_the_api_hears_what_it_asked_for_with_a_secret_of_its_own(
    fake: FakeStripe, shop: Shop, receiver: Receiver
) -> None:
    endpoints = shop.client.v1.webhook_endpoints
    made = endpoints.create({"url": "http://127.0.0.1:9/never", "enabled_events": ["customer.created"]})
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert endpoints.retrieve(made.id).secret is None
    assert made.id in [one.id for one in endpoints.list().data]

    shop.client.v1.customers.create({})
    shop.client.v1.products.create({"name": "A gift"})
    heard = [event["pending_webhooks"] for event in fake.pending_events()]
    attempts = fake.deliver()

    assert heard == [2, 1]
    assert [(attempt.type, attempt.status) for attempt in attempts if attempt.endpoint_id == made.id] == [
        ("customer.created", 0)
    ]
    assert receiver.kinds == ["customer.created", "product.created"]
    assert [event["type"] for event in fake.pending_events()] == ["customer.created"]
    assert endpoints.delete(made.id).deleted
    assert fake.pending_events() == []
    assert made.id not in [one.id for one in endpoints.list().data]


def test_events_are_kept_for_thirty_days(fake: FakeStripe, shop: Shop) -> None:
    shop.client.v1.customers.create({})
    [event] = fake.events
    fake.advance(days=30)
    assert shop.client.v1.events.retrieve(event["id"]).type == "customer.created"

    fake.advance(seconds=1)

    assert shop.client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        shop.client.v1.events.retrieve(event["id"])


def test_events_are_listed_by_kind_and_time(fake: FakeStripe, shop: Shop) -> None:
    events, start = shop.client.v1.events, fake.now()
    shop.client.v1.customers.create({})
    fake.advance(days=1)
    shop.client.v1.products.create({"name": "A gift"})

    assert [one.type for one in events.list({"type": "customer.created"}).data] == ["customer.created"]
    assert len(events.list({"types": ["customer.created", "product.created"]}).data) == 2
    assert [one.type for one in events.list({"created": {"gt": start}}).data] == ["product.created"]
    [first] = events.list({"created": {"gte": start, "lt": start + DAY}}).data
    assert first.type == "customer.created"


@pytest.fixture
def far_receiver() -> Iterator[tuple[Receiver, str]]:
    """A receiver at an address of its own, as the service is in another process."""
    receiver = Receiver("whsec_of_the_far_receiver_0123456789abcdef")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver(body, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    yield receiver, f"http://127.0.0.1:{server.server_port}/webhooks/stripe?from=stripe"
    server.shutdown()
    thread.join()
    server.server_close()


def test_live_events_arrive_by_themselves_and_again_after_a_failure(far_receiver: tuple[Receiver, str]) -> None:
    receiver, url = far_receiver
    receiver.is_full = lambda event: event.type == "price.created" and len(receiver.taken) < 2
    with FakeStripe(deliver="live", webhook_secret=receiver.secret, retry_waits=(0.01,) * 1000) as fake:
        fake.point_webhooks_at(url)
        client = stripe.StripeClient(fake.key, base_addresses={"api": fake.url}, max_network_retries=0)
        shop = Shop(fake, client)
        shop.give()
        expected = sorted(shop.kinds())

        wait_until(lambda: len(receiver.taken) == len(expected), "all events")

    assert sorted(receiver.kinds) == expected
    assert receiver.kinds[0] == "product.created"
    assert receiver.kinds[1] != "price.created"


def test_an_unreachable_receiver_harms_nobody(fake: FakeStripe, shop: Shop) -> None:
    fake.point_webhooks_at("http://127.0.0.1:9/")
    shop.client.v1.customers.create({})

    assert [attempt.status for attempt in fake.deliver()] == [0]


def test_the_account_answers_while_a_webhook_is_on_its_way(fake: FakeStripe, shop: Shop) -> None:
    seen = []

    def ask_back(_body: bytes, _signature: str) -> int:
        seen.append(len(shop.client.v1.customers.list().data))
        return 200

    fake.point_webhooks_at(ask_back)
    shop.client.v1.customers.create({})
    fake.deliver()

    assert seen == [1]
