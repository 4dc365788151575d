"""Takes an import back: whom it brought goes, what it changed is as it was. Nobody becomes mailable who was not before.

A row that somebody changed since stays as they left it; a person whom other rows name by now (copies, consent) stays
too, unsubscribed. Suppressions that came by a file stay: only staff or the person lift one.
"""

from dataclasses import dataclass
from itertools import count
from typing import Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.db import SessionFactory, hold_lock, transaction
from service.errors import Conflict
from service.jobs import Job, enqueue
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.importing.models import Import, ImportLine, ImportState
from service.subscribers.importing.progress import get_import
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent

LINES_AT_ONCE: Final = 1_000  # in one transaction
IDS_AT_ONCE: Final = 2_000  # whom a reader who leaves just then may wait for
_Brought = Subscription | Subscriber
_ENDED: Final = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)

_RESTORE_PEOPLE: Final = """
update subscribers s set name = b.name, tags = b.tags, fields = b.fields
from import_lines l, jsonb_populate_record(null::subscribers, l.before -> 'subscribers') b
where l.import_id = :import and l.line between :first and :last and l.before ? 'subscribers'
  and s.id = b.id and to_jsonb(s) = l.after -> 'subscribers'
"""
_RESTORE_TIES: Final = """
with restored as (
    update subscriptions t set state = b.state, ended_at = b.ended_at, paused_until = b.paused_until
    from import_lines l, jsonb_populate_record(null::subscriptions, l.before -> 'subscriptions') b
    where l.import_id = :import and l.line between :first and :last and l.before ? 'subscriptions'
      and t.id = b.id and to_jsonb(t) = l.after -> 'subscriptions'
    returning t.id
)
insert into consent_events (subscription_id, event, source, wording, evidence)
select id, 'undo-import', 'import', :wording, jsonb_build_object('import', cast(:import as bigint)) from restored
"""


@dataclass(frozen=True, slots=True)
class UndoFigures:
    """``removed``: subscriptions that the file brought. ``restored``: rows put back. ``kept``: what was not undone."""

    removed: int
    restored: int
    kept: int


def ask_undo(session: Session, import_id: int) -> None:
    """Have an import undone. Safe to repeat.

    Raises:
        Conflict: while it runs, or when it was only a rehearsal.
    """
    row = get_import(session, import_id)
    if row.is_dry_run:
        raise Conflict("This was a dry run: there is nothing to undo.")
    if row.state in _ENDED:
        row.state = ImportState.UNDOING
    elif row.state not in {ImportState.UNDOING, ImportState.UNDONE}:
        raise Conflict("This import is still running: cancel it first.")
    enqueue(session, Job.UNDO_IMPORT, import_id)


def undo_import(factory: SessionFactory, import_id: int) -> UndoFigures:
    """Undo what was asked to be undone. Safe to repeat and to run twice at once; a killed one goes on where it was."""
    with hold_lock(factory, f"undo import {import_id}"):
        with factory() as session:
            if session.get_one(Import, import_id).state is not ImportState.UNDOING:
                return UndoFigures(0, 0, 0)
        restored, kept_lines = _restore(factory, import_id)
        removed, kept = _remove(factory, import_id)
        with transaction(factory) as session:
            get_import(session, import_id).state = ImportState.UNDONE
    return UndoFigures(removed, restored, kept_lines + kept)


def _restore(factory: SessionFactory, import_id: int) -> tuple[int, int]:
    """Put rows back where nobody changed them since. Returns how many, and how many lines found theirs changed."""
    last, restored, lines = 0, 0, 0
    while True:
        with transaction(factory) as session:
            changed = (
                select(ImportLine.line)
                .where(ImportLine.import_id == import_id, ImportLine.before.is_not(None))
                .order_by(ImportLine.line.desc())
                .limit(LINES_AT_ONCE)
            )
            numbers = session.scalars(changed.where(ImportLine.line < last) if last else changed).all()
            if not numbers:
                return restored, lines - restored
            lines, last = lines + len(numbers), numbers[-1]
            restored += _restore_lines(session, import_id, numbers[-1], numbers[0])


def _restore_lines(session: Session, import_id: int, first: int, last: int) -> int:
    parameters = {"import": import_id, "first": first, "last": last, "wording": f"Import {import_id} was undone."}
    restored = 0
    for _ in count():
        found = sum(
            session.connection().execute(text(statement), parameters).rowcount
            for statement in (_RESTORE_PEOPLE, _RESTORE_TIES)
        )
        restored += found
        if not found:  # several lines may have changed one person: each pass takes back one step of theirs
            break
    return restored


def _remove(factory: SessionFactory, import_id: int) -> tuple[int, int]:
    """Delete whom the file brought. Returns how many subscriptions went, and how many could only be ended."""
    removed = kept = 0
    proof = Proof(ConsentSource.IMPORT, f"Import {import_id} was undone.", {"import": import_id})
    for ids in _list_ranges(factory, Subscription, import_id):
        with transaction(factory) as session:
            gone, used = _delete_unused(session, Subscription, import_id, ids)
            removed, kept = removed + gone, kept + len(used)
            for subscription_id in used:
                apply(session, lock_subscription(session, subscription_id), SubscriptionEvent.UNDO_IMPORT, proof)
    for ids in _list_ranges(factory, Subscriber, import_id):
        with transaction(factory) as session:
            _delete_unused(session, Subscriber, import_id, ids)
    return removed, kept


def _list_ranges(factory: SessionFactory, model: type[_Brought], import_id: int) -> list[range]:
    """Return the ids among which are all rows that a file brought, some thousands at a time."""
    with factory() as session:
        ends = select(func.min(model.id), func.max(model.id)).where(model.import_id == import_id)
        first, last = session.execute(ends).one()
    if first is None:
        return []
    return [range(start, min(start + IDS_AT_ONCE, last + 1)) for start in range(first, last + 1, IDS_AT_ONCE)]


def _delete_unused(session: Session, model: type[_Brought], import_id: int, ids: range) -> tuple[int, list[int]]:
    """Delete rows that a file brought and no other row names. Returns how many, and the ids of those that stay.

    The database knows who names them: where it refuses, each half is tried by itself.
    """
    ours = (model.import_id == import_id, model.id.between(ids[0], ids[-1]))
    try:
        with session.begin_nested():
            return session.connection().execute(delete(model).where(*ours)).rowcount, []
    except IntegrityError:
        if len(ids) == 1:
            return 0, list(ids)
    middle = len(ids) // 2
    gone, used = _delete_unused(session, model, import_id, ids[:middle])
    gone_after, used_after = _delete_unused(session, model, import_id, ids[middle:])
    return gone + gone_after, used + used_after
