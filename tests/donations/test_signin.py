"""A donor comes in by a link that is mailed, works once, and says nothing about who is a donor."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db import transaction
from service.donations.signin import (
    IN_ALL,
    PER_DONOR,
    PER_NETWORK,
    DonorSignIn,
    end_visit,
    find_visitor,
    is_good_link,
    open_visit,
    request_sign_in,
)
from service.errors import BadInput
from service.jobs import Job
from service.mail.models import Letter, LetterKind
from service.wiring import Services
from tests.factories.giving import make_donor
from tests.fixtures.services import OpenTransaction, PublishedJobs

KNOWN, UNKNOWN, NETWORK = "grace.giver@example.org", "nobody@example.org", "203.0.113.0/24"


@pytest.fixture
def donor_id(open_transaction: OpenTransaction) -> int:
    """KNOWN's donor."""
    with open_transaction() as session:
        return make_donor(session, KNOWN).id


@pytest.fixture
def link(open_transaction: OpenTransaction, donor_id: int) -> int:
    """A fresh link to KNOWN."""
    with open_transaction() as session:
        return add_link(session, donor_id)


def add_link(session: Session, donor_id: int, *, age: timedelta = timedelta(0), network: str = "") -> int:
    """Store a link that was asked for ``age`` ago."""
    asked = now() - age
    sign_in = DonorSignIn(
        donor_id=donor_id, requested_at=asked, expires_at=asked + timedelta(minutes=15), network=network
    )
    session.add(sign_in)
    session.flush()
    return sign_in.id


def count_letters(open_transaction: OpenTransaction) -> int:
    """How many links were mailed."""
    with open_transaction() as session:
        return session.scalars(select(func.count()).where(Letter.kind == LetterKind.DONOR_SIGN_IN)).one()


@pytest.mark.parametrize("typed", [KNOWN, "  Grace.Giver@EXAMPLE.org "])
def test_a_donor_is_sent_a_link_to_the_address_that_we_know(
    open_transaction: OpenTransaction, donor_id: int, published_jobs: PublishedJobs, typed: str
) -> None:
    with open_transaction() as session:
        request_sign_in(session, typed, NETWORK)
    with open_transaction() as session:
        letter, sign_in = session.scalars(select(Letter)).one(), session.scalars(select(DonorSignIn)).one()
        assert (letter.kind, letter.recipient) == (LetterKind.DONOR_SIGN_IN, KNOWN)
        assert letter.about == {"sign_in": sign_in.id}
        assert (sign_in.donor_id, sign_in.network) == (donor_id, NETWORK)
        assert sign_in.expires_at - sign_in.requested_at == timedelta(minutes=15)
        assert published_jobs.of(Job.DELIVER_LETTER) == [(letter.id,)]


