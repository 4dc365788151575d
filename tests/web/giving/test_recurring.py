"""The forms of a standing arrangement: only those that its state allows, each with its answer, over the test Stripe."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from service.clock import now
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.donations.models import RecurringChange, RecurringDonation
from service.donations.states import RecurringState
from service.mail.models import Letter, LetterKind
from service.wiring import Services
from tests.donations.arrangements import find_donor_id, read_recurring, start_recurring
from tests.web.conftest import LookUp
from tests.web.giving.conftest import Donors
from tests.web.giving.visiting import come_in, make_link

FORMS = ("amount", "date", "pause", "resume", "stop", "card")
OFFERED = {
    RecurringState.INCOMPLETE: {"stop"},
    RecurringState.ACTIVE: {"amount", "date", "pause", "stop", "card"},
    RecurringState.PAST_DUE: {"amount", "stop", "card"},
    RecurringState.PAUSED: {"amount", "resume", "stop", "card"},
    RecurringState.ENDED: set(),
}
FILLED: dict[str, Callable[[], dict[str, str]]] = {
    "amount": lambda: {"amount": "40"},
    "date": lambda: {"day": f"{now() + timedelta(days=10):%Y-%m-%d}"},
    "pause": lambda: {"months": "1"},
    "stop": dict,
}
SAID = {
    "amount": "The amount is changed.",
    "date": "The date is moved.",
    "pause": "Your gift is paused.",
    "resume": "Your gift goes on.",
    "stop": "nothing more will be charged",
}


@pytest.mark.parametrize("state", RecurringState)
def test_a_page_offers_exactly_what_its_state_allows(
    grace: FlaskClient, donors: Donors, look_up: LookUp, state: RecurringState
) -> None:
    look_up(lambda session: session.execute(update(RecurringDonation).values(state=state)))
    own = f"/giving/recurring/{donors.grace.recurring_id}"
    page = grace.get(own).text
    offered = set(re.findall(rf'(?:action|href)="{own}/(\w+)"', page))
    assert offered == OFFERED[state]


REFUSED = [(state, form) for state in RecurringState for form in SAID if form not in OFFERED[state]]


@pytest.mark.parametrize(("state", "form"), REFUSED)
def test_a_form_that_the_state_does_not_allow_changes_nothing(
    grace: FlaskClient, donors: Donors, look_up: LookUp, state: RecurringState, form: str
) -> None:
    look_up(lambda session: session.execute(update(RecurringDonation).values(state=state)))
    filled = FILLED.get(form, dict)()
    answer = grace.post(f"/giving/recurring/{donors.grace.recurring_id}/{form}", data=filled)
    if form == "stop":  # stopping what has stopped is as good as done
        assert (answer.status_code, answer.location[-9:]) == (303, "?same=yes")
    else:
        assert answer.status_code == 422
        assert "can’t be done with this gift as it stands now" in answer.text
    assert look_up(lambda session: session.scalars(select(func.count()).select_from(RecurringChange)).one()) == 0


@pytest.fixture
def arrangement(services: Services, fake_stripe: FakeStripe) -> int:
    """A monthly gift that is real at the test Stripe."""
    return start_recurring(services, fake_stripe)


@pytest.fixture
def browser_of_giver(app: Flask, services: Services, arrangement: int) -> FlaskClient:
    """The giver's browser, signed in."""
    assert arrangement
    with transaction(services.factory) as session:
        return_token = make_link(session, services.signer, find_donor_id(services))
    return come_in(app, return_token)


def nonce_of(page: str, form: str) -> str:
    """Return the word by which a form is known again."""
    found = re.search(rf'name="nonce" value="([^"]+-{form})"', page)
    assert found is not None, form
    return found[1]


@pytest.mark.parametrize("form", FILLED)
def test_every_form_does_what_it_says_and_says_so(browser_of_giver: FlaskClient, arrangement: int, form: str) -> None:
    own = f"/giving/recurring/{arrangement}"
    page = browser_of_giver.get(f"{own}/stop" if form == "stop" else own).text
    answer = browser_of_giver.post(f"{own}/{form}", data={**FILLED[form](), "nonce": nonce_of(page, form)})
    assert answer.status_code == 303
    assert urlsplit(answer.location).path == own
    assert SAID[form] in browser_of_giver.get(answer.location).text
    assert browser_of_giver.get(answer.location).text.count(SAID[form]) == 1


def test_a_paused_gift_goes_on_from_its_page(browser_of_giver: FlaskClient, arrangement: int) -> None:
    own = f"/giving/recurring/{arrangement}"
    browser_of_giver.post(f"{own}/pause", data={"months": "2"})
    assert f'action="{own}/resume"' in browser_of_giver.get(own).text
    done = browser_of_giver.post(f"{own}/resume", follow_redirects=True)
    assert SAID["resume"] in done.text
    assert f'action="{own}/pause"' in done.text


