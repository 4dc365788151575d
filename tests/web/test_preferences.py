"""A reader's choices by a link of any mail: what is mild and can be taken back, and nothing else."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.clock import now
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.states import ConsentSource, MailFrequency, SubscriptionEvent, SubscriptionState
from service.tokens import Purpose
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_reader
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, PENDING, READER_NAME, Publication


@pytest.fixture
def link(publication: Publication) -> str:
    """ACTIVE's own link."""
    return f"/preferences/{publication.preferences_token}"


def subscription_of(publication: Publication, look_up: LookUp, address: str = ACTIVE) -> Subscription:
    """A reader's subscription as it is now."""
    found: Subscription = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[address]))
    return found


def proofs(look_up: LookUp) -> list[ConsentEvent]:
    """Every proof in the database, oldest first."""
    found: list[ConsentEvent] = look_up(
        lambda session: session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()
    )
    return found


def link_of(publication: Publication, services: Services, look_up: LookUp, address: str) -> str:
    """The link to a reader's choices that no copy led to."""
    subscriber_id = subscription_of(publication, look_up, address).subscriber_id
    return f"/preferences/{services.signer.sign(Purpose.PREFERENCES, subscriber_id, 0)}"


def test_the_page_shows_what_comes_and_the_way_out_but_not_whose_it_is(
    client: FlaskClient, publication: Publication, link: str
) -> None:
    page = client.get(link).text
    assert '<h2 id="newsletter-1"><bdi lang="en">Crossings</bdi></h2>' in page
    assert f'href="/unsubscribe/{publication.unsubscribe_token}"' in page
    assert "j•••@example.org" in page
    assert ACTIVE not in page
    assert READER_NAME not in page


@pytest.mark.parametrize("address", [PENDING, GONE])
def test_only_what_really_comes_is_shown(
    client: FlaskClient, publication: Publication, services: Services, look_up: LookUp, address: str
) -> None:
    page = client.get(link_of(publication, services, look_up, address)).text
    assert "No newsletter of ours comes to" in page
    assert "Crossings" not in page


def test_a_house_of_many_newsletters_shows_each_that_comes(
    client: FlaskClient, publication: Publication, link: str, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        harbours = make_newsletter(session, "harbours", "Small Harbours")
        session.add(
            Subscription(
                subscriber_id=publication.subscriber_id, newsletter_id=harbours.id, state=SubscriptionState.ACTIVE
            )
        )
        make_newsletter(session, "deserts", "Wide Deserts")
    page = client.get(link).text
    assert "Crossings" in page
    assert "Small Harbours" in page
    assert "Wide Deserts" not in page


@pytest.mark.parametrize(
    ("days", "words"),
    [("30", "Nothing for a month"), ("91", "Nothing for three months"), ("182", "Nothing for half a year")],
)
def test_a_rest_lasts_to_the_day_that_was_chosen_and_is_proven_in_its_words(
    client: FlaskClient,
    publication: Publication,
    link: str,
    look_up: LookUp,
    monkeypatch: pytest.MonkeyPatch,
    days: str,
    words: str,
) -> None:
    present = now()
    monkeypatch.setattr("service.web.fewer.now", lambda: present)
    assert f'<option value="{days}">{words}</option>' in client.get(link).text
    answer = client.post(f"{link}/crossings/pause", data={"days": days})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}?done=pause")
    day = present.date() + timedelta(days=int(days))
    assert subscription_of(publication, look_up).paused_until == datetime.combine(day, time(), UTC)
    (proof,) = proofs(look_up)
    assert (proof.event, proof.source) == (SubscriptionEvent.PAUSE, ConsentSource.PREFERENCES_PAGE)
    assert (proof.wording, proof.evidence) == (words, {"delivery": publication.delivery_id})
    page = client.get(answer.headers["Location"]).text
    assert "The pause has begun." in page
    assert f'<time datetime="{day}">' in page


