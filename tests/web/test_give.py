"""The gift form: what it shows, what it takes, and that nothing typed is lost whatever is wrong or away."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from service.alarms.raising import list_standing_alarms
from service.clock import now
from service.donations import checkout
from service.donations.defence import DECLINED, MOST_DECLINES, MOST_PER_ADDRESS
from service.donations.funds import add_fund
from service.donations.models import Attempt, Donation, Fund
from service.donations.states import AttemptState, DonationState, Frequency
from service.errors import BadInput, Unavailable
from service.inbox.models import OutsideEvent, Provider
from service.jobs import Job
from service.organisation.models import Organisation
from service.tokens import Purpose
from service.web.app import create_app
from service.wiring import Services
from tests.donations.forms import GIVER, BreakablePages, fill_form
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.web.conftest import LookUp

pytestmark = pytest.mark.usefixtures("house")
EXPENSIVE = {"tribute_kind": "memory", "tribute_name": "Лев & Co", "employer": "Acme <Inc>", "anonymous": "yes"}


@pytest.fixture
def house(open_transaction: OpenTransaction) -> None:
    """An organisation with one open fund."""
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session)


@pytest.fixture
def pages() -> BreakablePages:
    """The processor's pages."""
    return BreakablePages()


@pytest.fixture
def app(services: Services, pages: BreakablePages) -> Flask:
    """The application, with a processor that a test can break."""
    return create_app(replace(services, gateway=pages.gateway))


Fill = Callable[..., dict[str, str]]


@pytest.fixture
def fill(services: Services) -> Fill:
    """Fill in a form that was open for a minute."""
    return lambda **changes: fill_form(services.signer, **changes)


def attempts(look_up: LookUp) -> list[Attempt]:
    """Every stored attempt."""
    found: list[Attempt] = look_up(lambda session: list(session.scalars(select(Attempt).order_by(Attempt.id))))
    return found


def change(open_transaction: OpenTransaction, model: type[Any], **values: Any) -> None:
    """Set columns of every row of a table."""
    with open_transaction() as session:
        session.execute(update(model).values(**values))


def checked(page: str, name: str) -> str | None:
    """The value of the radio button that is chosen."""
    found = re.search(rf'name="{name}" value="([^"]*)" checked', page)
    return found[1] if found else None


def test_the_form_says_who_asks_and_what_becomes_of_a_gift(
    client: FlaskClient, open_transaction: OpenTransaction
) -> None:
    change(open_transaction, Organisation, disclosure="A copy of our report may be had in writing.")
    answer = client.get("/give")
    page = unescape(answer.text)
    assert answer.status_code == 200
    for said in (
        "Northern Crossings Institute, Inc.",
        "00-0000000",
        "501(c)(3)",
        "A copy of our report",
        "Pays for every",
    ):
        assert said in page, said
    assert 'href="/giving"' in page
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "amount", "other", "frequency"),
    [
        ("", "5000", "", "once"),
        ("?amount=2500&frequency=monthly", "2500", "", "monthly"),
        ("?amount=7550", "other", "75.50", "once"),
        ("?amount=25", "2500", "", "once"),
        ("?amount=12.50&frequency=yearly", "other", "12.50", "yearly"),
        ("?amount=1", "5000", "", "once"),
        ("?amount=99999999999", "5000", "", "once"),
        ("?amount=-5000&frequency=daily", "5000", "", "once"),
        ("?amount=%00<script>", "5000", "", "once"),
    ],
)
def test_a_link_sets_amount_and_frequency_or_is_ignored(
    client: FlaskClient, query: str, amount: str, other: str, frequency: str
) -> None:
    page = client.get(f"/give{query}").text
    assert (checked(page, "amount"), checked(page, "frequency")) == (amount, frequency)
    assert f'name="other_amount" value="{other}"' in page


def test_several_funds_are_a_choice_and_a_link_may_choose(
    client: FlaskClient, open_transaction: OpenTransaction
) -> None:
    assert 'name="fund"' not in client.get("/give").text
    with open_transaction() as session:
        add_fund(session, "travel", "Travel grants", description="Two people a year.")
        add_fund(session, "archive", "The archive").is_open = False
    assert checked(client.get("/give").text, "fund") == "general"
    assert checked(client.get("/give/travel").text, "fund") == "travel"
    assert [client.get(f"/give/{slug}").status_code for slug in ("archive", "none", "%00")] == [404, 404, 404]


