"""What goes wrong on purpose: errors, busy answers, silence, cut connections, and effects that nobody heard of."""

import pytest
import requests
import stripe

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("error", stripe.APIError),
        ("busy", stripe.RateLimitError),
        ("conflict", stripe.APIError),
        ("cut", stripe.APIConnectionError),
    ],
)
def test_the_next_requests_go_wrong_and_those_after_them_well(
    fake: FakeStripe, client: stripe.StripeClient, trouble: str, error: type[Exception]
) -> None:
    fake.fail_next(2, trouble)
    for _ in range(2):
        with pytest.raises(error):
            client.v1.customers.create({})

    assert client.v1.customers.create({}).id
    assert len(fake.list_objects("customer")) == 1


def test_silence_lasts_until_the_caller_gives_up(fake: FakeStripe, client: stripe.StripeClient) -> None:
    impatient = stripe.StripeClient(
        fake.key,
        base_addresses={"api": fake.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=0.2),
    )
    # By its path: the caller may give up before the request that it made is looked at.
    fake.fail_next(1, "hang", at="POST /v1/customers")

    with pytest.raises(stripe.APIConnectionError, match="timed out"):
        impatient.v1.customers.create({})

    assert client.v1.products.create({"name": "A gift"}).id


@pytest.mark.parametrize("trouble", ["cut", "error"])
def test_an_effect_may_happen_without_its_answer(fake: FakeStripe, shop: Shop, trouble: str) -> None:
    payment = shop.give(5000)
    fake.fail_next(1, trouble, at="POST /v1/refunds", after_effect=True)
    with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
        shop.client.v1.refunds.create({"payment_intent": payment.id}, {"idempotency_key": "refund:1"})

    [refund] = shop.client.v1.refunds.list({"payment_intent": payment.id}).data
    assert refund.amount == 5000


def test_after_a_lost_answer_the_same_key_gives_it(fake: FakeStripe, shop: Shop) -> None:
    payment = shop.give(5000)
    fake.fail_next(1, "cut", after_effect=True)
    with pytest.raises(stripe.APIConnectionError):
        shop.client.v1.refunds.create({"payment_intent": payment.id}, {"idempotency_key": "refund:1"})

    refund = shop.client.v1.refunds.create({"payment_intent": payment.id}, {"idempotency_key": "refund:1"})

    assert [one.id for one in shop.client.v1.refunds.list().data] == [refund.id]


def test_the_clients_own_retries_do_nothing_twice(fake: FakeStripe) -> None:
    patient = stripe.StripeClient(fake.key, base_addresses={"api": fake.url}, max_network_retries=2)
    fake.fail_next(1, "cut", after_effect=True)
    patient.v1.customers.create({"email": "ada@example.org"})

    assert len(fake.list_objects("customer")) == 1


def test_trouble_waits_for_the_requests_that_it_is_for(fake: FakeStripe, client: stripe.StripeClient) -> None:
    fake.fail_next(1, "error", at="POST /v1/refunds")
    fake.fail_next(1, "error", at="GET ")

    assert client.v1.customers.create({}).id
    with pytest.raises(stripe.APIError):
        client.v1.customers.list()
    fake.faults.clear()
    with pytest.raises(stripe.InvalidRequestError, match="One of the following params"):
        client.v1.refunds.create({})


def test_a_mistake_of_the_test_stripe_names_itself(
    fake: FakeStripe, client: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake.account.clock, "now", lambda: 1 // 0)

    with pytest.raises(stripe.APIError, match="The test Stripe made a mistake: ZeroDivisionError"):
        client.v1.customers.list()


def test_no_request_is_too_large_to_be_refused(fake: FakeStripe) -> None:
    answer = requests.post(f"{fake.url}/v1/customers", data={"name": "x" * 2_000_000}, auth=(fake.key, ""), timeout=60)

    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"
