"""The gift form as it is shown: what a link sets, in which language, and where it may lead."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from service.donations.funds import add_fund
from service.donations.models import Attempt, Donation
from service.donations.states import AttemptState
from service.organisation.models import Organisation
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.give.reading import attempts, change, checked


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
    assert f'<html lang="{language}" dir="ltr">' in page
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


def test_pages_allow_the_processors_page_as_the_end_of_the_form_and_nothing_else(client: FlaskClient) -> None:
    policy = client.get("/give").headers["Content-Security-Policy"]
    assert "form-action 'self' https://pay.test;" in policy
    assert "form-action 'self';" in client.get("/").headers["Content-Security-Policy"]


HOSTILE = (
    "endpoint=1", "_method=POST", "_scheme=https&_external=", "_scheme=https", "_external=1", "_anchor=x", "values=x",
    "self=x", "fund=", "fund=none", "fund=a/b", "fund=//evil.example", "fund=%00", "amount=%00", "amount=" + "9" * 5000,
    "lang=", "session_id=x&_external=1&n=1", "again=&ask=", "ask=x&again=1&frequency=monthly&_external=1",
)  # fmt: skip


@pytest.mark.parametrize("path", ["/give", "/give/general", "/give/back", "/give/thanks"])
def test_whatever_stands_in_the_address_every_link_stays_our_own(client: FlaskClient, path: str) -> None:
    for query in HOSTILE:
        answer = client.get(f"{path}?{query}", headers={"Host": "evil.example"})
        assert answer.status_code == 200, query
        assert "evil.example" not in answer.text, query
        assert "#x" not in answer.text, query
        links = re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
        assert len(links) > 5
        assert [link for link in links if not re.match(r"/(?!/)|mailto:|#", link)] == [], query


def test_the_same_form_in_another_language_asks_for_the_same_gift(
    client: FlaskClient, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        add_fund(session, "travel", "Travel grants")
    asked = "amount=2500&frequency=monthly&ask=x&again=1"
    for address in (f"/give?{asked}&fund=travel", f"/give/travel?{asked}"):
        link = re.search(r'<a href="(/give[^"]*)" lang="ru"', client.get(f"{address}&utm_source=x&_anchor=x").text)
        assert link is not None
        assert unescape(link[1]) == f"/give/travel?{asked}&lang=ru"
        page = client.get(unescape(link[1])).text
        assert (checked(page, "amount"), checked(page, "frequency"), checked(page, "fund")) == (
            "2500", "monthly", "travel",
        )  # fmt: skip


def test_looking_changes_no_row(client: FlaskClient, given: Attempt, look_up: LookUp) -> None:
    assert given.state is AttemptState.OPEN
    for path in (
        "/give",
        "/give/general",
        "/give/thanks?session_id=cs_test_0",
        "/give/back?fund=general",
        "/give?again=1",
    ):
        client.get(path)
    (after,) = attempts(look_up)
    assert (after.state, after.tries, after.finished_at) == (AttemptState.OPEN, 0, None)
    assert look_up(lambda session: session.scalar(select(func.count()).select_from(Donation))) == 0
