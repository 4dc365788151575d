"""The letter with a person's own link: only to who is known here, a few a day, and nobody can tell."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, insert, select

from service.clock import now
from service.db import transaction
from service.errors import NotFound
from service.jobs import Job
from service.mail.models import Letter, LetterKind
from service.subscribers.models import Subscription
from service.subscribers.own_page import (
    FLOOD_WINDOW,
    KEPT_FOR,
    MOST_A_DAY,
    MOST_OF_ALL,
    MOST_PER_NETWORK,
    NETWORK_WINDOW,
    forget_old_requests,
    join,
    request_own_page,
    sign_own_link,
    was_mailed_to,
)
from service.subscribers.own_page_models import OwnPageRequest
from service.subscribers.states import ConsentSource, SubscriptionState
from service.subscribers.suppression import find_standing, suppress
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.unsubscribe import unsubscribe
from service.tokens import Purpose, TokenSigner
from service.wiring import Services
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.subscribers.conftest import JANE
from tests.subscribers.proof import list_consent_events

UNKNOWN = "nobody@example.org"
NETWORK = "203.0.113.0/24"


def count_letters(open_transaction: OpenTransaction) -> int:
    """How many links were mailed."""
    with open_transaction() as session:
        return session.scalars(select(func.count()).where(Letter.kind == LetterKind.SELF_SERVICE)).one()


def watch(services: Services, address: str, network: str = NETWORK) -> list[str]:
    """Return the statements of one request; how its savepoint ends is the one thing in which they differ."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement.replace("ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"))

    engine = services.factory.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        with transaction(services.factory) as session:
            request_own_page(session, address, network)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


@pytest.mark.usefixtures("jane")
def test_known_unknown_and_limited_addresses_cost_the_same_work(
    services: Services, published_jobs: PublishedJobs, open_transaction: OpenTransaction
) -> None:
    before = len(published_jobs.of(Job.DELIVER_LETTER))
    known = watch(services, JANE)
    unknown = watch(services, UNKNOWN)
    for _ in range(MOST_A_DAY - 1):
        watch(services, JANE)
    limited = watch(services, JANE)
    assert len(known) > 3
    assert known == unknown == limited
    assert len(published_jobs.of(Job.DELIVER_LETTER)) - before == MOST_A_DAY + 2
    assert count_letters(open_transaction) == MOST_A_DAY


def add_requests(
    open_transaction: OpenTransaction, number: int, network: str, *, ago: timedelta = timedelta(0)
) -> None:
    """Let as many requests have come, each with a letter, from one network so long ago."""
    with open_transaction() as session:
        values = {"network": network, "has_letter": True, "requested_at": func.now() - ago}
        session.execute(insert(OwnPageRequest).values([values] * number))


@pytest.mark.parametrize(
    ("number", "network", "ago", "letters"),
    [
        (MOST_PER_NETWORK - 2, NETWORK, timedelta(0), 1),
        (MOST_PER_NETWORK - 1, NETWORK, timedelta(0), 0),
        (MOST_PER_NETWORK, NETWORK, NETWORK_WINDOW + timedelta(seconds=1), 1),
        (MOST_PER_NETWORK, "198.51.100.0/24", timedelta(0), 1),
        (MOST_OF_ALL, "198.51.100.0/24", timedelta(0), 0),
        (MOST_OF_ALL, "198.51.100.0/24", FLOOD_WINDOW + timedelta(seconds=1), 1),
    ],
)
@pytest.mark.usefixtures("jane")
def test_neither_one_network_nor_many_cause_a_flood_of_letters(
    services: Services, open_transaction: OpenTransaction, number: int, network: str, ago: timedelta, letters: int
) -> None:
    free = watch(services, UNKNOWN, NETWORK)  # counts for its network, though nobody got a letter
    add_requests(open_transaction, number, network, ago=ago)
    assert watch(services, JANE, NETWORK) == free  # the same work, so that nobody can tell
    assert count_letters(open_transaction) == letters


@pytest.mark.usefixtures("jane")
def test_requests_for_unknown_addresses_fill_a_network_s_limit_and_nobody_else_s(
    services: Services, open_transaction: OpenTransaction
) -> None:
    for _ in range(MOST_PER_NETWORK):
        watch(services, UNKNOWN, NETWORK)
    watch(services, JANE, NETWORK)
    assert count_letters(open_transaction) == 0
    with open_transaction() as session:
        silent = {"network": "198.51.100.0/24", "has_letter": False}
        session.execute(insert(OwnPageRequest).values([silent] * MOST_OF_ALL))
    watch(services, JANE, "192.0.2.0/24")
    assert count_letters(open_transaction) == 1


