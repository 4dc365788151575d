"""Where a file keeps what we take from it. Owns the shape of that knowledge; the houses are in ``suppliers``.

Column names are as in the file's header, in small letters. A column that the file lacks says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.lists.entries import EntryStatus


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file.

    What becomes of a person is read in this order: a filled column of ``doubts`` sets the line aside with its sentence;
    a filled column of ``marks`` decides; then the word in ``status``, where an unknown word sets the line aside; where
    there is no such column, ``otherwise``.
    """

    format: str
    address: str
    names: tuple[str, ...] = ()  # joined with a space
    language: str = ""
    tags: str = ""
    agreed_at: tuple[str, ...] = ()  # the first that is filled
    ended_at: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, EntryStatus] = field(default_factory=dict)
    status: str = ""
    words: Mapping[str, EntryStatus] = field(default_factory=dict)
    otherwise: EntryStatus = EntryStatus.SUBSCRIBED
    fields: Mapping[str, str] = field(default_factory=dict)  # what we call it: its column
    attributes: str = ""  # a column that holds a JSON object of fields
    frequency: str = ""
    paused_until: str = ""
    is_own: bool = False  # written by our ``spreadsheets.write_back``
    caution: str = ""  # what such a file can't tell, for whoever imports it
