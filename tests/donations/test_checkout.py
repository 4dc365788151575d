"""One form is one attempt and one page: sent twice, sent at once, and with the process dying at every step."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms, raise_alarm
from service.clock import now
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.donations.checkout import (
    FORGOTTEN_AFTER,
    MOST_CLOSED,
    PAGE_LASTS,
    HastyForm,
    StaleForm,
    close_page,
    expire_attempts,
    list_open_pages,
    make_form_token,
    open_attempt,
    open_page,
)
from service.donations.defence import DECLINED, LINK_ALARM, MOST_DECLINES, Arrival
from service.donations.gateway import Gateway
from service.donations.models import Attempt, Fund
from service.donations.signin import DonorSignIn
from service.donations.states import AttemptState, Frequency
from service.donations.upkeep import tend_gifts
from service.errors import BadInput, NotFound, Unavailable
from service.inbox.models import OutsideEvent, Provider
from service.jobs import Job
from service.organisation.models import Organisation
from service.tokens import Purpose
from service.turns import Turn
from service.wiring import Services
from tests.donations.forms import GIVER, BreakablePages, fill_form
from tests.factories.giving import make_attempt, make_donor, make_fund, make_organisation
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs

pytestmark = pytest.mark.usefixtures("house")
HERE = Arrival(network="192.0.2.0/24")


class Killed(BaseException):
    """The process dies here."""


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


Send = Callable[..., int]


@pytest.fixture
def send(services: Services) -> Send:
    """Store a form as a request does, and return the attempt's id."""

    def store(form: dict[str, str], arrival: Arrival = HERE, language: str = "en") -> int:
        with transaction(services.factory) as session:
            return open_attempt(session, services.signer, form, arrival, language).id

    return store


@pytest.fixture
def lead(services: Services, pages: BreakablePages) -> Callable[[int], str]:
    """Lead a giver to the page of an attempt."""
    return lambda attempt_id: open_page(services.factory, pages.gateway, attempt_id, PUBLIC_URL)


@pytest.fixture
def row(open_transaction: OpenTransaction) -> Callable[[int], Attempt]:
    """Read one attempt anew."""

    def read(attempt_id: int) -> Attempt:
        with open_transaction() as session:
            return session.get_one(Attempt, attempt_id)

    return read


def change(open_transaction: OpenTransaction, attempt_id: int, **values: Any) -> None:
    """Set columns of one attempt."""
    with open_transaction() as session:
        session.execute(update(Attempt).where(Attempt.id == attempt_id).values(**values))


def count_attempts(session: Session) -> int:
    """How many attempts are stored."""
    return session.execute(select(func.count()).select_from(Attempt)).scalar_one()


def test_the_row_is_there_before_the_processor_hears_of_it(
    services: Services, send: Send, row: Callable[[int], Attempt]
) -> None:
    attempt_id = send(fill_form(services.signer, cover_fee="yes", employer="Acme"), language="ru")
    stored = row(attempt_id)
    assert (stored.state, stored.session_url, stored.mailed_address) == (AttemptState.NEW, None, GIVER)
    assert (stored.amount_minor, stored.fee_cover_minor, stored.currency) == (5000, 181, "usd")
    assert (stored.network, stored.language, stored.employer) == ("192.0.2.0/24", "ru", "Acme")


def test_the_order_says_what_the_form_said_and_leads_back_to_our_own_address(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages, row: Callable[[int], Attempt]
) -> None:
    attempt_id = send(fill_form(services.signer, frequency="monthly"), language="zh")
    url = lead(attempt_id)
    stored, order = row(attempt_id), pages.orders[f"checkout:{attempt_id}:0"]
    assert (stored.state, stored.session_id, stored.session_url) == (AttemptState.OPEN, "cs_test_0", url)
    assert (order.attempt, order.amount_minor, order.frequency) == (stored.public_id, 5000, Frequency.MONTHLY)
    assert order.success_url == f"{PUBLIC_URL}/give/thanks?session_id={{CHECKOUT_SESSION_ID}}&lang=zh"
    assert order.cancel_url == f"{PUBLIC_URL}/give/back?amount=5000&frequency=monthly&fund=general&lang=zh"
    assert order.expires_at - stored.created_at == timedelta(minutes=35)
    assert order.customer_id is None  # nobody has shown that the address is theirs


