"""A newsletter to bring past issues into, and the whole way in as one call."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.issues.past.deciding import bring_in
from service.issues.past.models import ArchivedPost
from service.issues.past.queries import count_outcomes, list_posts
from service.issues.past.running import run_archive
from service.issues.past.storing import store_archive
from service.issues.queries import get_newsletter
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction

SLUG = "crossings"


@dataclass(frozen=True)
class Came:
    """An archive after a run: its id, how many posts have each outcome, and the posts by title."""

    id: int
    counts: dict[str, int]
    posts: dict[str, ArchivedPost]


BringIn = Callable[..., Came]


@pytest.fixture
def newsletter_id(open_transaction: OpenTransaction) -> int:
    """The newsletter that past issues come to."""
    with open_transaction() as session:
        return make_newsletter(session, SLUG).id


@pytest.fixture
def examine(open_transaction: OpenTransaction, newsletter_id: int) -> BringIn:
    """Store an archive and have it examined: ``examine(path, site="…")``."""
    assert newsletter_id

    def run(path: Path, site: str = "") -> Came:
        with open_transaction() as session:
            archive_id = store_archive(session, get_newsletter(session, SLUG), path, path.name, site).id
        return _run(open_transaction, archive_id)

    return run


@pytest.fixture
def bring(open_transaction: OpenTransaction, examine: BringIn) -> BringIn:
    """The same, and bring it in."""

    def run(path: Path, site: str = "") -> Came:
        archive_id = examine(path, site).id
        with open_transaction() as session:
            bring_in(session, archive_id)
        return _run(open_transaction, archive_id)

    return run


def _run(open_transaction: OpenTransaction, archive_id: int) -> Came:
    run_archive(open_transaction.services.factory, archive_id)
    with open_transaction() as session:
        counts = {outcome.value: count for outcome, count in count_outcomes(session, archive_id).items() if count}
        return Came(archive_id, counts, {post.title: post for post in list_posts(session, archive_id, most=1000)})
