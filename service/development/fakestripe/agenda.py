"""What will happen by itself, and when: one entry for each thing and object. Never does any of it."""

from typing import NamedTuple


class Entry(NamedTuple):
    """Something that is due at ``at`` (seconds since 1970); ``what`` names it, ``object_id`` says for whom."""

    at: int
    what: str
    object_id: str


class Agenda:
    """The entries. Setting one that is there moves it."""

    def __init__(self, entries: list[list[object]] | None = None) -> None:
        self._moments: dict[tuple[str, str], int] = {}
        for at, what, object_id in entries or []:
            self._moments[str(what), str(object_id)] = int(str(at))

    def set(self, what: str, object_id: str, at: int) -> None:
        """Let ``what`` happen to this object at this moment; safe to repeat."""
        self._moments[what, object_id] = at

    def drop(self, what: str, object_id: str) -> None:
        """Let it not happen; safe to repeat."""
        self._moments.pop((what, object_id), None)

    def drop_all(self, object_id: str) -> None:
        """Let nothing happen to this object any more."""
        for key in [key for key in self._moments if key[1] == object_id]:
            del self._moments[key]

    def find(self, what: str, object_id: str) -> int | None:
        """Return when this is due, None if it is not planned."""
        return self._moments.get((what, object_id))

    def take_due(self, now: int) -> Entry | None:
        """Remove and return the earliest entry that is due by ``now``; of equals, the one set first."""
        due = [Entry(at, *key) for key, at in self._moments.items() if at <= now]
        if not due:
            return None
        first = min(due, key=lambda entry: entry.at)
        del self._moments[first.what, first.object_id]
        return first

    def as_list(self) -> list[list[object]]:
        """Return all entries, for the state file."""
        return [[at, *key] for key, at in self._moments.items()]
