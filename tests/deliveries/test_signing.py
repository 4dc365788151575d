"""Signatures made ahead: while an issue is held its batches are signed, and the sender finds what still holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from service.deliveries.claiming import Claim, columns_of_claim
from service.deliveries.compose import Composers
from service.deliveries.models import Batch, BatchSignatures, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.signing import (
    count_unsigned,
    pack_signatures,
    read_signatures,
    sign_due_batches,
    unpack_signatures,
)
from service.deliveries.starting import withdraw_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Edition, Issue
from service.issues.states import IssueState
from service.mail.dkim import DkimKeys
from service.mail.dkim_keys import SigningKey
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.mail.golden_mails import MOMENT
from tests.mail.keys import ED25519, RSA, make_rsa_key, verify

READERS = 6


@pytest.fixture
def composers(services: Services) -> Composers:
    """The composers of a service whose domain has both keys."""
    return Composers(services.links, DkimKeys([RSA, ED25519]))


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """An issue held for a day, in three batches of two."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL, hold=timedelta(days=1))
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        # dkimpy trusts no signature of tomorrow; readers get the mail when its day has come.
        session.execute(update(Edition).values(dated_at=MOMENT))
        batch = session.scalars(select(Batch)).one()
        batch.last_id, batch.size = ids[1], 2
        session.add_all(
            Batch(issue_id=issue.id, first_id=first, last_id=last, size=2) for first, last in (ids[2:4], ids[4:6])
        )
        return issue.id


def _stored(open_transaction: OpenTransaction) -> list[BatchSignatures]:
    with open_transaction() as session:
        rows = list(session.scalars(select(BatchSignatures).order_by(BatchSignatures.batch_id)))
        session.expunge_all()
    return rows


def _claims(open_transaction: OpenTransaction) -> list[Claim]:
    with open_transaction() as session:
        return [Claim(*row) for row in session.execute(select(*columns_of_claim()).order_by(Delivery.id))]


def test_each_batch_of_a_held_issue_is_signed_once_and_its_copies_verify(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int
) -> None:
    with open_transaction() as session:
        composer = composers.load(session, issue_id)
        assert count_unsigned(session, composers) == 3
    assert sign_due_batches(services.factory, composers) == 3
    rows = _stored(open_transaction)
    assert [len(read_signatures(row, composer.made_under)) for row in rows] == [2, 2, 2]
    signatures = {key: raw for row in rows for key, raw in read_signatures(row, composer.made_under).items()}
    for claim in _claims(open_transaction):
        mail = composer.compose(claim, signatures[claim.delivery_id])
        assert mail == composer.compose(claim)
        assert verify(mail.content) == [True, True]
    with open_transaction() as session:
        assert count_unsigned(session, composers) == 0
    assert sign_due_batches(services.factory, composers) == 0


def test_signatures_of_other_bytes_are_not_used_and_are_made_again(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int
) -> None:
    sign_due_batches(services.factory, composers)
    rotated = Composers(services.links, DkimKeys([make_rsa_key(selector="r2"), RSA]))
    with open_transaction() as session:
        after = rotated.load(session, issue_id).made_under
    assert [read_signatures(row, after) for row in _stored(open_transaction)] == [{}, {}, {}]
    assert sign_due_batches(services.factory, rotated) == 3
    assert all(read_signatures(row, after) for row in _stored(open_transaction))


def test_two_processes_at_once_store_each_batch_once(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int
) -> None:
    start, signed = Barrier(3), list[int]()

    def run() -> None:
        start.wait()
        signed.append(sign_due_batches(services.factory, composers))

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(signed) >= 3
    with open_transaction() as session:
        made_under = composers.load(session, issue_id).made_under
    assert [len(read_signatures(row, made_under)) for row in _stored(open_transaction)] == [2, 2, 2]


@pytest.mark.parametrize("state", [state for state in IssueState if state is not IssueState.HELD])
def test_only_held_issues_are_signed_ahead(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int, state: IssueState
) -> None:
    with open_transaction() as session:
        session.execute(update(Issue).where(Issue.id == issue_id).values(state=state))
    assert sign_due_batches(services.factory, composers) == 0
    assert _stored(open_transaction) == []