@pytest.mark.usefixtures("donor_id")
def test_a_stranger_is_sent_nothing_and_leaves_no_row(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        request_sign_in(session, UNKNOWN, NETWORK)
    with open_transaction() as session:
        assert (session.scalars(select(Letter)).all(), session.scalars(select(DonorSignIn)).all()) == ([], [])


def test_what_is_no_address_is_refused_in_words(open_transaction: OpenTransaction) -> None:
    with pytest.raises(BadInput, match="exactly one @"), open_transaction() as session:
        request_sign_in(session, "grace", NETWORK)


def watch(services: Services, address: str) -> list[str]:
    """Return the statements of one request; how its savepoint ends is the one thing in which they differ."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement.replace("ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"))

    engine = services.factory.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        with transaction(services.factory) as session:
            request_sign_in(session, address, NETWORK)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


@pytest.mark.usefixtures("donor_id")
def test_known_unknown_and_limited_addresses_cost_the_same_work(
    services: Services, published_jobs: PublishedJobs
) -> None:
    known = watch(services, KNOWN)
    unknown = watch(services, UNKNOWN)
    for _ in range(PER_DONOR[0][1] - 1):
        watch(services, KNOWN)
    limited = watch(services, KNOWN)
    assert len(known) > 3
    assert known == unknown == limited
    assert len(published_jobs.of(Job.DELIVER_LETTER)) == PER_DONOR[0][1] + 2  # one job each, whoever asks


LIMITS: dict[str, tuple[list[timedelta], bool]] = {
    "two lately": ([timedelta(minutes=1)] * 2, True),
    "three lately": ([timedelta(minutes=1)] * 3, False),
    "three a while ago": ([timedelta(minutes=16)] * 3, True),
    "nine today": ([timedelta(hours=2)] * 9, True),
    "ten today": ([timedelta(hours=2)] * 10, False),
    "ten yesterday": ([timedelta(hours=25)] * 10, True),
}


@pytest.mark.parametrize(("ages", "is_sent"), LIMITS.values(), ids=LIMITS.keys())
def test_a_donor_is_not_flooded(
    open_transaction: OpenTransaction, donor_id: int, ages: list[timedelta], *, is_sent: bool
) -> None:
    with open_transaction() as session:
        for age in ages:
            add_link(session, donor_id, age=age)
    with open_transaction() as session:
        request_sign_in(session, KNOWN)
    assert count_letters(open_transaction) == int(is_sent)


@pytest.mark.parametrize(
    ("network", "asked", "is_sent"),
    [
        (NETWORK, PER_NETWORK[0][1] - 1, True),
        (NETWORK, PER_NETWORK[0][1], False),
        ("198.51.100.0/24", PER_NETWORK[0][1], True),
        ("198.51.100.0/24", IN_ALL[0][1], False),
    ],
    ids=["a busy office", "a list of addresses", "somebody else meanwhile", "a list from everywhere"],
)
def test_lists_of_addresses_come_to_an_end(
    open_transaction: OpenTransaction, donor_id: int, network: str, asked: int, *, is_sent: bool
) -> None:
    with open_transaction() as session:
        other = make_donor(session, "other@example.org").id
        for _ in range(asked):
            add_link(session, other, network=NETWORK)
    with open_transaction() as session:
        request_sign_in(session, KNOWN, network)
    assert count_letters(open_transaction) == int(is_sent)
    assert donor_id


def test_of_twenty_who_press_at_once_one_comes_in(services: Services, link: int) -> None:
    barrier, came_in = threading.Barrier(20), []

    def press() -> None:
        barrier.wait()
        with transaction(services.factory) as session:
            came_in.append(open_visit(session, link))

    run_all([press] * 20)
    assert sorted(came_in) == [False] * 19 + [True]


def run_all(works: list[Callable[[], None]]) -> None:
    """Run every work in a thread of its own, to the end."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_link_opens_a_visit_of_an_hour_and_works_once(
    open_transaction: OpenTransaction, donor_id: int, link: int
) -> None:
    with open_transaction() as session:
        assert is_good_link(session, link)
        assert find_visitor(session, link) is None
        assert open_visit(session, link)
    with open_transaction() as session:
        visitor = find_visitor(session, link)
        assert visitor is not None
        assert visitor.id == donor_id
        sign_in = session.get_one(DonorSignIn, link)
        assert sign_in.used_at is not None
        assert sign_in.visit_ends_at is not None
        assert sign_in.visit_ends_at - sign_in.used_at == timedelta(minutes=60)
        assert not is_good_link(session, link)
        assert not open_visit(session, link)


def test_an_old_link_opens_nothing(open_transaction: OpenTransaction, donor_id: int) -> None:
    with open_transaction() as session:
        old = add_link(session, donor_id, age=timedelta(minutes=15, seconds=1))
    with open_transaction() as session:
        assert not is_good_link(session, old)
        assert not open_visit(session, old)
        assert find_visitor(session, old) is None


def test_a_visit_ends_by_the_clock_of_the_database(open_transaction: OpenTransaction, link: int) -> None:
    with open_transaction() as session:
        open_visit(session, link)
    with open_transaction() as session:
        session.execute(update(DonorSignIn).values(visit_ends_at=func.now()))
    with open_transaction() as session:
        assert find_visitor(session, link) is None


def test_a_visit_that_was_ended_stays_ended(open_transaction: OpenTransaction, link: int) -> None:
    with open_transaction() as session:
        open_visit(session, link)
    for _ in range(2):
        with open_transaction() as session:
            end_visit(session, link)
    with open_transaction() as session:
        assert find_visitor(session, link) is None
        assert not open_visit(session, link)