@pytest.mark.parametrize(
    ("path", "accepts", "language", "said"),
    [
        ("/give", "", "en", "Continue to payment"),
        ("/give", "ru-RU,ru;q=0.9,en;q=0.5", "ru", "Перейти к оплате"),
        ("/give", "zh-Hant-TW", "zh", "前往付款"),
        ("/give", "fr,de;q=0.5", "en", "Continue to payment"),
        ("/give?lang=zh", "ru", "zh", "前往付款"),
        ("/give?lang=xx", "ru", "ru", "Перейти к оплате"),
    ],
)
def test_the_page_speaks_the_givers_language(
    client: FlaskClient, path: str, accepts: str, language: str, said: str
) -> None:
    page = client.get(path, headers={"Accept-Language": accepts}).text
    assert f'<html lang="{language}">' in page
    assert said in page


def test_every_language_says_every_sentence(app: Flask) -> None:
    def names(value: object, path: str = "") -> set[str]:
        if isinstance(value, dict):
            return {path}.union(*(names(each, f"{path}.{key}") for key, each in value.items()))
        return {f"{path}:{len(value)}" if isinstance(value, list | tuple) else path}

    said = {
        language: names(
            {
                name: value
                for name, value in vars(app.jinja_env.get_template(f"web/public/give.{language}.jinja").module).items()
                if not name.startswith("_")
            }
        )
        for language in ("en", "ru", "zh")
    }
    assert len(said["en"]) > 80
    assert said["en"] == said["ru"] == said["zh"]


def test_a_gift_leads_to_the_processors_page_and_leaves_a_cookie_for_the_thanks(
    client: FlaskClient, pages: BreakablePages, fill: Fill, look_up: LookUp, services: Services
) -> None:
    answer = client.post("/give", data=fill(frequency="monthly", cover_fee="yes", lang="ru", **EXPENSIVE))
    (stored,) = attempts(look_up)
    assert (answer.status_code, answer.headers["Location"]) == (303, "https://pay.test/0")
    (order,) = pages.orders.values()
    assert (order.amount_minor, order.fee_cover_minor, order.frequency) == (5000, 181, Frequency.MONTHLY)
    assert (stored.tribute_name, stored.employer, stored.is_anonymous) == ("Лев & Co", "Acme <Inc>", True)
    assert (stored.language, stored.network) == ("ru", "127.0.0.0/24")
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    value, *flags = rest.split("; ")
    assert (name, services.signer.read(Purpose.GIFT, value)) == ("postrider-gift", (stored.id,))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags)
    assert GIVER not in str(answer.headers)


def test_pages_allow_the_processors_page_as_the_end_of_the_form_and_nothing_else(client: FlaskClient) -> None:
    policy = client.get("/give").headers["Content-Security-Policy"]
    assert "form-action 'self' https://pay.test;" in policy
    assert "form-action 'self';" in client.get("/").headers["Content-Security-Policy"]


def test_a_double_click_is_one_gift(client: FlaskClient, pages: BreakablePages, fill: Fill, look_up: LookUp) -> None:
    form = fill()
    answers = [client.post("/give", data=form) for _ in range(3)]
    assert {answer.headers["Location"] for answer in answers} == {"https://pay.test/0"}
    assert len(attempts(look_up)) == len(pages.calls) == 1


def test_everything_that_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, fill: Fill, look_up: LookUp
) -> None:
    wrong = fill(amount="other", other_amount="4", address="ada@", name='Ада "A" <b>', cover_fee="yes", **EXPENSIVE)
    answer = client.post("/give", data=wrong)
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert "The smallest gift that we can take here is $5" in page
    assert 'aria-describedby="other_amount-hint amount-error" aria-invalid="true"' in page
    assert 'aria-describedby="address-hint address-error" aria-invalid="true"' in page
    for kept in ('value="4"', 'value="ada@"', 'value="Ада "A" <b>"', 'value="Лев & Co"', 'value="Acme <Inc>"'):
        assert kept in page
    assert "<b>" not in answer.text
    assert page.count(" checked") == 4  # once, other amount, cover, anonymous
    assert wrong["token"] in page
    assert attempts(look_up) == []


@pytest.mark.parametrize("typed", ["0.01", "-5", "1000000000000", "1e3", "50\x00", "￥50", "50,5", ""])
def test_case_73_a_hostile_amount_gets_a_sentence(client: FlaskClient, fill: Fill, look_up: LookUp, typed: str) -> None:
    answer = client.post("/give", data=fill(amount="other", other_amount=typed, currency="jpy"))
    assert answer.status_code == 422
    assert 'id="amount-error"' in answer.text
    assert attempts(look_up) == []


