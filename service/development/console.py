"""What `postrider run` shows: every program's lines behind its name, in its colour. Never reads or decides anything."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TextIO

_COLOURS: Mapping[str, int] = MappingProxyType(
    {
        "postgres": 34,
        "valkey": 31,
        "database": 34,
        "mail": 33,
        "stripe": 95,
        "post": 32,
        "bulk": 92,
        "beat": 35,
        "web": 36,
    }
)
_WIDTH = 8


class Console:
    """A terminal, a file, or a pipe whose reader may be gone: then it falls silent and nothing else changes."""

    def __init__(self, out: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        """Write to ``out``; with colours if that is a terminal and NO_COLOR (no-color.org) is not set."""
        self._out = out
        self._coloured = out.isatty() and not environment.get("NO_COLOR")

    def show_line(self, name: str, line: str) -> None:
        """Show one line of a program's output."""
        label = f"{name:<{_WIDTH}} │"
        if self._coloured:
            label = f"\x1b[{_COLOURS.get(name, 37)}m{label}\x1b[0m"
        self.show(f"{label} {line}")

    def show(self, text: str) -> None:
        """Show a line of our own."""
        try:
            self._out.write(f"{text}\n")
            self._out.flush()
        except (OSError, ValueError):  # the terminal is closed, or the pipe's reader has gone
            self._out = open(os.devnull, "w")  # noqa: PTH123, SIM115 - stays open as long as we do
