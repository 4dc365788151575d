"""Numbered notes and the markers that point to them, whatever the author's way: ``[1]``, ``¹``, ``①`` or ``[^a]``.

In an item's text a tied marker becomes ``[^1]``. Notes and markers that find no partner stay where they are, and
staff are told. It never moves a paragraph that is not a note.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from service.manuscripts.labels import Label, find_label
from service.manuscripts.manuscript import Aside, Lines
from service.manuscripts.source import Passage, Shape

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_CIRCLED = {chr(0x2460 + index): str(index + 1) for index in range(20)}

_BRACKETED = r"\\?[\[［【〔]\s?(?P<number>\d{1,3})\s?\\?[\]］】〕]"
_MARKER = re.compile(
    rf"\[\^(?P<label>[^\]\s]{{1,80}})\]|{_BRACKETED}(?!\()|(?P<raised>[⁰¹²³⁴-⁹]{{1,3}})|(?P<circled>[①-⑳])"
)
_DEFINITION = re.compile(
    rf"(?P<mark>{_BRACKETED}\s*[.:：]?|(?P<raised>[⁰¹²³⁴-⁹]{{1,3}})|(?P<circled>[①-⑳]))\s*(?=\S)", re.DOTALL
)
_LISTED = re.compile(r"(?P<mark>(?P<number>\d{1,3})(?:\\?[.):](?=\s)|[、．]|(?=\s)))\s*(?=\S)")
# Powers and units are not notes: 10⁶, km², м³.
_UNIT_BEFORE = re.compile(r"(?:\d|\b[kcdmмкс]?[mм])$")


@dataclass(slots=True)
class FoundNote:
    """A note as it stands in the source; ``mark`` is how the author wrote its number.

    ``linked`` notes come from the file's own footnotes, so that only their order counts, not their label.
    """

    label: str
    text: str
    lines: Lines
    mark: str
    passage: Passage
    linked: bool = False


@dataclass(slots=True)
class Notes:
    """The notes taken out of one item's body, and the words around them that are no note."""

    body: list[Passage]
    found: list[FoundNote] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)


def take_notes(body: Sequence[Passage]) -> Notes:
    """Separate a "Notes:" section, or the bracketed notes at the end of ``body``, from the text."""
    for index, passage in enumerate(body):
        if find_label(passage.plain) is Label.NOTES and passage.shape in {Shape.PARAGRAPH, Shape.HEADING}:
            notes = _read_section(body[index + 1 :])
            if notes.found:
                notes.body[:0] = body[:index]
                notes.asides.insert(0, passage.set_aside("section label"))
                return notes
    return _take_trailing(list(body))


def _read_section(passages: Sequence[Passage]) -> Notes:
    notes = Notes([])
    last = max((i for i, passage in enumerate(passages) if _read_definition(passage, _DEFINITION)), default=0)
    for index, passage in enumerate(passages):
        if passage.shape is Shape.LIST:
            found = _read_list(passage)
        else:
            note = _read_definition(passage, _DEFINITION) or _read_next(passage, notes.found)
            found = [note] if note else []
        if found:
            notes.found += found
        elif notes.found and passage.shape is Shape.PARAGRAPH and index < last:
            # An unnumbered paragraph between two notes is the first one's second paragraph.
            notes.found[-1].text += "\n\n" + passage.text
            notes.found[-1].lines = (notes.found[-1].lines[0], passage.lines[1])
        else:
            notes.body.append(passage)
    return notes


def _read_next(passage: Passage, found: Sequence[FoundNote]) -> FoundNote | None:
    """ "12 people …" is a sentence, unless note 11 stands above it."""
    note = _read_definition(passage, _LISTED)
    return note if note and (not found or int(note.label) == int(found[-1].label) + 1) else None


def _take_trailing(body: list[Passage]) -> Notes:
    found: list[FoundNote] = []
    while body:
        note = _read_definition(body[-1], _DEFINITION) if body[-1].shape is Shape.PARAGRAPH else None
        if note is None:
            break
        found.insert(0, note)
        body.pop()
    pointed = {label for passage in body for label, _ in find_markers(passage)}
    if any(note.label in pointed for note in found):
        return Notes(body, found)
    return Notes([*body, *(note.passage for note in found)])


def _read_definition(passage: Passage, pattern: re.Pattern[str]) -> FoundNote | None:
    match = pattern.match(passage.text)
    if passage.shape is not Shape.PARAGRAPH or not match or match.end() == len(passage.text):
        return None
    return FoundNote(
        _number(match),
        passage.text[match.end() :],
        passage.lines,
        match["mark"].replace("\\", "") + passage.marks,
        passage,
    )


def _read_list(passage: Passage) -> list[FoundNote]:
    found: list[FoundNote] = []
    for line in passage.text.split("\n"):
        match = _LISTED.match(line)
        if match:
            found.append(FoundNote(_number(match), line[match.end() :], passage.lines, match["mark"], passage))
        elif found:
            found[-1].text += "\n" + line.strip()
        else:
            return []
    return found


def _number(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("number"):
        return str(int(groups["number"]))
    if groups.get("raised"):
        return str(int(groups["raised"].translate(_SUPERSCRIPTS)))
    return _CIRCLED[groups["circled"]]


def find_markers(passage: Passage) -> list[tuple[str, str]]:
    """Return the markers in a passage as ``(label, as typed)``, in order; powers and units are not markers."""
    return [(_label(match), match[0]) for match in _MARKER.finditer(passage.text) if _is_marker(match)]


def _label(match: re.Match[str]) -> str:
    return match["label"] or _number(match)


def _is_marker(match: re.Match[str]) -> bool:
    text = match.string
    if match.start() == 0 and (match["label"] is None or text[match.end() : match.end() + 1] == ":"):
        # Nothing stands before it that it could mark: this is how a note itself begins.
        return False
    return not (match["raised"] and _UNIT_BEFORE.search(text[max(0, match.start() - 4) : match.start()]))


def number_notes(notes: Sequence[FoundNote]) -> list[int]:
    """Return each note's number in its item, in the order of ``notes``.

    Typed numbers stay as the author typed them; a count that continues from an earlier article starts again at 1.
    """
    labels = [note.label for note in notes]
    if any(note.linked for note in notes) or len(set(labels)) < len(labels):
        return list(range(1, len(labels) + 1))
    numbers = [int(label) for label in labels]
    first = min(numbers, default=1)
    continues = sorted(numbers) == list(range(first, first + len(numbers)))
    return [number - first + 1 for number in numbers] if continues else numbers


def tie_markers(passage: Passage, numbers: dict[str, int]) -> Passage:
    """Return the passage with each marker that has a note as ``[^number]``; what it replaced goes to ``marks``."""
    replaced: list[str] = []

    def point(match: re.Match[str]) -> str:
        number = numbers.get(_label(match)) if _is_marker(match) else None
        if number is None:
            return match[0]
        if match[0] not in (f"[{number}]", f"[^{number}]"):
            replaced.append(match[0])
        return f"[^{number}]"

    text = _MARKER.sub(point, passage.text)
    return replace(passage, text=text, marks=passage.marks + "".join(replaced))


def read_linked_note(passage: Passage) -> FoundNote:
    """Return the note that a footnote of the file itself is."""
    return FoundNote(passage.label, passage.text, passage.lines, passage.marks, passage, linked=True)
