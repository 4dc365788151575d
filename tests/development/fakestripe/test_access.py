"""Who may ask: test keys only; live keys, foreign versions and unknown entrances are refused in a sentence."""

import os
import subprocess
import sys

import pytest
import requests
import stripe

from service.development.fakestripe.fake import FakeStripe
from service.settings import ROOT


@pytest.mark.parametrize("key", ["sk_live_0123456789", "rk_live_0123456789", "pk_live_0123456789"])
def test_a_live_key_is_refused_and_told_to_leave(fake: FakeStripe, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": fake.url}, max_network_retries=0)

    with pytest.raises(stripe.AuthenticationError, match=r"this is a live key\. It was not used") as refused:
        client.v1.customers.list()

    assert key not in str(refused.value)


@pytest.mark.parametrize("key", ["sk_test_anything", "rk_test_restricted"])
def test_any_test_key_opens_the_account(fake: FakeStripe, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": fake.url}, max_network_retries=0)

    assert client.v1.customers.list().data == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer sk_test_"}, {"Authorization": "Basic ää"}],
    ids=["none", "unknown", "empty", "garbled"],
)
def test_without_a_key_nothing_opens(fake: FakeStripe, headers: dict[str, str]) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    answer = requests.get(f"{fake.url}/v1/customers", headers=sent, timeout=60)

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_curl_users_may_send_the_key_as_a_user_name(fake: FakeStripe) -> None:
    assert requests.get(f"{fake.url}/v1/customers", auth=(fake.key, ""), timeout=60).status_code == 200


def test_another_api_version_is_refused(fake: FakeStripe) -> None:
    client = stripe.StripeClient(fake.key, stripe_version="2017-08-15", base_addresses={"api": fake.url})

    with pytest.raises(stripe.InvalidRequestError, match=r"speaks the API version 2026-10-28.endive only, not 2017"):
        client.v1.customers.list()


def test_what_is_not_played_says_so(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as unknown:
        client.v1.coupons.list()
    with pytest.raises(stripe.InvalidRequestError, match="does not play the parameter shipping") as unplayed:
        client.v1.customers.create({"shipping": {"name": "Ada", "address": {"city": "Riga"}}})

    assert unknown.value.http_status == 404
    assert (unplayed.value.code, unplayed.value.param) == ("not_played", "shipping")


def test_it_listens_on_the_loopback_address_alone(fake: FakeStripe) -> None:
    assert fake.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"POSTRIDER_ENV": "production"}, "POSTRIDER_ENV is production"),
        ({"POSTRIDER_ENV": "staging"}, "POSTRIDER_ENV is staging"),
        ({"POSTRIDER_ENV": ""}, "POSTRIDER_ENV is not set, which counts as production"),
        ({}, "POSTRIDER_ENV is not set, which counts as production"),
    ],
    ids=["production", "unknown", "empty", "unset"],
)
def test_it_starts_only_where_development_or_tests_are_said(told: dict[str, str], said: str) -> None:
    environment = {**{name: value for name, value in os.environ.items() if name != "POSTRIDER_ENV"}, **told}
    argv = [sys.executable, "-m", "service.development.fakestripe"]
    ended = subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(said)
    assert "Traceback" not in ended.stderr
