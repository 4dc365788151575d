"""Coming in: the same answer for everybody, a link that works once, and a visit that ends."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Executable, delete, func, select, update

from service.donations.models import Donor
from service.donations.signin import DonorSignIn
from service.jobs import Job
from service.mail.models import Letter, LetterKind
from service.settings import Environment
from service.tokens import Purpose
from service.web.app import create_app
from service.wiring import Services
from tests.factories.giving import make_donor
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.fixtures.smtp import SmtpSink
from tests.web.conftest import LookUp
from tests.web.giving.conftest import GRACE, Donors
from tests.web.giving.visiting import make_link

UNKNOWN = "nobody@example.org"
OWN_PAGES = (
    "/giving/recurring/1",
    "/giving/recurring/1/stop",
    "/giving/receipts/1.pdf",
    "/giving/statements/1.pdf",
    "/giving/gifts.csv",
)
OWN_FORMS = ("amount", "date", "pause", "resume", "stop", "card")


@pytest.fixture
def donor_id(open_transaction: OpenTransaction) -> int:
    """A donor without gifts."""
    with open_transaction() as session:
        return make_donor(session, GRACE).id


@pytest.fixture
def token(open_transaction: OpenTransaction, services: Services, donor_id: int) -> str:
    """A fresh link to the donor."""
    with open_transaction() as session:
        return make_link(session, services.signer, donor_id)


@pytest.mark.usefixtures("donor_id")
def test_known_and_unknown_addresses_have_the_same_answer(client: FlaskClient, look_up: LookUp) -> None:
    known = client.post("/giving", data={"address": GRACE})
    unknown = client.post("/giving", data={"address": UNKNOWN})
    assert known.status_code == 200
    assert (known.data, list(known.headers)) == (unknown.data, list(unknown.headers))
    assert "Set-Cookie" not in known.headers
    letters = look_up(lambda session: session.scalars(select(Letter)).all())
    assert [(letter.kind, letter.recipient) for letter in letters] == [(LetterKind.DONOR_SIGN_IN, GRACE)]


@pytest.mark.usefixtures("donors")
def test_the_letter_leads_all_the_way_to_the_gifts(
    client: FlaskClient, services: Services, smtp_sink: SmtpSink, published_jobs: PublishedJobs
) -> None:
    client.post("/giving", data={"address": GRACE})
    ((letter_id,),) = published_jobs.of(Job.DELIVER_LETTER)
    services.letter_sender.deliver(letter_id)
    (mail,) = smtp_sink.messages
    path = mail.text.split(services.settings.public_url)[1].split()[0]
    assert path.startswith("/giving/enter/")
    assert "Open my gifts" in client.get(path).text
    assert GRACE in client.post(path, follow_redirects=True).text


@pytest.mark.usefixtures("donor_id")
def test_too_many_requests_have_the_same_answer_too(client: FlaskClient, look_up: LookUp) -> None:
    answers = [client.post("/giving", data={"address": GRACE}) for _ in range(5)]
    assert len({(answer.status_code, answer.data) for answer in answers}) == 1
    assert look_up(lambda session: session.scalars(select(func.count()).select_from(Letter)).one()) == 3


def test_what_is_no_address_is_sent_back_with_what_was_typed(client: FlaskClient) -> None:
    answer = client.post("/giving", data={"address": "grace at example"})
    assert answer.status_code == 422
    assert 'value="grace at example"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_at_a_link_uses_nothing_up(client: FlaskClient, token: str, look_up: LookUp, method: str) -> None:
    for _ in range(3):
        answer = client.open(f"/giving/enter/{token}", method=method.upper())
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert look_up(lambda session: session.scalars(select(DonorSignIn.used_at)).one()) is None
    assert client.post(f"/giving/enter/{token}").status_code == 303


def test_the_button_opens_the_gifts_and_the_link_is_used_up(app: Flask, token: str) -> None:
    browser = app.test_client()
    answer = browser.post(f"/giving/enter/{token}")
    assert (answer.status_code, answer.location) == (303, "/giving")
    assert app.test_client().post(f"/giving/enter/{token}").status_code == 410
    assert app.test_client().get(f"/giving/enter/{token}").status_code == 410


@pytest.mark.usefixtures("donors")
def test_twenty_presses_at_once_let_one_browser_in(
    app: Flask, services: Services, open_transaction: OpenTransaction, donors: Donors
) -> None:
    with open_transaction() as session:
        token = make_link(session, services.signer, donors.grace.donor_id)
    barrier, statuses = threading.Barrier(20), []

    def press() -> None:
        barrier.wait()
        statuses.append(app.test_client().post(f"/giving/enter/{token}").status_code)

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [410] * 19


def test_used_old_damaged_and_forged_links_show_the_same_page(
    app: Flask, services: Services, open_transaction: OpenTransaction, donor_id: int
) -> None:
    with open_transaction() as session:
        used = make_link(session, services.signer, donor_id)
        old = make_link(session, services.signer, donor_id, age=timedelta(minutes=16))
        good = make_link(session, services.signer, donor_id)
    come_in_quietly(app, used)
    signer = services.signer
    never = signer.sign(Purpose.DONOR_SIGN_IN, 10**15)
    others = [signer.sign(other, 3) for other in Purpose if other is not Purpose.DONOR_SIGN_IN]
    links = [used, old, never, good[:-1], good[1:], good.swapcase(), "x", "…", *others]
    for ask in (app.test_client().get, app.test_client().post):
        answers = [ask(f"/giving/enter/{link}") for link in links]
        assert {answer.status_code for answer in answers} == {410}
        assert len({answer.data for answer in answers}) == 1
        assert all("Set-Cookie" not in answer.headers for answer in answers)
        assert 'href="/giving"' in answers[0].text


def come_in_quietly(app: Flask, token: str) -> None:
    """Use a link up without looking at what it opens."""
    assert app.test_client().post(f"/giving/enter/{token}").status_code == 303


def test_the_cookie_is_of_its_own_and_out_of_reach(app: Flask, token: str) -> None:
    cookie = app.test_client().post(f"/giving/enter/{token}").headers["Set-Cookie"]
    name, _, value = cookie.partition(";")[0].partition("=")
    assert name == "postrider-giving"
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600"} <= set(cookie.split("; "))
    assert GRACE not in value


def test_in_production_the_cookie_keeps_to_https(
    services: Services, open_transaction: OpenTransaction, donor_id: int
) -> None:
    settings = replace(services.settings, environment=Environment.PRODUCTION, public_url="https://letters.test")
    production = create_app(replace(services, settings=settings))
    with open_transaction() as session:
        token = make_link(session, services.signer, donor_id)
    cookie = production.test_client().post(f"/giving/enter/{token}").headers["Set-Cookie"]
    assert cookie.startswith("__Host-postrider-giving=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_stranger_is_led_to_the_field_for_an_address(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (302, "/giving")


@pytest.mark.parametrize("form", OWN_FORMS)
def test_a_form_that_comes_after_the_visit_does_nothing_and_says_so(client: FlaskClient, form: str) -> None:
    answer = client.post(f"/giving/recurring/1/{form}", data={"amount": "40"})
    assert answer.status_code == 401
    assert "Your visit has ended, so nothing was changed." in answer.text


ENDS: dict[str, Executable] = {
    "it is an hour old": update(DonorSignIn).values(visit_ends_at=func.now()),
    "its row is gone": delete(DonorSignIn),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_a_visit_ends_on_the_server(
    grace: FlaskClient, open_transaction: OpenTransaction, donors: Donors, end: Executable
) -> None:
    own = f"/giving/recurring/{donors.grace.recurring_id}"
    assert grace.get(own).status_code == 200
    with open_transaction() as session:
        session.execute(end)
    assert grace.get(own).status_code == 302
    assert "Send me a link" in grace.get("/giving").text


def test_signing_out_ends_the_visit_in_every_browser(app: Flask, grace: FlaskClient) -> None:
    copy = app.test_client()
    cookie = grace.get_cookie("postrider-giving")
    assert cookie is not None
    copy.set_cookie("postrider-giving", cookie.value)
    assert "Sign out" in copy.get("/giving").text
    for _ in range(2):
        assert grace.post("/giving/leave").status_code == 303
    assert grace.get_cookie("postrider-giving") is None
    assert "Send me a link" in copy.get("/giving").text


def test_a_forged_or_foreign_cookie_opens_nothing(app: Flask, services: Services, donors: Donors) -> None:
    assert donors.grace.donor_id
    for value in (
        "x",
        "1",
        services.signer.sign(Purpose.DONOR_SIGN_IN, 1),
        services.signer.sign(Purpose.GIFT, 1),
        services.signer.sign(Purpose.DONOR_VISIT, 1),
        services.signer.sign(Purpose.DONOR_VISIT, 10**15),
    ):
        browser = app.test_client()
        browser.set_cookie("postrider-giving", value)
        assert "Send me a link" in browser.get("/giving").text


def test_a_donor_is_no_member_of_staff_and_staff_are_no_donors(
    app: Flask, grace: FlaskClient, publisher_account: int
) -> None:
    assert grace.get("/desk/").status_code == 302
    staff = app.test_client()
    with staff.session_transaction() as session:
        session.update(account=publisher_account, epoch=0)
    assert "Send me a link" in staff.get("/giving").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
def test_another_site_can_neither_sign_a_donor_in_nor_act_for_one(
    app: Flask,
    services: Services,
    open_transaction: OpenTransaction,
    donors: Donors,
    grace: FlaskClient,
    headers: dict[str, str],
    status: int,
) -> None:
    with open_transaction() as session:
        token = make_link(session, services.signer, donors.grace.donor_id)
    assert app.test_client().post(f"/giving/enter/{token}", headers=headers).status_code == status
    assert grace.post("/giving/leave", headers=headers).status_code == status


LANGUAGES = {
    "en": ("See and change your gifts", "Your gifts"),
    "ru": ("Посмотреть и изменить пожертвования", "Ваши пожертвования"),
    "zh": ("查看和更改您的捐款", "您的捐款"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_speak_the_language_of_who_reads(client: FlaskClient, language: str) -> None:
    page = client.get("/giving", headers={"Accept-Language": language})
    assert LANGUAGES[language][0] in page.text
    assert f'<html lang="{language}" dir="ltr">' in page.text
    assert LANGUAGES[language][0] in client.get(f"/giving?lang={language}", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_donors_own_language_comes_before_the_browsers(
    grace: FlaskClient, open_transaction: OpenTransaction, language: str
) -> None:
    with open_transaction() as session:
        session.execute(update(Donor).values(language=language))
    other = "en" if language == "ru" else "ru"
    page = grace.get("/giving", headers={"Accept-Language": other})
    assert f"<h1>{LANGUAGES[language][1]}</h1>" in page.text
