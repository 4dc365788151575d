"""All that is known of a person: handed over as one file, and erased, by their own link and by nothing else."""

import json
from datetime import UTC, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import find_standing
from service.subscribers.suppression_models import SuppressionReason
from tests.factories.giving import make_donation, make_donor, make_fund
from tests.factories.readers import make_sign_up
from tests.fixtures.services import OpenTransaction
from tests.privacy.looking import list_places
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, Publication

WISHED = "jane.new@example.com"  # where the publication's reader wishes to be written to
ANSWER = "Bell founder in Reykjavík"
NAME = "Jane Quillfeather"


@pytest.fixture
def link(publication: Publication, open_transaction: OpenTransaction) -> str:
    """ACTIVE's own link; they have signed up before and have answered something."""
    with open_transaction() as session:
        person = session.get_one(Subscriber, publication.subscriber_id)
        person.fields, person.name = {"profession": ANSWER}, NAME
        tie = session.get_one(Subscription, publication.subscriptions[ACTIVE])
        make_sign_up(session, ACTIVE, tie.newsletter_id).fields = {"profession": ANSWER}
    return f"/yours/{publication.self_service_token}"


def list_traces(session: Session) -> list[str]:
    """Return each column that still names the reader."""
    words = (ACTIVE, "jane.reader", NAME, WISHED, ANSWER)
    return [place for word in words for place in list_places(session, word)]


def test_the_file_tells_all_and_is_kept_by_no_cache(
    client: FlaskClient, link: str, look_up: LookUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.own_data.now", lambda: datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    before = look_up(lambda session: session.scalar(select(func.count()).select_from(ConsentEvent)))
    answer = client.get(f"{link}/data.json")
    told = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="own-data-2026-12-31.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert (told["person"]["address"], told["person"]["fields"]) == (ACTIVE, {"profession": ANSWER})
    assert told["sign_ups"][0]["fields"] == {"profession": ANSWER}
    assert "Reykjavík" in answer.text  # in its own script, for a person may look too
    assert GONE not in json.dumps(told)
    assert look_up(lambda session: session.scalar(select(func.count()).select_from(ConsentEvent))) == before


def test_looking_at_the_page_before_an_erasure_erases_nothing(client: FlaskClient, link: str, look_up: LookUp) -> None:
    page = unescape(client.get(f"{link}/erase").text)
    assert "Erase all that we know of you?" in page
    assert f'<bdi class="address">{ACTIVE}</bdi>' in page
    assert "A fingerprint of your address" in page
    assert "our books" not in page  # who gave nothing is not told of gifts
    assert look_up(list_traces) != []


def test_one_press_leaves_no_word_of_the_person_in_the_whole_database(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    assert {place.partition(".")[0] for place in look_up(list_traces)} >= {
        *("subscribers", "deliveries", "sign_ups", "address_changes")
    }
    client.post("/yours", data={"address": ACTIVE})  # a letter is there too
    answer = client.post(f"{link}/erase")
    assert answer.status_code == 200
    assert "Your data is erased" in answer.text
    assert look_up(list_traces) == []
    tie = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]))
    assert tie.state is SubscriptionState.UNSUBSCRIBED
    standing = look_up(lambda session: find_standing(session, ACTIVE))
    assert (standing.address_key, standing.reason) == (None, SuppressionReason.ERASED)


def test_the_erasure_is_proven_by_the_words_on_the_button(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Subscriber, publication.subscriber_id).language = "fr"
    page = unescape(client.get(f"{link}/erase").text)
    client.post(f"{link}/erase")
    proof = look_up(lambda session: session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first())
    assert (proof.event, proof.source) == (SubscriptionEvent.ERASE, ConsentSource.PREFERENCES_PAGE)
    assert f'<button class="button button--danger">{proof.wording}</button>' in page
    assert (proof.wording, proof.evidence, proof.account_id) == ("Oui, tout effacer", {}, None)


@pytest.mark.parametrize("page", ["", "/erase", "/data.json"])
def test_afterwards_the_link_knows_nobody(client: FlaskClient, link: str, page: str) -> None:
    client.post(f"{link}/erase")
    assert client.get(link + page).status_code == 404
    again = client.post(f"{link}/erase")
    assert (again.status_code, "We know nobody by this link any more." in again.text) == (404, True)


def test_a_link_to_leave_of_an_old_mail_takes_no_word_of_the_person_any_more(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    client.post(f"{link}/erase")
    leave = f"/unsubscribe/{publication.unsubscribe_token}"
    for path, said in (("", {"from": "page"}), ("/why", {"reason": "other", "note": f"I am {NAME}"})):
        assert client.post(leave + path, data=said).status_code == 200
    assert look_up(list_traces) == []


def test_gifts_stay_and_that_is_said_before_and_after(
    client: FlaskClient, link: str, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_donation(session, make_donor(session, ACTIVE, NAME), make_fund(session))
    pages = [client.get(f"{link}/erase").text, client.post(f"{link}/erase").text]
    assert ["the law asks us to keep our books" in page for page in pages] == [True, True]
    assert {place.partition(".")[0] for place in look_up(list_traces)} == {"donors"}


def test_while_a_mail_is_leaving_nothing_is_erased_and_the_button_stays(
    client: FlaskClient, link: str, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    def set_state(state: DeliveryState) -> None:
        with open_transaction() as session:
            session.scalars(select(Delivery)).one().state = state

    set_state(DeliveryState.SENDING)
    busy = client.post(f"{link}/erase")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "60")
    assert "nothing was erased yet" in busy.text
    assert "Yes, erase all of this" in busy.text
    assert look_up(list_traces) != []
    set_state(DeliveryState.SENT)
    assert client.post(f"{link}/erase").status_code == 200
    assert look_up(list_traces) == []


def test_the_letters_of_an_earlier_wish_lead_nowhere(client: FlaskClient, publication: Publication, link: str) -> None:
    assert client.get(f"/address/old/{publication.address_token}").status_code == 200
    client.post(f"{link}/erase")
    assert client.post(f"/address/old/{publication.address_token}").status_code == 404