@pytest.mark.usefixtures("jane")
def test_requests_are_counted_for_a_day(open_transaction: OpenTransaction) -> None:
    def list_networks() -> list[str]:
        with open_transaction() as session:
            return list(session.scalars(select(OwnPageRequest.network)))

    for address in (UNKNOWN, JANE):
        with open_transaction() as session:
            request_own_page(session, address, NETWORK)
    assert list_networks() == [NETWORK] * 2
    add_requests(open_transaction, 2, "198.51.100.0/24", ago=KEPT_FOR + timedelta(seconds=1))
    with open_transaction() as session:
        forget_old_requests(session)
    assert list_networks() == [NETWORK] * 2


@pytest.mark.usefixtures("jane")
def test_the_next_day_has_letters_of_its_own(
    open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(2):
        at = now() + timedelta(days=day)
        monkeypatch.setattr("service.subscribers.own_page.now", lambda at=at: at)
        for _ in range(MOST_A_DAY + 1):
            with open_transaction() as session:
                request_own_page(session, JANE)
    assert count_letters(open_transaction) == 2 * MOST_A_DAY


def test_an_erased_person_gets_no_letter(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session:
        person = session.get_one(Subscription, jane).subscriber
        person.address_key, person.erased_at = f"erased:{person.id}", now()
    with open_transaction() as session:
        request_own_page(session, JANE)
    assert count_letters(open_transaction) == 0


def test_who_has_left_comes_back_by_their_own_link_even_from_a_suppression_before_it(
    open_transaction: OpenTransaction, jane: int, newsletter_id: int
) -> None:
    with open_transaction() as session:
        unsubscribe(session, jane, source=ConsentSource.UNSUBSCRIBE_PAGE, wording="Unsubscribe")
        suppress(session, JANE, SuppressionReason.ASKED)
    asked_at = int(now().timestamp()) + 2
    with open_transaction() as session:
        subscription = join(
            session,
            session.get_one(Subscription, jane).subscriber_id,
            newsletter_id,
            asked_at=asked_at,
            wording="Send me it",
        )
        assert subscription.state is SubscriptionState.ACTIVE
        assert find_standing(session, JANE) is None
        assert [proof.wording for proof in list_consent_events(session, jane)][-2:] == ["Send me it"] * 2


def test_a_suppression_since_the_letter_stays(open_transaction: OpenTransaction, jane: int, newsletter_id: int) -> None:
    asked_at = int(now().timestamp()) - 60
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        join(
            session,
            session.get_one(Subscription, jane).subscriber_id,
            newsletter_id,
            asked_at=asked_at,
            wording="Send me it",
        )
        assert find_standing(session, JANE) is not None


def test_who_gets_it_already_leaves_no_second_proof(
    open_transaction: OpenTransaction, jane: int, newsletter_id: int
) -> None:
    with open_transaction() as session:
        before = len(list_consent_events(session, jane))
        join(
            session, session.get_one(Subscription, jane).subscriber_id, newsletter_id, asked_at=0, wording="Send me it"
        )
        session.flush()
        assert len(list_consent_events(session, jane)) == before


@pytest.mark.usefixtures("jane")
def test_nobody_joins_for_one_who_is_not_known(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with pytest.raises(NotFound), open_transaction() as session:
        join(session, 4711, newsletter_id, asked_at=0, wording="Send me it")


def test_a_link_stays_with_its_mailbox_under_each_of_our_keys() -> None:
    old, new = "an old key of more than thirty-two characters", "a new key of more than thirty-two characters"
    token = sign_own_link(TokenSigner((old,)), 7, JANE, 1)
    rotated = TokenSigner((new, old))
    ids = rotated.read(Purpose.SELF_SERVICE, token)
    assert ids is not None
    assert ids[:2] == (7, 1)
    assert was_mailed_to(rotated, ids[2], JANE)
    assert not was_mailed_to(rotated, ids[2], UNKNOWN)
    assert not was_mailed_to(TokenSigner((new,)), ids[2], JANE)
