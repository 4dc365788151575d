"""Sending the gift form: one form is one gift, and nothing typed is lost whatever is wrong or away."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from service.clock import now
from service.donations import checkout
from service.donations.states import Frequency
from service.errors import BadInput, Unavailable
from service.tokens import Purpose
from service.wiring import Services
from tests.donations.forms import GIVER, BreakablePages, fill_form
from tests.web.conftest import LookUp
from tests.web.give.reading import EXPENSIVE, Fill, attempts


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
    [
        # Shown by a host whose clock is before ours: a slow machine takes two seconds by itself.
        (timedelta(minutes=-1), "came back faster than people type", True),
        (timedelta(hours=25), "had grown old", False),
    ],
)
def test_a_form_too_young_or_too_old_asks_for_one_more_press(
    client: FlaskClient, services: Services, look_up: LookUp, age: timedelta, said: str, *, keeps_token: bool
) -> None:
    form = fill_form(services.signer, made_at=now() - age)
    answer = client.post("/give", data=form)
    assert (answer.status_code, said in answer.text, form["token"] in answer.text) == (409, True, keeps_token)
    assert attempts(look_up) == []