def test_the_same_form_again_is_the_same_gift_and_the_same_page(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages
) -> None:
    form = fill_form(services.signer)
    first, second = send(form), send(form)
    assert first == second
    assert lead(first) == lead(second)
    assert pages.calls == [f"checkout:{first}:0"]


def test_a_form_that_was_changed_after_going_back_leads_to_a_page_with_the_new_amount(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages
) -> None:
    form = fill_form(services.signer)
    lead(send(form))
    lead(send({**form, "amount": "10000"}))
    assert [order.amount_minor for order in pages.orders.values()] == [5000, 10000]


def test_a_form_sent_many_times_at_once_is_one_gift(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages, open_transaction: OpenTransaction
) -> None:
    form = fill_form(services.signer)
    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(lambda _: lead(send(form)), range(16)))
    assert len(urls) == 1
    assert len(pages.orders) == 1
    with open_transaction() as session:
        assert count_attempts(session) == 1


def test_case_71_a_crash_after_the_call_finds_the_same_page_again(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages, row: Callable[[int], Attempt]
) -> None:
    form = fill_form(services.signer)
    pages.fault, pages.loses_answer = Killed(), True  # type: ignore[assignment] # dying is no Exception
    with pytest.raises(Killed):
        lead(send(form))
    assert row(send(form)).state is AttemptState.NEW
    pages.fault = None
    assert lead(send(form)) == "https://pay.test/0"
    assert len(pages.orders) == 1
    assert len(set(pages.calls)) == 1


