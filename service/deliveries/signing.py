"""Signatures of held issues, made ahead batch by batch. Owns which batches are due and how signatures are stored.

Never holds a transaction while it signs, and never touches an issue that has begun to leave: a batch without stored
signatures is signed as it is sent.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

from sqlalchemy import Select, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.deliveries.batches import lies_in_batch
from service.deliveries.claiming import Claim, columns_of_claim
from service.deliveries.compose import Composer, Composers
from service.deliveries.models import Batch, BatchSignatures, Delivery
from service.deliveries.states import DeliveryState
from service.errors import BadInput
from service.issues.models import Issue
from service.issues.states import IssueState

SLICE: Final = timedelta(seconds=20)  # as long as one task may run
_HEAD: Final = struct.Struct(">H")  # how many bytes each signature has
_ID: Final = struct.Struct(">q")


@dataclass(frozen=True)
class _Work:
    """A batch to sign: its composer and its copies."""

    batch_id: int
    composer: Composer
    claims: list[Claim]


def sign_due_batches(
    factory: SessionFactory,
    composers: Composers,
    budget: timedelta = SLICE,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Sign batches of held issues until none is left or ``budget`` is spent. Returns how many were signed.

    Safe to repeat and to run in several processes: each takes a batch at random, and the first to store it wins.
    """
    signed, until = 0, monotonic() + budget.total_seconds()
    while monotonic() < until and not should_stop():
        with transaction(factory) as session:
            work = _find_work(session, composers)
        if work is None:
            break
        packed = pack_signatures(_sign(work))
        with transaction(factory) as session:
            _store(session, work, packed)
        signed += 1
    return signed


def count_unsigned(session: Session, composers: Composers) -> int:
    """Return how many batches of held issues wait for their signatures."""
    return sum(
        session.scalar(_unsigned(composer).with_only_columns(func.count())) or 0
        for composer in _list_signing(session, composers)
    )


def read_signatures(row: BatchSignatures, made_under: str) -> dict[int, bytes]:
    """Return the signatures of a batch by their delivery; empty when they were made over other bytes or are damaged."""
    return unpack_signatures(row.signatures) if row.made_under == made_under else {}


def pack_signatures(signatures: dict[int, bytes]) -> bytes:
    """Return signatures, all of one length, as they are stored: this length, then each delivery's id and its own."""
    size = len(next(iter(signatures.values()), b""))
    return b"".join([_HEAD.pack(size), *(_ID.pack(key) + signature for key, signature in signatures.items())])


def unpack_signatures(packed: bytes) -> dict[int, bytes]:
    """Return what ``pack_signatures`` was given; empty when it is damaged: such copies are signed as they are sent."""
    if len(packed) < _HEAD.size:
        return {}
    (size,) = _HEAD.unpack_from(packed)
    step = _ID.size + size
    if (len(packed) - _HEAD.size) % step:
        return {}
    places = range(_HEAD.size, len(packed), step)
    return {_ID.unpack_from(packed, place)[0]: packed[place + _ID.size : place + step] for place in places}


def _list_signing(session: Session, composers: Composers) -> Iterator[Composer]:
    """Yield the composers of held issues that are signed here, those that leave first before the others."""
    held = select(Issue.id).where(Issue.state == IssueState.HELD).order_by(Issue.starts_at, Issue.id)
    for issue_id in session.scalars(held).all():
        composer = composers.load(session, issue_id)
        if composer.signs:
            yield composer


def _unsigned(composer: Composer) -> Select[Batch]:
    """Return the query for the batches of an issue that have no signatures over the bytes of this composer."""
    stored = exists().where(BatchSignatures.batch_id == Batch.id, BatchSignatures.made_under == composer.made_under)
    return select(Batch).where(Batch.issue_id == composer.issue_id, ~stored)


def _find_work(session: Session, composers: Composers) -> _Work | None:
    for composer in _list_signing(session, composers):
        batch = session.scalar(_unsigned(composer).order_by(func.random()).limit(1))
        if batch:
            rows = (
                select(*columns_of_claim())
                .where(lies_in_batch(batch.issue_id, batch.first_id, batch.last_id))
                .where(Delivery.state == DeliveryState.QUEUED)
            )
            return _Work(batch.id, composer, [Claim(*row) for row in session.execute(rows)])
    return None


def _sign(work: _Work) -> dict[int, bytes]:
    signatures = {}
    for claim in work.claims:
        # Whoever can't be written to is found by the sender, which can say so in the row.
        with suppress(BadInput):
            signatures[claim.delivery_id] = work.composer.sign_ahead(claim)
    return signatures


def _store(session: Session, work: _Work, packed: bytes) -> None:
    """Store the signatures of a batch that is still there, if its issue is still held."""
    still_held = (
        select(Batch.id, literal(work.composer.made_under), literal(packed))
        .join(Issue, Issue.id == Batch.issue_id)
        .where(Batch.id == work.batch_id, Issue.state == IssueState.HELD)
        .with_for_update(read=True, of=Issue)
    )
    columns = ["batch_id", "made_under", "signatures"]
    row = insert(BatchSignatures).from_select(columns, still_held)
    newer = {"made_under": row.excluded.made_under, "signatures": row.excluded.signatures}
    changed = BatchSignatures.made_under != row.excluded.made_under
    session.execute(row.on_conflict_do_update(index_elements=["batch_id"], set_=newer, where=changed))
