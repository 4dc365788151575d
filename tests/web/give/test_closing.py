"""When the gift form is closed, by limits, by a flood, by staff or for want of a processor, and how it says so."""

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from service.alarms.raising import list_standing_alarms
from service.clock import now
from service.donations.defence import DECLINED, MOST_DECLINES, MOST_PER_ADDRESS
from service.donations.models import Fund
from service.inbox.models import OutsideEvent, Provider
from service.organisation.models import Organisation
from service.tokens import Purpose
from service.web.app import create_app
from service.wiring import Services
from tests.donations.forms import GIVER, BreakablePages
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.give.reading import EXPENSIVE, Fill, attempts, change


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
