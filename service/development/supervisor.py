"""Starts programs in order, shows what they say, and stops them all: when asked to, or when one of them ends.

Owns order, readiness, signals and exit. Never knows what the programs are. One thread: the kernel's leash on a child is
tied to the thread that started it.
"""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from service.development.children import POLL, Child, Program, describe_exit, describe_failed_start, tail
from service.development.console import Console
from service.errors import Unavailable

_IDLE_SECONDS = 1.0
# Some senders signal both a process and its group (timeout(1) does): what comes this close together is one asking.
_ONE_ASKING_SECONDS = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):  # noqa: N818 - not an error: a person pressed Ctrl-C, or the system goes down
    """Somebody asked for the end."""


class Supervisor:
    """Use as ``with Supervisor(console) as supervisor``: leaving the block stops everything, whatever the reason.

    A stage is a set of programs that do not need each other: they are started together and all waited for. Stages are
    stopped in the reverse order. A second Ctrl-C while stopping ends everything at once.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stages: list[list[Child]] = []
        self._selector = selectors.DefaultSelector()
        self._unfinished: dict[Child, bytes] = {}
        self._said_ready: set[Child] = set()
        self._asked_at: float | None = None
        self._in_a_hurry = False
        self._restore: list[Callable[[], object]] = []

    def __enter__(self) -> Self:
        # Signals wake the selector through a socket pair, so that none is slept over.
        self._wake_end, self._signal_end = socket.socketpair()
        for end in (self._wake_end, self._signal_end):
            end.setblocking(False)
        self._selector.register(self._wake_end, selectors.EVENT_READ)
        before = signal.set_wakeup_fd(self._signal_end.fileno())
        self._restore.append(lambda: signal.set_wakeup_fd(before))
        for number in _SIGNALS:
            self._handle(number, self._note_asked)
        self._handle(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stop_all()
        finally:
            for restore in reversed(self._restore):
                restore()
            self._selector.close()
            self._wake_end.close()
            self._signal_end.close()

    @property
    def pids(self) -> list[int]:
        """The process ids of all that was started."""
        return [child.pid for stage in self._stages for child in stage]

    def start(self, *programs: Program) -> None:
        """Start one stage and return when all of it is ready.

        Raises:
            Unavailable: one of them, or an earlier one, ended or did not answer in time.
            StopAsked: a signal came first.
        """
        stage: list[Child] = []
        self._stages.append(stage)
        for program in programs:
            self._launch(program, stage)
        waiting = list(stage)
        since = time.monotonic()
        while waiting:
            self._turn(POLL)
            waiting = [child for child in waiting if not self._is_ready(child)]
            for child in waiting:
                if time.monotonic() - since > child.program.ready_within.total_seconds():
                    raise Unavailable(describe_failed_start(child))

    def run_to_end(self, program: Program) -> None:
        """Start a program that has an end, and wait for it.

        Raises:
            Unavailable: it failed; what it said has been shown.
            StopAsked: a signal came first; leaving the block stops it.
        """
        stage: list[Child] = []
        self._stages.append(stage)
        child = self._launch(program, stage)
        while child.is_alive:
            self._turn(POLL, ending=child)
        self._drain(child)
        self._stages.pop()
        if child.process.returncode != 0:
            raise Unavailable(
                f"{program.name} failed ({describe_exit(child.process.returncode)}); its words are above."
            )

    def watch(self) -> None:
        """Show what the programs say until one ends or somebody asks for the end.

        Raises:
            Unavailable: a program ended by itself.
            StopAsked: a signal came.
        """
        while True:
            self._turn(_IDLE_SECONDS)

    def _handle(self, number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
        before = signal.signal(number, handler)
        self._restore.append(lambda: signal.signal(number, before))

    def _note_asked(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        elif time.monotonic() - self._asked_at > _ONE_ASKING_SECONDS:
            self._in_a_hurry = True

    def _launch(self, program: Program, stage: list[Child]) -> Child:
        child = Child(program)
        stage.append(child)
        self._unfinished[child] = b""
        if child.process.stdout:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        return child

    def _is_ready(self, child: Child) -> bool:
        said = not child.program.ready_line or child in self._said_ready
        return said and child.program.is_ready()

    def _turn(self, seconds: float, ending: Child | None = None) -> None:
        """Wait for something to happen, show it, and see whether all is still well; ``ending`` may end."""
        self._read_output(seconds)
        if self._asked_at is not None:
            raise StopAsked
        for child in (child for stage in self._stages for child in stage):
            if child is not ending and not child.is_alive:
                self._drain(child)
                raise Unavailable(_describe_end(child))

    def _read_output(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with suppress(BlockingIOError):
                    self._wake_end.recv(4096)
            else:
                self._drain(key.data)

    def _drain(self, child: Child) -> None:
        """Show what a child has said so far; never wait for more."""
        output = child.process.stdout
        if output is None or output.closed:
            return
        with suppress(BlockingIOError):
            while piece := os.read(output.fileno(), 65536):
                self._show(child, piece)
            self._selector.unregister(output)
            output.close()

    def _show(self, child: Child, piece: bytes) -> None:
        *lines, self._unfinished[child] = (self._unfinished[child] + piece).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            if child.program.ready_line and child.program.ready_line in text:
                self._said_ready.add(child)
            self._console.show_line(child.program.name, text)

    def _stop_all(self) -> None:
        self._console.show("Stopping. Ctrl-C once more ends everything at once.")
        for stage in reversed(self._stages):
            for child in stage:
                child.ask_to_stop()
            since = time.monotonic()
            while not self._in_a_hurry and any(_may_go_on(child, since) for child in stage):
                self._read_output(POLL)
            for child in stage:
                self._end(child)

    def _end(self, child: Child) -> None:
        """Show the child's last words and end whatever it left behind."""
        self._drain(child)
        if self._unfinished[child]:
            self._show(child, b"\n")
        if child.process.stdout and not child.process.stdout.closed:
            self._selector.unregister(child.process.stdout)
        child.kill()


def _may_go_on(child: Child, since: float) -> bool:
    """Whether a child that was asked to stop is still at it, within its own time."""
    return child.is_alive and time.monotonic() - since < child.program.stop_within.total_seconds()


def _describe_end(child: Child) -> str:
    said = tail(child.program.log) if child.program.log else ""
    how = describe_exit(child.process.returncode)
    sentence = f"{child.program.name} ended by itself ({how}), so everything was stopped."
    return sentence + (f" It last said:\n{said}" if said else "")
