"""Which item each note belongs to, and which marker points to it. Staff hear of every note or marker without partner.

Notes stand at the end of their article, or of the issue; a file's own footnotes may stand anywhere. It never guesses:
a note goes where a marker asks for it, otherwise it stays where it stood.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.manuscripts.manuscript import Aside, Note
from service.manuscripts.notes import FoundNote, find_markers, number_notes, tie_markers
from service.manuscripts.outline import Draft
from service.manuscripts.source import Passage


def give_notes_to_drafts(drafts: Sequence[Draft], linked: Iterable[FoundNote]) -> list[Aside]:
    """Move each note to the draft whose text points to it; return a doubt for each one that nothing points to."""
    pool = list(linked)
    for draft in drafts:
        pointed = _labels_in(draft)
        pool += [note for note in draft.notes if note.label not in pointed]
    for draft in drafts:
        own = {note.label for note in draft.notes}
        for label in _labels_in(draft):
            note = next((note for note in pool if note.label == label), None)
            if label not in own and note is not None:
                _move(note, pool, drafts, draft)
    for note in pool:
        if note.linked:
            _stands_in(drafts, note).notes.append(note)
    return [note.passage.in_doubt(f"Note {note.label}: no marker in the text points to it.") for note in pool]


def _labels_in(draft: Draft) -> list[str]:
    """Return the labels of the markers in a draft's body, each once, in order."""
    return list(dict.fromkeys(label for passage in draft.body for label, _ in find_markers(passage)))


def _move(note: FoundNote, pool: list[FoundNote], drafts: Sequence[Draft], to: Draft) -> None:
    pool.remove(note)
    for draft in drafts:
        if note in draft.notes:
            draft.notes.remove(note)
    to.notes.append(note)


def _stands_in(drafts: Sequence[Draft], note: FoundNote) -> Draft:
    """Return the draft that a note without marker stands in or after."""
    before = [draft for draft in drafts if draft.body and draft.body[0].line <= note.lines[0]]
    return before[-1] if before else drafts[0]


def tie_notes(draft: Draft) -> tuple[list[Passage], tuple[Note, ...], list[Aside]]:
    """Return a draft's body with its markers tied, its numbered notes, and doubts about the rest."""
    doubts: list[Aside] = []
    linked_order = {label: position for position, label in enumerate(_labels_in(draft))}
    if any(note.linked for note in draft.notes):
        draft.notes.sort(key=lambda note: linked_order.get(note.label, len(linked_order)))
    numbers = number_notes(draft.notes)
    by_label: dict[str, int] = {}
    for note, number in zip(draft.notes, numbers, strict=True):
        if note.label in by_label:
            doubts.append(
                note.passage.in_doubt(f"Note {note.label} stands here a second time: it is now note {number}.")
            )
        by_label.setdefault(note.label, number)
    body = []
    for passage in draft.body:
        doubts += _doubt_markers(passage, by_label)
        body.append(tie_markers(passage, by_label) if by_label else passage)
    notes = [Note(number, note.text, note.lines, note.mark) for note, number in zip(draft.notes, numbers, strict=True)]
    return body, tuple(sorted(notes, key=lambda note: note.number)), doubts


def _doubt_markers(passage: Passage, numbers: dict[str, int]) -> list[Aside]:
    missing = {typed: label for label, typed in find_markers(passage) if label not in numbers and _is_sure(typed)}
    return [replace(passage.in_doubt(f"Marker {typed}: there is no note {label}.")) for typed, label in missing.items()]


def _is_sure(typed: str) -> bool:
    """A circled number often just counts; brackets and small raised digits are always markers."""
    return not "①" <= typed[0] <= "⑳"
