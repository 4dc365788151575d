"""A puzzle that people pass and programs fail. Owns when one is asked; the puzzle itself is an operator's own code."""

from typing import Protocol

from service.errors import BadInput


class NotProven(BadInput):
    """The puzzle that programs fail was not solved."""

    code = "not_proven"


class Challenge(Protocol):
    """A puzzle that people pass and programs fail, checked by our server. None is asked until one is set up."""

    @property
    def field(self) -> str:
        """The form's field that holds the answer."""

    @property
    def widget(self) -> str:
        """The puzzle itself, as HTML that is put above the button; its scripts must be our own."""

    def passes(self, answer: str, remote_address: str) -> bool:
        """Return whether the answer is right; a service that is away should let people through."""


def check_challenge(challenge: Challenge | None, answer: str, remote_address: str) -> None:
    """Do nothing when no puzzle is set up or it was solved. Asks a service: never call it inside a transaction.

    Raises:
        NotProven: when it was not solved.
    """
    if challenge is not None and not challenge.passes(answer, remote_address):
        raise NotProven("Please solve the puzzle above the button; it keeps programs out.")