def test_case_71_through_the_real_client_a_crash_leaves_one_page_and_charges_nobody_twice(
    services: Services, gateway: Gateway, fake_stripe: FakeStripe, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = fill_form(services.signer, frequency="monthly", cover_fee="yes")

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("service.donations.checkout._note_page", die)
        with pytest.raises(Killed):
            open_page(services.factory, gateway, send(form), PUBLIC_URL)
    url = open_page(services.factory, gateway, send(form), PUBLIC_URL)
    (page,) = fake_stripe.list_objects("checkout.session")
    assert page["url"] == url
    fake_stripe.pay(page["id"], name="Ada Giver")
    assert [paid["amount"] for paid in fake_stripe.list_objects("payment_intent")] == [5181]


@pytest.mark.parametrize("loses_answer", [False, True], ids=["never heard us", "answer lost"])
def test_case_71_a_processor_that_is_away_is_asked_again_under_the_same_key(
    services: Services,
    send: Send,
    lead: Callable[[int], str],
    pages: BreakablePages,
    row: Callable[[int], Attempt],
    *,
    loses_answer: bool,
) -> None:
    form = fill_form(services.signer)
    pages.fault, pages.loses_answer = Unavailable("away"), loses_answer
    with pytest.raises(Unavailable):
        lead(send(form))
    assert row(send(form)).state is AttemptState.NEW
    pages.fault = None
    lead(send(form))
    assert len(set(pages.calls)) == len(pages.orders) == 1
    assert row(send(form)).state is AttemptState.OPEN


def test_a_click_that_finds_the_key_taken_is_led_to_the_page_of_the_other(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages, open_transaction: OpenTransaction
) -> None:
    attempt_id = send(fill_form(services.signer))
    opened = pages.gateway.open_checkout

    def other_click_wins(*args: Any) -> None:
        page = opened(*args)
        change(open_transaction, attempt_id, session_id=page.session_id, session_url=page.url, state=AttemptState.OPEN)
        raise Unavailable("the key is in use")

    pages.open_checkout = other_click_wins  # type: ignore[method-assign,assignment] # the race, made certain
    assert lead(attempt_id) == "https://pay.test/0"


@pytest.mark.parametrize("fault", [BadInput(f"{GIVER} is no address"), NotFound("no such product")])
def test_what_the_processor_refuses_is_an_error_and_the_next_try_has_a_new_key(
    services: Services,
    send: Send,
    lead: Callable[[int], str],
    pages: BreakablePages,
    row: Callable[[int], Attempt],
    open_transaction: OpenTransaction,
    fault: Exception,
) -> None:
    form = fill_form(services.signer)
    pages.fault = fault
    with pytest.raises(BadInput):
        lead(send(form))
    refused = row(send(form))
    assert (refused.state, refused.problem) == (AttemptState.ERROR, str(fault).replace(GIVER, "the address"))
    with open_transaction() as session:
        (alarm,) = list_standing_alarms(session)
        assert refused.problem in alarm.sentence
        assert GIVER not in alarm.sentence
    pages.fault = None
    lead(send(form))
    assert pages.calls == [f"checkout:{refused.id}:0", f"checkout:{refused.id}:1"]
    assert (row(refused.id).state, row(refused.id).problem) == (AttemptState.OPEN, "")


def test_a_page_whose_end_was_seen_first_stays_ended(
    services: Services,
    send: Send,
    lead: Callable[[int], str],
    pages: BreakablePages,
    open_transaction: OpenTransaction,
    row: Callable[[int], Attempt],
) -> None:
    attempt_id = send(fill_form(services.signer))
    opened = pages.gateway.open_checkout

    def worker_is_faster(*args: Any) -> Any:
        change(open_transaction, attempt_id, state=AttemptState.COMPLETE)
        return opened(*args)

    pages.open_checkout = worker_is_faster  # type: ignore[method-assign,assignment] # the race, made certain
    lead(attempt_id)
    assert (row(attempt_id).state, row(attempt_id).session_id) == (AttemptState.COMPLETE, "cs_test_0")


def test_a_gift_that_is_complete_leads_to_its_thanks(
    services: Services, send: Send, lead: Callable[[int], str], pages: BreakablePages, open_transaction: OpenTransaction
) -> None:
    form = fill_form(services.signer)
    attempt_id = send(form)
    lead(attempt_id)
    change(open_transaction, attempt_id, state=AttemptState.COMPLETE, created_at=now() - timedelta(hours=5))
    assert lead(send(form)) == f"{PUBLIC_URL}/give/thanks?session_id=cs_test_0&lang=en"
    assert len(pages.calls) == 1


@pytest.mark.parametrize(
    ("state", "age", "is_stale"),
    [
        (AttemptState.NEW, timedelta(minutes=3), False),
        (AttemptState.NEW, timedelta(minutes=6), True),
        (AttemptState.ERROR, timedelta(minutes=6), True),
        (AttemptState.OPEN, timedelta(minutes=29), False),
        (AttemptState.OPEN, timedelta(minutes=31), True),
        (AttemptState.EXPIRED, timedelta(minutes=1), True),
    ],
)
def test_nobody_is_led_to_a_page_that_is_about_to_close(
    services: Services,
    send: Send,
    open_transaction: OpenTransaction,
    state: AttemptState,
    age: timedelta,
    *,
    is_stale: bool,
) -> None:
    form = fill_form(services.signer)
    attempt_id = send(form)
    change(open_transaction, attempt_id, state=state, created_at=now() - age)
    if is_stale:
        with pytest.raises(StaleForm):
            send(form)
    else:
        assert send(form) == attempt_id


def test_a_form_is_neither_too_young_nor_too_old_nor_half_ours(services: Services, send: Send) -> None:
    signer = services.signer
    with pytest.raises(HastyForm):
        send(fill_form(signer, made_at=now() + timedelta(minutes=1)))  # a slow machine takes two seconds by itself
    other_purpose = signer.sign(Purpose.ASK, int(now().timestamp()) - 60, 1)
    old = make_form_token(signer, now() - timedelta(hours=25))
    for token in ("", "x", "\x00", other_purpose, old, make_form_token(signer, now())[:-1]):
        with pytest.raises(StaleForm):
            send(fill_form(signer, token=token))


def test_a_gift_remembers_what_asked_for_it_unless_that_is_gone(
    services: Services, send: Send, open_transaction: OpenTransaction, row: Callable[[int], Attempt]
) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session, "crossings")).id
    asked = [(issue_id, 12), (issue_id, 0), (issue_id + 1000, 12), None]
    stored = [row(send(fill_form(services.signer), Arrival("", asked_by))) for asked_by in asked]
    assert [(each.issue_id, each.item_id) for each in stored] == [
        (issue_id, 12), (issue_id, None), (None, None), (None, None),
    ]  # fmt: skip


