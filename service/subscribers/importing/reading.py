"""An import's file as chunks of judged lines, from where the import stands. Knows no database.

``ahead`` runs it in a process of its own, so nothing here may import SQLAlchemy: that would cost each start a second.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

from service.lists.detect import choose_layout
from service.lists.reading import read_entries
from service.lists.rows import RowReader
from service.subscribers.importing.staging import Chunk, fill_chunks


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """What to read. ``filename`` and ``mapping`` are its sender's; lines up to ``done_lines`` are in already.

    ``language`` is that of people whose line says none that we have; ``size`` is the lines of a chunk.
    """

    path: Path
    filename: str
    mapping: Mapping[str, str]
    import_id: int
    language: str
    done_lines: int
    size: int


def read_chunks(task: ReadingTask) -> Generator[Chunk, None, None]:
    """Yield the lines that are not in yet, chunk by chunk.

    Raises:
        BadInput: when the file can't be read as a list.
    """
    with task.path.open("rb") as content:
        rows = RowReader(content)
        entries = read_entries(rows, choose_layout(rows.header, task.filename, task.mapping))
        rest = dropwhile(lambda entry: entry.line <= task.done_lines, entries)
        yield from fill_chunks(rest, task.import_id, task.language, task.size, content.tell)
