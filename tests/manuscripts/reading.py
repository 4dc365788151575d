"""The sample manuscripts of these tests, read from their folder."""

from pathlib import Path

from service.manuscripts import Manuscript, read_manuscript

_FOLDER = Path(__file__).parent / "samples"


def sample_bytes(name: str) -> bytes:
    """Return a sample file as an author would send it."""
    return (_FOLDER / name).read_bytes()


def read_sample(name: str) -> Manuscript:
    """Return a sample as the reader understands it."""
    return read_manuscript(sample_bytes(name), name)


def read_text(*lines: str) -> Manuscript:
    """Return a plain text of these lines as the reader understands it."""
    return read_manuscript("\n".join(lines).encode(), "letter.txt")


def sample_names() -> list[str]:
    """Return the names of all sample files."""
    return sorted(path.name for path in _FOLDER.iterdir())
