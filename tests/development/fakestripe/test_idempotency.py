"""Idempotency keys: the same request gives the same answer, another is refused, a failure is remembered too."""

import pytest
import requests
import stripe

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop


def test_the_same_key_gives_the_same_answer_and_does_nothing_again(fake: FakeStripe, shop: Shop) -> None:
    params, key = shop.describe(), {"idempotency_key": "checkout:7:1"}
    first = shop.client.v1.checkout.sessions.create(params, {"idempotency_key": "checkout:7:1"})
    events = len(fake.events)
    again = shop.client.v1.checkout.sessions.create(params, {"idempotency_key": "checkout:7:1"})

    assert again.to_dict() == first.to_dict()
    assert len(fake.events) == events
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Idempotency-Key"] == key["idempotency_key"]


def test_the_replay_is_the_answer_of_then(fake: FakeStripe, shop: Shop) -> None:
    first = shop.client.v1.checkout.sessions.create(shop.describe(), {"idempotency_key": "k"})
    fake.pay(first.id)

    assert shop.client.v1.checkout.sessions.create(shop.describe(), {"idempotency_key": "k"}).status == "open"


def test_a_key_belongs_to_one_request(shop: Shop) -> None:
    shop.client.v1.checkout.sessions.create(shop.describe(5000), {"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError, match="only be used with the same parameters"):
        shop.client.v1.checkout.sessions.create(shop.describe(6000), {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        shop.client.v1.customers.create({}, {"idempotency_key": "k"})


def test_a_failure_of_the_server_is_given_again(fake: FakeStripe, shop: Shop) -> None:
    fake.fail_next(1, "error")
    for _ in range(2):
        with pytest.raises(stripe.APIError, match="error while talking to Stripe"):
            shop.client.v1.customers.create({}, {"idempotency_key": "k"})

    assert fake.list_objects("customer") == []
    assert shop.client.v1.customers.create({}, {"idempotency_key": "k2"}).id


def test_a_refusal_by_the_bank_or_the_account_is_given_again(shop: Shop) -> None:
    payment = shop.give(5000)
    refund = shop.client.v1.refunds.create
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
            refund({"payment_intent": payment.id, "amount": 6000}, {"idempotency_key": "refund:1"})


def test_a_request_that_was_never_begun_leaves_its_key_free(fake: FakeStripe, shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.raw_request("post", "/v1/customers", colour="red", idempotency_key="k")
    fake.fail_next(1, "busy")
    with pytest.raises(stripe.RateLimitError):
        shop.client.v1.customers.create({}, {"idempotency_key": "k"})

    assert shop.client.v1.customers.create({}, {"idempotency_key": "k"}).id


def test_a_key_is_forgotten_after_a_day(fake: FakeStripe, shop: Shop) -> None:
    first = shop.client.v1.customers.create({}, {"idempotency_key": "k"})
    fake.advance(hours=24)
    assert shop.client.v1.customers.create({}, {"idempotency_key": "k"}).id == first.id

    fake.advance(seconds=1)

    assert shop.client.v1.customers.create({}, {"idempotency_key": "k"}).id != first.id


def test_a_key_has_its_length(shop: Shop) -> None:
    assert shop.client.v1.customers.create({}, {"idempotency_key": "k" * 255}).id
    with pytest.raises(stripe.IdempotencyError, match="up to 255 characters"):
        shop.client.v1.customers.create({}, {"idempotency_key": "k" * 256})


def test_a_garbled_key_is_no_failure_of_the_server(fake: FakeStripe) -> None:
    headers = {"Authorization": f"Bearer {fake.key}".encode(), "Idempotency-Key": "ключ".encode()}
    answer = requests.post(f"{fake.url}/v1/customers", headers=headers, timeout=60)

    assert answer.status_code == 200
