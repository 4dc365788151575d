"""A segment's tree as one SQL condition over a subscription and its subscriber. Chooses nobody by itself.

What staff wrote reaches the database as bound parameters alone; no text of theirs is ever SQL.
"""

from sqlalchemy import ColumnElement, and_, not_, or_

from service.deliveries.segments.deeds import compile_deed
from service.deliveries.segments.facts import compile_fact
from service.deliveries.segments.gifts import compile_gave
from service.deliveries.segments.ground import Ground
from service.subscribers.segments.tree import Attended, AttendedIssue, Clause, Either, Every, Gave, Got, Not, Tree


def compile_tree(tree: Tree, ground: Ground) -> ColumnElement[bool]:
    """Return the condition, for queries over ``Subscription`` joined with ``Subscriber``; true or false, never null."""
    match tree:
        case Not(part):
            return not_(compile_tree(part, ground))
        case Every(parts):
            return and_(*(compile_tree(part, ground) for part in parts))
        case Either(parts):
            return or_(*(compile_tree(part, ground) for part in parts))
        case _:
            return _compile_clause(tree, ground)


def _compile_clause(clause: Clause, ground: Ground) -> ColumnElement[bool]:
    match clause:
        case Attended() | AttendedIssue() | Got():
            return compile_deed(clause, ground)
        case Gave():
            return compile_gave(clause, ground)
        case _:
            return compile_fact(clause, ground)
