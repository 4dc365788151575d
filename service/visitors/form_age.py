"""How long a public form lay open. Owns the mark that it carries, and the ages at which a form is believed.

A mark is signed and says when the form was made, and a number that no other form has: it holds nothing of a person and
needs no cookie. Whether a form was sent before is not known here: whoever stores it makes its mark unique.
"""

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from service.clock import now
from service.tokens import Purpose, TokenSigner

YOUNGEST: Final = timedelta(seconds=2)  # nobody fills a form in faster; programs do
OLDEST: Final = timedelta(hours=24)


class FormAge(StrEnum):
    """What the mark of a form says about it."""

    RIPE = "ripe"
    HASTY = "hasty"  # the same mark is good a moment later
    STALE = "stale"
    FOREIGN = "foreign"  # no mark, or none that we made for this form


def make_form_mark(signer: TokenSigner, purpose: Purpose, *, made_at: datetime | None = None) -> str:
    """Return the mark for one form that is shown now, or was at ``made_at`` (aware, kept to the second)."""
    return signer.sign(purpose, int((made_at or now()).timestamp()), secrets.randbits(62))


def judge_form_mark(signer: TokenSigner, purpose: Purpose, mark: str) -> FormAge:
    """Return whether the form with this mark lay open as long as a person takes, and no longer than a day.

    Args:
        purpose: the one that the mark was made for; another form's mark is ``FOREIGN``.
        mark: as it came back, any text at all.
    """
    ids = signer.read(purpose, mark)
    if ids is None or len(ids) != 2:
        return FormAge.FOREIGN
    age = now() - datetime.fromtimestamp(ids[0], UTC)
    if age < YOUNGEST:
        return FormAge.HASTY
    return FormAge.RIPE if age <= OLDEST else FormAge.STALE