def test_a_form_sent_twice_is_done_once(
    services: Services, browser_of_giver: FlaskClient, arrangement: int, look_up: LookUp
) -> None:
    own = f"/giving/recurring/{arrangement}"
    filled = {"months": "1", "nonce": nonce_of(browser_of_giver.get(own).text, "pause")}
    first, second = (browser_of_giver.post(f"{own}/pause", data=filled) for _ in range(2))
    assert first.location == second.location
    changed = select(func.count()).where(Letter.kind == LetterKind.RECURRING_CHANGED)
    assert look_up(lambda session: session.scalars(changed).one()) == 1
    assert read_recurring(services, arrangement).state is RecurringState.PAUSED


@pytest.mark.parametrize("nonce", ["", "x", "\x00" * 20, "a" * 65, "../../../../../../..", "１" * 20])
def test_an_odd_nonce_harms_nobody(browser_of_giver: FlaskClient, arrangement: int, nonce: str) -> None:
    answer = browser_of_giver.post(f"/giving/recurring/{arrangement}/amount", data={"amount": "40", "nonce": nonce})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("form", "filled", "sentence"),
    [
        ("amount", {"amount": "1"}, "The smallest gift is $5."),
        ("amount", {"amount": "99999999"}, "The largest gift is $25,000."),
        ("amount", {"amount": "forty"}, "Please write the amount in digits"),
        ("date", {"day": "2020-01-01"}, "Please choose a day from"),
        ("date", {"day": "x"}, "Please choose a day, such as"),
        ("pause", {"months": "12"}, "Please choose one, two or three months."),
    ],
)
def test_what_will_not_do_is_said_at_its_field_and_kept(
    grace: FlaskClient, donors: Donors, form: str, filled: dict[str, str], sentence: str
) -> None:
    answer = grace.post(f"/giving/recurring/{donors.grace.recurring_id}/{form}", data=filled)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert answer.text.count("field__error") == 1
    if form != "pause":
        assert f'value="{next(iter(filled.values()))}"' in answer.text


@pytest.mark.parametrize("form", [*FILLED, "card"])
def test_a_processor_that_is_away_costs_nothing_and_the_same_button_works_later(
    fake_stripe: FakeStripe, browser_of_giver: FlaskClient, arrangement: int, form: str
) -> None:
    own = f"/giving/recurring/{arrangement}"
    fake_stripe.fail_next(99, "cut")
    filled = FILLED.get(form, dict)()
    away = browser_of_giver.post(f"{own}/{form}", data=filled)
    assert away.status_code == 503
    assert "Our payment service does not answer at this moment." in away.text
    assert ("Your wish is kept" in away.text) == (form != "card")
    fake_stripe.faults.clear()
    assert browser_of_giver.post(f"{own}/{form}", data=filled).status_code == 303


def test_without_a_processor_nothing_can_be_changed_yet_all_is_seen(grace: FlaskClient, donors: Donors) -> None:
    own = f"/giving/recurring/{donors.grace.recurring_id}"
    assert grace.get(own).status_code == 200
    assert grace.post(f"{own}/stop").status_code == 503


def test_the_card_is_changed_at_the_processor_and_the_form_may_lead_there(
    services: Services, fake_stripe: FakeStripe, browser_of_giver: FlaskClient, arrangement: int
) -> None:
    own = f"/giving/recurring/{arrangement}"
    policy = browser_of_giver.get(own).headers["Content-Security-Policy"]
    assert f"form-action 'self' {fake_stripe.url};" in policy
    answer = browser_of_giver.post(f"{own}/card")
    assert answer.status_code == 303
    assert answer.location.startswith(f"{fake_stripe.url}/")
    back = [page["return_url"] for page in fake_stripe.list_objects("billing_portal.session")]
    assert back == [f"{services.settings.public_url}{own}"]


def test_a_page_shows_only_the_changes_of_its_own_arrangement(
    services: Services, fake_stripe: FakeStripe, browser_of_giver: FlaskClient, arrangement: int
) -> None:
    other = start_recurring(services, fake_stripe, address="boris.giver@example.org")
    with transaction(services.factory) as session:
        session.add(RecurringChange(recurring_id=other, kind="stop", state="done"))
    for change in ("1", "0", "x", str(2**70), "-1"):
        assert "notices" not in browser_of_giver.get(f"/giving/recurring/{arrangement}?change={change}").text


def test_looking_changes_nothing(browser_of_giver: FlaskClient, arrangement: int, look_up: LookUp) -> None:
    before = look_up(lambda session: session.get_one(RecurringDonation, arrangement).changed_at)
    for path in ("", f"/recurring/{arrangement}", f"/recurring/{arrangement}/stop", "/gifts.csv"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert browser_of_giver.open(f"/giving{path}", method=method).status_code == 200
    assert look_up(lambda session: session.scalars(select(RecurringChange)).all()) == []
    assert look_up(lambda session: session.get_one(RecurringDonation, arrangement).changed_at) == before
    for form in FORMS:
        if form != "stop":
            assert browser_of_giver.get(f"/giving/recurring/{arrangement}/{form}").status_code == 405