def test_an_issue_that_begins_to_leave_meanwhile_stores_nothing_more(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def start() -> None:
        with open_transaction() as session:
            session.execute(update(Issue).where(Issue.id == issue_id).values(state=IssueState.SENDING))

    assert _sign_while(services, start) == 1
    assert _stored(open_transaction) == []


def test_an_issue_taken_back_meanwhile_leaves_no_signature_behind(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def withdraw() -> None:
        with open_transaction() as session:
            withdraw_issue(session, issue_id)

    assert _sign_while(services, withdraw) == 1
    assert _stored(open_transaction) == []


def _sign_while(services: Services, happens: Callable[[], None]) -> int:
    """Sign, while something happens after a batch was read and before its signatures are stored."""
    asked = []

    def is_last() -> bool:
        asked.append(1)
        return len(asked) > 1

    composers = Composers(services.links, DkimKeys([_Meanwhile(RSA.domain, RSA.selector, RSA.private, [happens])]))
    return sign_due_batches(services.factory, composers, should_stop=is_last)


@dataclass(frozen=True)
class _Meanwhile(SigningKey):
    """A key at whose first signature something happens."""

    pending: list[Callable[[], None]]

    def sign(self, digest: bytes) -> bytes:
        while self.pending:
            self.pending.pop()()
        return super().sign(digest)


def test_only_copies_that_wait_are_signed(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int
) -> None:
    with open_transaction() as session:
        first = select(Delivery.id).order_by(Delivery.id).limit(1).scalar_subquery()
        session.execute(update(Delivery).where(Delivery.id == first).values(state=DeliveryState.SKIPPED))
        made_under = composers.load(session, issue_id).made_under
    sign_due_batches(services.factory, composers)
    assert sorted(len(read_signatures(row, made_under)) for row in _stored(open_transaction)) == [1, 2, 2]


def test_an_address_that_no_mail_can_be_made_for_keeps_nobody_else_from_a_signature(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int
) -> None:
    with open_transaction() as session:
        first = select(Delivery.id).order_by(Delivery.id).limit(1).scalar_subquery()
        session.execute(update(Delivery).where(Delivery.id == first).values(recipient="not an address"))
        made_under = composers.load(session, issue_id).made_under
    assert sign_due_batches(services.factory, composers) == 3
    assert sorted(len(read_signatures(row, made_under)) for row in _stored(open_transaction)) == [1, 2, 2]


@pytest.mark.parametrize("keys", [[], [make_rsa_key("other.test")]], ids=["no keys", "another domain's key"])
def test_where_the_relay_signs_there_is_no_work(
    services: Services, open_transaction: OpenTransaction, issue_id: int, keys: list[SigningKey]
) -> None:
    unsigned = Composers(services.links, DkimKeys(keys))
    assert issue_id
    assert sign_due_batches(services.factory, unsigned) == 0
    with open_transaction() as session:
        assert count_unsigned(session, unsigned) == 0
    assert _stored(open_transaction) == []


def test_it_stops_when_it_is_told_to_and_when_its_time_is_spent(
    services: Services, open_transaction: OpenTransaction, composers: Composers, issue_id: int
) -> None:
    assert issue_id
    assert sign_due_batches(services.factory, composers, timedelta()) == 0
    assert sign_due_batches(services.factory, composers, should_stop=lambda: len(_stored(open_transaction)) == 2) == 2
    assert sign_due_batches(services.factory, composers) == 1


SIZES = st.integers(0, 400)


@given(st.lists(st.integers(0, 2**63 - 1), unique=True, max_size=20), SIZES)
def test_what_was_packed_is_unpacked(keys: list[int], size: int) -> None:
    signatures = {key: bytes([key % 256]) * size for key in keys}
    assert unpack_signatures(pack_signatures(signatures)) == signatures


@given(st.binary(max_size=60))
def test_damaged_signatures_are_none_and_never_an_error(packed: bytes) -> None:
    assert isinstance(unpack_signatures(packed), dict)


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_torn_signatures_are_none(cut: int) -> None:
    assert unpack_signatures(pack_signatures({7: bytes(352), 8: bytes(352)})[:-cut]) == {}