def test_fields_that_the_form_does_not_have_set_nothing(
    services: Services, send: Send, row: Callable[[int], Attempt]
) -> None:
    extra = {"currency": "jpy", "amount_minor": "1", "state": "complete", "session_url": "https://evil.test", "id": "1",
             "public_id": "mine", "network": "10.0.0.0/24", "fee_cover_minor": "9", "issue_id": "3"}  # fmt: skip
    stored = row(send({**fill_form(services.signer), **extra}))
    assert (stored.currency, stored.amount_minor, stored.fee_cover_minor, stored.state) == ("usd", 5000, 0, "new")
    assert (stored.session_url, stored.network, stored.issue_id) == (None, "192.0.2.0/24", None)
    assert stored.public_id != "mine"


def test_forms_whose_page_must_have_closed_long_ago_expire_once(
    services: Services, send: Send, open_transaction: OpenTransaction, row: Callable[[int], Attempt]
) -> None:
    long_ago = now() - FORGOTTEN_AFTER - timedelta(minutes=1)
    ids = {state: send(fill_form(services.signer, address=f"{state}@example.org")) for state in AttemptState}
    fresh = send(fill_form(services.signer))
    for state, attempt_id in ids.items():
        change(open_transaction, attempt_id, state=state, created_at=long_ago)
    with open_transaction() as session:
        assert expire_attempts(session) == 2
    with open_transaction() as session:
        assert expire_attempts(session) == 0
    assert {state: row(attempt_id).state for state, attempt_id in ids.items()} == {
        **{state: state for state in AttemptState},
        AttemptState.NEW: AttemptState.EXPIRED,
        AttemptState.OPEN: AttemptState.EXPIRED,
    }
    assert row(fresh).state is AttemptState.NEW


@pytest.fixture
def opened(services: Services, gateway: Gateway, send: Send) -> int:
    """A form whose giver is at the test Stripe's page."""
    attempt_id = send(fill_form(services.signer))
    open_page(services.factory, gateway, attempt_id, PUBLIC_URL)
    return attempt_id


def test_a_page_that_is_closed_takes_no_gift_and_its_form_has_expired(
    services: Services, gateway: Gateway, fake_stripe: FakeStripe, opened: int, row: Callable[[int], Attempt]
) -> None:
    for _ in range(2):
        close_page(services.factory, gateway, opened)
        assert row(opened).state is AttemptState.EXPIRED
    assert row(opened).finished_at is not None
    (page,) = fake_stripe.list_objects("checkout.session")
    assert page["status"] == "expired"


def test_a_gift_that_was_paid_a_moment_before_its_page_was_closed_stays_a_gift(
    services: Services, gateway: Gateway, fake_stripe: FakeStripe, opened: int, row: Callable[[int], Attempt]
) -> None:
    fake_stripe.pay(str(row(opened).session_id))
    close_page(services.factory, gateway, opened)
    assert row(opened).state is AttemptState.COMPLETE


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Unavailable("away"), AttemptState.OPEN), (NotFound("no such page"), AttemptState.EXPIRED)],
)
def test_a_page_that_can_not_be_closed_now_waits_and_one_that_is_gone_does_not(
    services: Services,
    send: Send,
    lead: Callable[[int], str],
    pages: BreakablePages,
    row: Callable[[int], Attempt],
    fault: Exception,
    state: AttemptState,
) -> None:
    asked: list[str] = []

    def refuse(session_id: str) -> None:
        asked.append(session_id)
        raise fault

    pages.expire_checkout = refuse  # type: ignore[attr-defined] # of the gateway, only this is asked for here
    attempt_id = send(fill_form(services.signer))
    close_page(services.factory, pages.gateway, attempt_id)
    assert asked == []  # no page yet
    lead(attempt_id)
    close_page(services.factory, pages.gateway, attempt_id)
    assert asked == ["cs_test_0"]
    assert row(attempt_id).state is state


