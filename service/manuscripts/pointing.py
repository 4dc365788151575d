"""Which item each note belongs to, and which marker points to it. Staff hear of every note or marker without partner.

Notes stand at the end of their article, or of the issue; a file's own footnotes may stand anywhere. It never guesses:
a note goes where a marker asks for it, otherwise it stays where it stood.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from service.manuscripts.manuscript import Aside, ItemKind, Note
from service.manuscripts.notes import FoundNote, find_markers, number_notes, tie_markers
from service.manuscripts.outline import Draft
from service.manuscripts.source import Passage


def give_notes_to_drafts(drafts: Sequence[Draft], linked: Iterable[FoundNote]) -> list[Aside]:
    """Move each note to the draft whose text points to it; return a doubt for each one that nothing points to."""
    wanted = [_labels_in(draft) for draft in drafts]
    held = [{note.label for note in draft.notes} for draft in drafts]
    pool: dict[str, deque[FoundNote]] = {}
    for note in linked:
        pool.setdefault(note.label, deque()).append(note)
    for draft, labels in zip(drafts, wanted, strict=True):
        for note in draft.notes:
            if note.label not in labels:
                pool.setdefault(note.label, deque()).append(note)
    moved: set[int] = set()
    for draft, labels, own in zip(drafts, wanted, held, strict=True):
        given = [pool[label].popleft() for label in labels if label not in own and pool.get(label)]
        draft.notes += given
        moved.update(id(note) for note in given)
    for draft, own in zip(drafts, held, strict=True):
        draft.notes = [note for note in draft.notes if id(note) not in moved or note.label not in own]
    return _doubt_rest(drafts, [note for notes in pool.values() for note in notes])


def _doubt_rest(drafts: Sequence[Draft], rest: Iterable[FoundNote]) -> list[Aside]:
    """A footnote of the file that nothing points to goes to the last article; a typed one stays where it stands."""
    articles = [draft for draft in drafts if draft.kind not in {ItemKind.ASK, ItemKind.GREETING}] or list(drafts)
    doubts = []
    for note in rest:
        doubts.append(note.passage.in_doubt(f"Note {note.label}: no marker in the text points to it."))
        if note.linked:
            articles[-1].notes.append(note)
    return doubts


def _labels_in(draft: Draft) -> dict[str, None]:
    """Return the labels of the markers in a draft's body, each once, in order."""
    return {label: None for passage in draft.body for label, _ in find_markers(passage)}


def tie_notes(draft: Draft) -> tuple[list[Passage], tuple[Note, ...], list[Aside]]:
    """Return a draft's body with its markers tied, its numbered notes, and doubts about the rest."""
    doubts: list[Aside] = []
    order = {label: position for position, label in enumerate(_labels_in(draft))}
    if any(note.linked for note in draft.notes):
        draft.notes.sort(key=lambda note: order.get(note.label, len(order)))
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
    return [passage.in_doubt(f"Marker {typed}: there is no note {label}.") for typed, label in missing.items()]


def _is_sure(typed: str) -> bool:
    """A circled number often just counts; brackets and small raised digits are always markers."""
    return not "①" <= typed[0] <= "⑳"