def test_a_rest_can_be_ended_from_the_same_link(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    client.post(f"{link}/crossings/pause", data={"days": "30"})
    answer = client.post(f"{link}/crossings/resume")
    assert answer.headers["Location"] == f"{link}?done=resume"
    assert subscription_of(publication, look_up).paused_until is None
    assert proofs(look_up)[-1].wording == "End the pause"
    assert "Nothing comes before" not in client.get(link).text


def test_a_rest_that_is_over_is_no_longer_spoken_of(
    client: FlaskClient, publication: Publication, link: str, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        subscription = session.get_one(Subscription, publication.subscriptions[ACTIVE])
        subscription.paused_until = now() - timedelta(minutes=1)
    assert "Nothing comes before" not in client.get(link).text


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        (MailFrequency.MONTHLY, "At most one issue a month"),
        (MailFrequency.QUARTERLY, "At most one issue in three months"),
    ],
)
def test_fewer_mails_are_a_choice_that_can_be_taken_back(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp, frequency: MailFrequency, words: str
) -> None:
    client.post(f"{link}/crossings/frequency", data={"frequency": frequency})
    assert subscription_of(publication, look_up).frequency is frequency
    assert f'<option value="{frequency}" selected>{words}</option>' in client.get(link).text
    client.post(f"{link}/crossings/frequency", data={"frequency": MailFrequency.EVERY})
    assert subscription_of(publication, look_up).frequency is MailFrequency.EVERY
    assert [proof.wording for proof in proofs(look_up)] == [words, "Every issue"]


def test_another_language_is_spoken_from_the_next_page_on(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    answer = client.post(f"{link}/language", data={"language": "de", "lang": "fr"})
    assert answer.headers["Location"] == f"{link}?done=language"
    assert look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).language) == "de"
    assert '<html lang="de" dir="ltr">' in client.get(answer.headers["Location"]).text


def test_a_choice_is_proven_in_the_language_in_which_it_was_shown(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Subscriber, publication.subscriber_id).language = "ru"
    page = client.get(link).text
    client.post(f"{link}/crossings/pause", data={"days": "30"}, headers={"Accept-Language": "zh"})
    (proof,) = proofs(look_up)
    assert f'<option value="30">{proof.wording}</option>' in page


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("language", {"language": "tlh"}),
        ("language", {}),
        ("crossings/pause", {"days": "3650"}),
        ("crossings/pause", {"days": "３０"}),
        ("crossings/pause", {}),
        ("crossings/frequency", {"frequency": "hourly"}),
        ("crossings/frequency", {}),
    ],
)
def test_what_is_not_in_the_list_changes_nothing(
    client: FlaskClient, link: str, look_up: LookUp, form: str, data: dict[str, str]
) -> None:
    answer = client.post(f"{link}/{form}", data=data)
    assert answer.status_code == 422
    assert "Please choose one of the" in answer.text
    assert proofs(look_up) == []


@pytest.mark.parametrize("form", ["pause", "resume", "frequency"])
@pytest.mark.parametrize("slug", ["harbours", "none"])
def test_a_newsletter_that_the_person_never_asked_for_is_not_found(
    client: FlaskClient, link: str, open_transaction: OpenTransaction, form: str, slug: str
) -> None:
    with open_transaction() as session:
        make_reader(session, make_newsletter(session, "harbours").id, "other@example.org")
    data = {"days": "30", "frequency": "monthly"}
    assert client.post(f"{link}/{slug}/{form}", data=data).status_code == 404


@pytest.mark.parametrize(("address", "form"), [(GONE, "pause"), (GONE, "frequency"), (PENDING, "pause")])
def test_who_does_not_get_it_has_nothing_to_slow_down(
    client: FlaskClient, publication: Publication, services: Services, look_up: LookUp, address: str, form: str
) -> None:
    own = link_of(publication, services, look_up, address)
    assert client.post(f"{own}/crossings/{form}", data={"days": "30", "frequency": "monthly"}).status_code == 409
    assert proofs(look_up) == []


@pytest.mark.parametrize("form", ["language", "crossings/pause", "crossings/resume", "crossings/frequency"])
def test_another_site_chooses_nothing_in_somebodys_name(
    client: FlaskClient, link: str, look_up: LookUp, form: str
) -> None:
    data: dict[str, Any] = {"days": "30", "frequency": "monthly", "language": "de"}
    answer = client.post(f"{link}/{form}", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert proofs(look_up) == []


def test_an_erased_persons_link_leads_to_nobody(
    client: FlaskClient, publication: Publication, link: str, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Subscriber, publication.subscriber_id).erased_at = now()
    assert client.get(link).status_code == 404
    assert client.post(f"{link}/language", data={"language": "de"}).status_code == 404
