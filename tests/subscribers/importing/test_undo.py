"""An import is taken back to the byte; what somebody did since, and what must not be mailed, stays."""

import pytest
from sqlalchemy import select, update

from service.addresses import parse_address
from service.errors import Conflict
from service.jobs import Job
from service.subscribers.importing.models import ImportState
from service.subscribers.importing.undo import UndoFigures, ask_undo, undo_import
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.people import ensure_subscriber, ensure_subscription
from service.subscribers.states import ConsentSource
from service.subscribers.suppression import find_standing
from service.subscribers.unsubscribe import unsubscribe
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.subscribers.importing.files import HEADER, Bringer

FIRST = f"""{HEADER}
ann@x.org,Ann,en,active,2020-01-02T03:04:05.000006+00:00,,footer,a,every,,"{{""city"": ""Oslo""}}"
bob@x.org,,ru,active,2020-01-02,,,,monthly,2090-01-01,
cy@x.org,Cy,en,unsubscribed,2020-01-02,2021-02-03,,,every,,
"""
SECOND = f"""{HEADER}
ann@x.org,,,active,,,,"b,c",every,,"{{""age"": ""4""}}"
ann@x.org,,,active,,,,d,every,,
bob@x.org,Bob,,unsubscribed,,2024-05-06,,,every,,
cy@x.org,,,active,,,,,every,,
di@x.org,Di,en,active,,,,,every,,
ed@x.org,Ed,en,unsubscribed,,,,,every,,
fay@x.org,Fay,en,active,,,,z,every,,
"""


def take_back(bringer: Bringer, open_transaction: OpenTransaction, import_id: int) -> UndoFigures:
    """Ask for an import to be undone, and undo it."""
    with open_transaction() as session:
        ask_undo(session, import_id)
    return undo_import(bringer.factory, import_id)


@pytest.fixture
def house(bringer: Bringer, open_transaction: OpenTransaction) -> Bringer:
    """A house with three readers, and Fay, who reads another newsletter."""
    bringer.bring(FIRST)
    with open_transaction() as session:
        other = make_newsletter(session, slug="other")
        ensure_subscription(session, ensure_subscriber(session, parse_address("fay@x.org")), other.id)
    return bringer


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_undoing_restores_to_the_byte(house: Bringer, open_transaction: OpenTransaction, chunk: int) -> None:
    before = house.dump()
    row = house.bring(SECOND, chunk=chunk)
    assert house.dump() != before
    assert take_back(house, open_transaction, row.id) == UndoFigures(removed=3, restored=4, kept=0)
    assert house.dump() == before
    assert house.look(row.id).state is ImportState.UNDONE


def test_undoing_twice_does_nothing_more(house: Bringer, open_transaction: OpenTransaction) -> None:
    row = house.bring(SECOND)
    take_back(house, open_transaction, row.id)
    before = house.dump()
    assert take_back(house, open_transaction, row.id) == UndoFigures(0, 0, 0)
    assert house.dump() == before


def test_the_log_tells_that_a_tie_was_given_back(house: Bringer, open_transaction: OpenTransaction) -> None:
    row = house.bring(SECOND)
    take_back(house, open_transaction, row.id)
    with open_transaction() as session:
        bob = select(Subscription.id).join(Subscription.subscriber).where(Subscriber.address_key == "bob@x.org")
        events = select(ConsentEvent.event).where(ConsentEvent.subscription_id.in_(bob)).order_by(ConsentEvent.id)
        assert session.scalars(events).all() == ["unsubscribe", "undo-import"]


def test_what_somebody_changed_since_stays_as_they_left_it(house: Bringer, open_transaction: OpenTransaction) -> None:
    row = house.bring(SECOND)
    with open_transaction() as session:
        session.execute(update(Subscriber).where(Subscriber.address_key == "ann@x.org").values(name="Anna"))
    assert take_back(house, open_transaction, row.id) == UndoFigures(removed=3, restored=2, kept=2)
    with open_transaction() as session:
        ann = session.scalars(select(Subscriber).where(Subscriber.address_key == "ann@x.org")).one()
        assert (ann.name, ann.tags) == ("Anna", ["a", "b", "c", "d"])


def test_who_acted_since_stays_unsubscribed_with_their_proof(house: Bringer, open_transaction: OpenTransaction) -> None:
    row = house.bring(f"{HEADER}\ndi@x.org,,,active,,,,,,,\ned@x.org,,,active,,,,,,,\n")
    with open_transaction() as session:
        tie = session.scalars(
            select(Subscription).join(Subscription.subscriber).where(Subscriber.address_key == "di@x.org")
        ).one()
        unsubscribe(session, tie.id, source=ConsentSource.ONE_CLICK, wording="No more")
    assert take_back(house, open_transaction, row.id) == UndoFigures(removed=1, restored=0, kept=1)
    assert house.people()["di@x.org"] == "unsubscribed"
    assert "ed@x.org" not in house.people()


def test_a_suppression_outlives_the_import_that_brought_it(house: Bringer, open_transaction: OpenTransaction) -> None:
    row = house.bring(f"{HEADER}\ndi@x.org,,,suppressed,,,,,,,\n")
    take_back(house, open_transaction, row.id)
    with open_transaction() as session:
        assert find_standing(session, "di@x.org") is not None
    assert "di@x.org" not in house.people()


def test_a_rehearsal_and_a_running_import_cannot_be_undone(
    house: Bringer, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    rehearsed = house.bring(SECOND, is_dry_run=True)
    waiting = house.store(SECOND)
    for import_id, sentence in ((rehearsed.id, "dry run"), (waiting, "cancel it first")):
        with pytest.raises(Conflict, match=sentence), open_transaction() as session:
            ask_undo(session, import_id)
    assert published_jobs.of(Job.UNDO_IMPORT) == []
