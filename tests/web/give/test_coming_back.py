"""Coming back from the processor's page: thanks by our own rows alone, and to the giver's own browser alone."""

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from service.donations.models import Attempt, Fund
from service.donations.states import AttemptState, DonationState
from service.jobs import Job
from service.tokens import Purpose
from service.web.app import create_app
from service.wiring import Services
from tests.donations.forms import GIVER, BreakablePages
from tests.factories.giving import make_donation, make_donor
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.web.give.reading import EXPENSIVE, Fill, change, checked


def settle(open_transaction: OpenTransaction, attempt: Attempt, state: DonationState) -> None:
    """Let the payment of ``attempt`` have reached ``state``."""
    with open_transaction() as session:
        donor = make_donor(session, GIVER, "Ada Giver")
        fund = session.get_one(Fund, attempt.fund_id)
        make_donation(session, donor, fund, state=state).attempt_id = attempt.id


THANKS = "/give/thanks?session_id=cs_test_0"


@pytest.fixture(autouse=True)
def patient_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Redis answer late: production counts one that takes a quarter of a second as away, and nudges nobody."""
    monkeypatch.setattr("service.adapters.redis.TIMEOUT", 60.0)


def test_thanks_wait_for_our_own_rows_and_nudge_a_worker(
    client: FlaskClient, given: Attempt, published_jobs: PublishedJobs, open_transaction: OpenTransaction
) -> None:
    waiting = client.get(THANKS).text
    assert ("Just a moment" in waiting, "$50" in waiting, GIVER in waiting) == (True, True, False)
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert published_jobs.of(Job.SYNC_ATTEMPT) == [(given.id,)]
    settle(open_transaction, given, DonationState.SUCCEEDED)
    thanks = client.get(THANKS).text
    assert ("Thank you" in thanks, "$50" in thanks, f"The receipt goes to {GIVER}" in thanks) == (True, True, True)
    assert "refresh" not in thanks
    assert len(published_jobs.of(Job.SYNC_ATTEMPT)) == 1


def test_fifty_looks_at_once_are_one_nudge_for_each_form(
    client: FlaskClient,
    services: Services,
    given: Attempt,
    published_jobs: PublishedJobs,
    fill: Fill,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.web.give.coming_back.NUDGE_EVERY", 60)  # however slow this machine is
    mark = f"postrider:nudged:{given.public_id}"
    services.redis.set(mark, 1, ex=60)
    assert {client.get(THANKS).status_code for _ in range(50)} == {200}
    assert published_jobs.of(Job.SYNC_ATTEMPT) == []
    services.redis.delete(mark)
    client.get(THANKS)
    assert 0 < services.redis.pttl(mark) <= 60_000
    services.redis.persist(mark)
    assert {client.get(f"{THANKS}&n={look}").status_code for look in range(50)} == {200}
    assert published_jobs.of(Job.SYNC_ATTEMPT) == [(given.id,)]
    client.post("/give", data=fill(amount="2500"))
    client.get(THANKS.replace("cs_test_0", "cs_test_1"))
    assert published_jobs.of(Job.SYNC_ATTEMPT) == [(given.id,), (given.id + 1,)]


@pytest.mark.usefixtures("given")
def test_without_redis_the_page_says_the_same_and_nudges_nobody(
    services: Services, pages: BreakablePages, published_jobs: PublishedJobs
) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0", socket_timeout=1, socket_connect_timeout=1)
    answer = create_app(replace(services, gateway=pages.gateway, redis=away)).test_client().get(THANKS)
    assert (answer.status_code, "Just a moment" in answer.text) == (200, True)
    assert published_jobs.jobs == []


@pytest.mark.usefixtures("given")
def test_looking_ends_after_two_minutes_in_peace(client: FlaskClient, published_jobs: PublishedJobs) -> None:
    page = client.get(f"{THANKS}&n=30").text
    assert ("This takes longer than usual" in page, "refresh" in page) == (True, False)
    assert published_jobs.jobs == []


@pytest.mark.parametrize(
    ("state", "attempt_state", "said"),
    [
        (DonationState.PROCESSING, AttemptState.COMPLETE, "Your transfer is on its way"),
        (DonationState.SUCCEEDED, AttemptState.OPEN, "Thank you"),
        (DonationState.REFUNDED, AttemptState.COMPLETE, "Thank you"),
        (DonationState.FAILED, AttemptState.COMPLETE, "The payment did not go through"),
        (DonationState.FAILED, AttemptState.OPEN, "Just a moment"),
        (None, AttemptState.COMPLETE, "Just a moment"),
        (None, AttemptState.EXPIRED, "The payment page has closed"),
    ],
)
def test_each_outcome_has_its_words(
    client: FlaskClient, given: Attempt, open_transaction: OpenTransaction, state: DonationState | None,
    attempt_state: AttemptState, said: str,
) -> None:  # fmt: skip
    change(open_transaction, Attempt, state=attempt_state)
    if state is not None:
        settle(open_transaction, given, state)
    assert f"<h1>{said}</h1>" in client.get(THANKS).text


@pytest.mark.usefixtures("published_jobs")
def test_without_the_givers_cookie_nobody_learns_who_gave_or_how_much(
    app: Flask, given: Attempt, open_transaction: OpenTransaction, services: Services
) -> None:
    settle(open_transaction, given, DonationState.SUCCEEDED)
    stranger = app.test_client()
    other = services.signer.sign(Purpose.GIFT, given.id + 1)
    for cookie in (None, other, services.signer.sign(Purpose.ASK, given.id), "x"):
        if cookie is not None:
            stranger.set_cookie("postrider-gift", cookie)
        page = stranger.get(THANKS).text
        assert "Thank you" in page
        assert not {GIVER, "Ada", "$50"} & {word for word in (GIVER, "Ada", "$50") if word in page}
    assert "Ada Giver" not in stranger.get("/give?again=1").text


@pytest.mark.parametrize("session_id", ["", "cs_unknown", "cs_%00", "x" * 5000, "<script>alert(1)</script>"])
def test_an_unknown_page_is_thanked_without_a_word_too_many(
    client: FlaskClient, published_jobs: PublishedJobs, session_id: str
) -> None:
    answer = client.get(f"/give/thanks?session_id={session_id}&n=-1")
    assert (answer.status_code, "Thank you for coming by" in answer.text) == (200, True)
    assert "<script>alert" not in answer.text
    assert published_jobs.jobs == []


def test_coming_back_charges_nothing_and_keeps_the_whole_form(
    client: FlaskClient,
    app: Flask,
    fill: Fill,
    open_transaction: OpenTransaction,
    services: Services,
    pages: BreakablePages,
) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session, "crossings")).id
    ask = services.signer.sign(Purpose.ASK, issue_id, 4)
    client.post("/give", data=fill(frequency="monthly", amount="other", other_amount="75.50", ask=ask, **EXPENSIVE))
    (order,) = pages.orders.values()
    way_back = order.cancel_url.removeprefix(PUBLIC_URL)
    page = client.get(way_back).text
    assert "Nothing was charged" in page
    link = re.search(r'class="button" href="([^"]+)"', page)
    assert link is not None
    form = unescape(client.get(unescape(link[1])).text)
    assert (checked(form, "amount"), checked(form, "frequency")) == ("other", "monthly")
    for kept in ("75.50", "Ada Giver", GIVER, "Лев & Co", "Acme <Inc>", ask):
        assert f'value="{kept}"' in form
    stranger = app.test_client()
    kept_amount = stranger.get(unescape(link[1])).text
    assert checked(kept_amount, "frequency") == "monthly"
    assert "Ada Giver" not in kept_amount
