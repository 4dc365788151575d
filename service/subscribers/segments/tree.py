"""What a segment says: conditions on one person, and how they are joined. Never how it is written, and never SQL.

"Is not" and "before" have no form of their own: they are ``Not`` of "is" and "since". So ``Not`` has to hold for a
person of whom the fact is not known, too.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Field(StrEnum):
    """A fact about a person that is compared with text."""

    LANGUAGE = "language"
    NAME = "name"
    TAG = "tag"
    SOURCE = "source"
    FREQUENCY = "frequency"
    NEWSLETTER = "newsletter"


class Attention(StrEnum):
    """What a person did with an issue, as far as a person and not a machine did it."""

    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class Ago:
    """So many days before the day on which the choice is made."""

    days: int


Day = date | Ago


@dataclass(frozen=True, slots=True)
class Is:
    """The fact is this text. ``tag``: one of the tags; ``newsletter``: gets the one with this slug."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The fact has this text somewhere in it. ``tag``: one of the tags has."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class AnswerIs:
    """The person's answer to the question of this name is this text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerContains:
    """The person's answer to the question of this name has this text somewhere in it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class JoinedSince:
    """Agreed to the newsletter on this day or later; a day begins by the organisation's clocks, here and below."""

    day: Day


@dataclass(frozen=True, slots=True)
class IssueNumber:
    """An issue of the newsletter by its number; ``volume`` where staff named one, for numbers may begin anew."""

    number: int
    volume: int | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """Opened, or clicked in, at least so many different issues, since a day or ever."""

    attention: Attention
    at_least: int = 1
    since: Day | None = None


@dataclass(frozen=True, slots=True)
class AttendedIssue:
    """Opened, or clicked in, this issue."""

    attention: Attention
    issue: IssueNumber


@dataclass(frozen=True, slots=True)
class Got:
    """This issue was sent to the person."""

    issue: IssueNumber


@dataclass(frozen=True, slots=True)
class Gave:
    """Gave, since a day or ever; in all at least so many whole units of the organisation's currency."""

    at_least: int = 0
    since: Day | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """All the others."""

    part: "Tree"


@dataclass(frozen=True, slots=True)
class Every:
    """Each part holds: "and"."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds: "or"."""

    parts: tuple["Tree", ...]


Clause = Is | Contains | AnswerIs | AnswerContains | JoinedSince | Attended | AttendedIssue | Got | Gave
Tree = Clause | Not | Every | Either