Pages = dict[str, int]


@pytest.fixture
def standing(open_transaction: OpenTransaction) -> Pages:
    """Forms at the processor's page by how their givers came, and some whose page nobody can pay on."""
    with open_transaction() as session:
        fund = session.scalars(select(Fund)).one()
        donor = make_donor(session)
        ends_at = now() + timedelta(hours=1)
        session.add(DonorSignIn(donor_id=donor.id, expires_at=ends_at, used_at=now(), visit_ends_at=ends_at))
        attempts = {
            name: make_attempt(fund, address=f"{name}@example.org")
            for name in ("public", "asked", "new", "complete", "old")
        }
        attempts["signed in"] = make_attempt(fund, address=donor.mailed_address)
        attempts["before"] = make_attempt(fund, address=donor.mailed_address)
        for name, attempt in attempts.items():
            attempt.state, attempt.session_id, attempt.created_at = AttemptState.OPEN, f"cs_{name}", now()
        attempts["asked"].issue_id = make_issue(session, make_newsletter(session, "crossings")).id
        attempts["new"].state, attempts["new"].session_id = AttemptState.NEW, None
        attempts["complete"].state = AttemptState.COMPLETE
        attempts["old"].created_at = now() - PAGE_LASTS
        attempts["before"].created_at = now() - timedelta(minutes=5)
        session.add_all(attempts.values())
        session.flush()
        return {name: attempt.id for name, attempt in attempts.items()}


def test_open_pages_are_those_on_which_somebody_may_still_pay(
    standing: Pages, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        assert set(list_open_pages(session)) == {standing[name] for name in ("public", "asked", "signed in", "before")}
        of_public = list_open_pages(session, links=False, donors=False)
        assert set(of_public) == {standing["public"], standing["before"]}


def test_one_tick_closes_no_more_pages_than_a_worker_can(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        fund = session.scalars(select(Fund)).one()
        for number in range(MOST_CLOSED + 5):
            attempt = make_attempt(fund)
            attempt.state, attempt.session_id = AttemptState.OPEN, f"cs_{number}"
            session.add(attempt)
    with open_transaction() as session:
        assert len(list_open_pages(session)) == MOST_CLOSED


def pause(session: Session) -> None:
    """Staff pause giving."""
    session.execute(update(Organisation).values(giving_paused_at=now()))


def flood(session: Session) -> None:
    """As many cards are declined as close the public form."""
    session.add_all(
        OutsideEvent(provider=Provider.STRIPE, event_id=f"evt_{each}", type=DECLINED, payload={}, occurred_at=now())
        for each in range(MOST_DECLINES)
    )


def flood_all(session: Session) -> None:
    """Links are misused too."""
    flood(session)
    flood_links(session)


def flood_links(session: Session) -> None:
    """Links alone bring too much."""
    raise_alarm(session, LINK_ALARM, "Too many.")


@pytest.mark.parametrize(
    ("what_happens", "closed"),
    [
        (None, set()),
        (pause, {"public", "asked", "signed in", "before"}),
        (flood, {"public", "before"}),
        (flood_links, {"asked"}),
        (flood_all, {"public", "asked", "before"}),
    ],
)
def test_pausing_and_floods_close_the_pages_that_are_open_already_once_in_ten_seconds(
    standing: Pages, open_transaction: OpenTransaction, published_jobs: PublishedJobs,
    what_happens: Callable[[Session], None] | None, closed: set[str],
) -> None:  # fmt: skip
    if what_happens is not None:
        with open_transaction() as session:
            what_happens(session)
    for _ in range(2):
        with open_transaction() as session:
            tend_gifts(session)
    wanted = sorted((standing[name],) for name in closed)
    assert sorted(published_jobs.of(Job.CLOSE_PAGE)) == wanted
    with open_transaction() as session:
        session.execute(update(Turn).values(taken_at=now() - timedelta(seconds=11)))
        tend_gifts(session)
    assert sorted(published_jobs.of(Job.CLOSE_PAGE)) == sorted(wanted * 2)
