"""A database that forgets each test at once, and a gift in it. Tests with threads ask for ``services`` instead."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import sessionmaker

from service.db import make_engine, transaction
from service.jobs import use_publisher
from tests.factories.giving import make_organisation
from tests.fixtures.services import PublishedJobs
from tests.receipts.gifts import Gift, Open, store_gift


@pytest.fixture
def open_transaction(database_url: str) -> Iterator[Open]:
    """Open transactions that are savepoints of one that is rolled back when the test ends: no copy of a database."""
    use_publisher(PublishedJobs())
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        outer = connection.begin()
        factory = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        yield lambda: transaction(factory)
        outer.rollback()
    engine.dispose()


@pytest.fixture
def gift(open_transaction: Open) -> Gift:
    """A card gift of $50 that nothing was told of yet."""
    with open_transaction() as session:
        make_organisation(session)
        return Gift(open_transaction, store_gift(session))
