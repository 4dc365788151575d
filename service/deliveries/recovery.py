"""What dead senders of this machine knew goes into the database at once, without waiting for their leases.

Owns what each phase of a journal means for a copy. Safe to repeat, and beside other processes: a journal is locked,
and every copy is under the fence of its claim.
"""

import logging
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.deliveries.abandoned import blame_copies, doubt_copies
from service.deliveries.batches import put_down
from service.deliveries.claiming import Claim, columns_of_claim, give_back
from service.deliveries.journal import SUFFIX, Phase, Record, hold_abandoned, read_journal
from service.deliveries.moves import is_in, match_ours, name_ours
from service.deliveries.outcomes import record_outcomes
from service.deliveries.states import DeliveryState
from service.issues.models import Issue

log = logging.getLogger(__name__)

# Those whose fate the database does not know: what it knows already would only blur the share of the refusals.
_FIND: Final = select(*columns_of_claim()).where(
    match_ours(), is_in([DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.UNCERTAIN])
)


def recover_journals(factory: SessionFactory, folder: Path) -> int:
    """Apply every journal in ``folder`` whose sender is dead, and give its batch back. Returns how many there were.

    What was answered is recorded, what was leaving is uncertain, the rest certainly did not leave and is queued again.
    A file that can't be read is set aside with a warning.
    """
    return sum(_recover(factory, path) for path in sorted(folder.glob(f"*{SUFFIX}")))


def _recover(factory: SessionFactory, path: Path) -> bool:
    with hold_abandoned(path) as file:
        if file is None:
            return False
        try:
            record = read_journal(file)
        except ValueError as problem:
            log.warning("the journal %s is set aside: %s", path.name, problem)
            path.rename(path.with_suffix(".aside"))
            return False
        with transaction(factory) as session:
            is_ours = _is_of_this_database(session, record)
            if is_ours:
                _apply(session, record)
        if is_ours:
            path.unlink()
        return is_ours


def _is_of_this_database(session: Session, record: Record) -> bool:
    """Whether the journal's issue is here: services of two databases may share a machine, and a folder."""
    made_at = session.scalar(select(Issue.created_at).where(Issue.id == record.held.issue_id))
    return made_at == record.held.issue_made_at


def _apply(session: Session, record: Record) -> None:
    claims = {row.id: Claim(*row) for row in session.execute(_FIND, name_ours(record.notes))}
    known = [(claims[note.delivery_id], note) for note in record.notes if note.delivery_id in claims]
    record_outcomes(session, [(claim, note.outcome) for claim, note in known if note.outcome])
    doubt_copies(session, [claim for claim, note in known if note.phase is Phase.LEAVING])
    blame_copies(session, [claim for claim, note in known if note.phase is Phase.TAKEN])
    give_back(session, [claim for claim, note in known if note.phase is Phase.WAITING])
    put_down(session, record.held)