def test_a_form_of_another_site_opens_no_page(client: FlaskClient, pages: BreakablePages, fill: Fill) -> None:
    answer = client.post("/give", data=fill(), headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, pages.calls) == (403, [])


@pytest.mark.parametrize(
    ("fault", "status", "said", "keeps_token"),
    [
        (Unavailable("away"), 503, "The payment page does not answer", True),
        (BadInput("no such thing"), 422, "The payment service did not take this", False),
    ],
)
def test_a_processor_that_is_away_or_refuses_costs_nobody_what_they_typed(
    client: FlaskClient,
    pages: BreakablePages,
    fill: Fill,
    fault: Exception,
    status: int,
    said: str,
    *,
    keeps_token: bool,
) -> None:
    form = fill(**EXPENSIVE)
    pages.fault = fault
    answer = client.post("/give", data=form)
    page = unescape(answer.text)
    assert (answer.status_code, said in page, form["token"] in page) == (status, True, keeps_token)
    assert 'value="Лев & Co"' in page
    assert "no such thing" not in page
    assert ("Retry-After" in answer.headers) is (status == 503)


def test_case_71_after_a_lost_answer_the_same_button_leads_to_the_one_page(
    client: FlaskClient, pages: BreakablePages, fill: Fill, look_up: LookUp
) -> None:
    form = fill()
    pages.fault, pages.loses_answer = Unavailable("no answer in time"), True
    page = client.post("/give", data=form).text
    pages.fault = None
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    assert client.post("/give", data={**form, "token": token[1]}).headers["Location"] == "https://pay.test/0"
    assert len(pages.orders) == len(attempts(look_up)) == 1


def test_when_our_own_records_are_away_the_page_itself_keeps_the_form(
    client: FlaskClient, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("connection refused"))

    form = fill(ask="abc", **EXPENSIVE)
    with monkeypatch.context() as patch:
        patch.setattr("service.web.transaction.transaction", away)
        answer = client.post("/give", data=form)
    page = unescape(answer.text)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    for name in ("token", "name", "address", "amount", "tribute_name", "employer", "ask"):
        assert f'<input type="hidden" name="{name}" value="{form[name]}">' in page
    assert "connection refused" not in page


def test_records_that_break_off_after_the_page_was_made_are_no_crash(
    client: FlaskClient, pages: BreakablePages, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = fill()

    def breaks_off(*_: object) -> None:
        raise OperationalError("update", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patch:
        patch.setattr(checkout, "_note_page", breaks_off)
        assert client.post("/give", data=form).status_code == 503
    assert client.post("/give", data=form).headers["Location"] == "https://pay.test/0"
    assert len(pages.orders) == 1


@pytest.mark.parametrize(
    ("age", "said", "keeps_token"),
    [(timedelta(0), "came back faster than people type", True), (timedelta(hours=25), "had grown old", False)],
)
def test_a_form_too_young_or_too_old_asks_for_one_more_press(
    client: FlaskClient, services: Services, look_up: LookUp, age: timedelta, said: str, *, keeps_token: bool
) -> None:
    form = fill_form(services.signer, made_at=now() - age)
    answer = client.post("/give", data=form)
    assert (answer.status_code, said in answer.text, form["token"] in answer.text) == (409, True, keeps_token)
    assert attempts(look_up) == []


def test_too_many_forms_from_one_address_get_a_clear_page(
    client: FlaskClient, pages: BreakablePages, fill: Fill
) -> None:
    answers = [client.post("/give", data=fill(amount=str(5000 + each))) for each in range(MOST_PER_ADDRESS + 1)]
    assert [answer.status_code for answer in answers] == [303] * MOST_PER_ADDRESS + [429]
    assert "Please try again in an hour" in answers[-1].text
    assert f'value="{GIVER}"' in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "3600"
    assert len(pages.calls) == MOST_PER_ADDRESS


def decline_many(open_transaction: OpenTransaction) -> None:
    """Let as many cards be declined as close the door."""
    with open_transaction() as session:
        session.add_all(
            OutsideEvent(provider=Provider.STRIPE, event_id=f"evt_{each}", type=DECLINED, payload={}, occurred_at=now())
            for each in range(MOST_DECLINES)
        )


def test_case_74_the_flooded_form_closes_alarms_and_stays_open_for_links_from_mail(
    client: FlaskClient, pages: BreakablePages, fill: Fill, open_transaction: OpenTransaction, look_up: LookUp,
    services: Services,
) -> None:  # fmt: skip
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session, "crossings")).id
    decline_many(open_transaction)
    ask = services.signer.sign(Purpose.ASK, issue_id, 4)
    assert "Closed for a quarter of an hour" in client.get("/give").text
    refused = client.post("/give", data=fill(**EXPENSIVE))
    assert (refused.status_code, "Лев &amp; Co" in refused.text, pages.calls) == (503, True, [])
    assert [alarm.key for alarm in look_up(list_standing_alarms)] == ["giving:flood"]
    assert f'name="ask" value="{ask}"' in client.get(f"/give?ask={ask}").text
    assert client.post("/give", data=fill(ask=ask)).status_code == 303
    assert [(each.issue_id, each.item_id) for each in attempts(look_up)] == [(issue_id, 4)]
    forged = services.signer.sign(Purpose.VIEW, issue_id, 4)
    assert client.post("/give", data=fill(ask=forged)).status_code == 503


