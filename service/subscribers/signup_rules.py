"""What staff switch on at the doors of sign-ups. Owns changing it; what follows is for ``defence`` and ``signup``."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.subscribers.signup_models import SignUpRules

LONGEST_ATTACK: Final = timedelta(days=7)


def change_rules(
    session: Session,
    *,
    refuses_disposable: bool | None = None,
    asks_for_work: bool | None = None,
    attack_for: timedelta | None = None,
) -> SignUpRules:
    """Change what is told, and return all that stands. Safe to repeat.

    Args:
        refuses_disposable: whether throw-away addresses are sent back.
        asks_for_work: whether every form has to bring a proof of work, attack or not.
        attack_for: how long from now sign-ups are treated as under attack; nothing of it ends that mode, until a
            flood begins it again.

    Raises:
        BadInput: for an attack of more than a week, or of less than nothing.
    """
    rules = session.get_one(SignUpRules, 1, with_for_update=True)
    if refuses_disposable is not None:
        rules.refuses_disposable = refuses_disposable
    if asks_for_work is not None:
        rules.asks_for_work = asks_for_work
    if attack_for is not None:
        if not timedelta(0) <= attack_for <= LONGEST_ATTACK:
            raise BadInput(f"The attack mode lasts from nothing to {LONGEST_ATTACK.days} days at a time.")
        rules.attack_until = func.now() + attack_for if attack_for else None
    session.flush()
    session.refresh(rules)
    return rules