def test_paused_giving_says_why_in_a_kind_page(
    client: FlaskClient, pages: BreakablePages, fill: Fill, open_transaction: OpenTransaction
) -> None:
    change(open_transaction, Organisation, giving_paused_at=now(), giving_pause_reason="We are moving house until May.")
    shown = client.get("/give")
    assert (shown.status_code, "We are moving house until May." in shown.text) == (200, True)
    answer = client.post("/give", data=fill(**EXPENSIVE))
    assert (answer.status_code, "Лев &amp; Co" in answer.text, pages.calls) == (503, True, [])


def test_without_a_fund_an_organisation_or_a_processor_the_page_says_that_gifts_are_not_taken_yet(
    services: Services, client: FlaskClient, fill: Fill, open_transaction: OpenTransaction
) -> None:
    bare = create_app(replace(services, gateway=None)).test_client()
    assert "Gifts can’t be taken here yet" in bare.get("/give").text
    assert bare.post("/give", data=fill()).status_code == 503
    change(open_transaction, Fund, is_open=False)
    assert "Gifts can’t be taken here yet" in client.get("/give").text
    assert client.post("/give", data=fill()).status_code == 503
    with open_transaction() as session:
        session.delete(session.get_one(Organisation, 1))
    for path in ("/give", "/give/thanks", "/give/back"):
        assert client.get(path).status_code == 200


class Riddle:
    """A challenge with one right answer."""

    field = "riddle"
    widget = '<p id="riddle">What is six times seven?</p>'

    def passes(self, answer: str, remote_address: str) -> bool:
        """Return whether it is the right one."""
        return (answer, remote_address) == ("42", "127.0.0.1")


def test_a_challenge_that_is_set_up_stands_before_every_page(
    app: Flask, client: FlaskClient, pages: BreakablePages, fill: Fill
) -> None:
    app.extensions["gift_challenge"] = Riddle()
    assert Riddle.widget in client.get("/give").text
    assert (client.post("/give", data=fill()).status_code, pages.calls) == (422, [])
    assert client.post("/give", data=fill(riddle="42")).status_code == 303


# --- Coming back ---


@pytest.fixture
def given(house: None, client: FlaskClient, fill: Fill, look_up: LookUp) -> Attempt:  # noqa: ARG001 - it must be there
    """A form that was sent from this client's browser."""
    answer = client.post("/give", data=fill(lang="en"))
    assert answer.status_code == 303, answer.text
    return attempts(look_up)[0]


def settle(open_transaction: OpenTransaction, attempt: Attempt, state: DonationState) -> None:
    """Let the payment of ``attempt`` have reached ``state``."""
    with open_transaction() as session:
        donor = make_donor(session, GIVER, "Ada Giver")
        fund = session.get_one(Fund, attempt.fund_id)
        make_donation(session, donor, fund, state=state).attempt_id = attempt.id


THANKS = "/give/thanks?session_id=cs_test_0"


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


def test_looking_changes_no_row(client: FlaskClient, given: Attempt, look_up: LookUp) -> None:
    assert given.state is AttemptState.OPEN
    for path in ("/give", "/give/general", THANKS, "/give/back?fund=general", "/give?again=1"):
        client.get(path)
    (after,) = attempts(look_up)
    assert (after.state, after.tries, after.finished_at) == (AttemptState.OPEN, 0, None)
    assert look_up(lambda session: session.scalar(select(func.count()).select_from(Donation))) == 0
