"""What the test Stripe answers when it refuses, in the shape of Stripe's own errors. Owns status, type and code.

See https://docs.stripe.com/api/errors; the sentences follow those that Stripe itself is known to say.
"""

from typing import Any


class StripeProblem(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A refusal. ``status`` is the HTTP status; the other parts go into the ``error`` object of the answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **_given(code=code, param=param, **more)}}

    @property
    def code(self) -> str | None:
        """The machine's name of the problem, where Stripe has one."""
        code: str | None = self.body["error"].get("code")
        return code


def missing(name: str, found_id: str, param: str = "id") -> StripeProblem:
    """Return the refusal for an id that names nothing."""
    return StripeProblem(f"No such {name}: '{found_id}'", status=404, code="resource_missing", param=param)


def not_played(what: str, param: str | None = None) -> StripeProblem:
    """Return the refusal for something that Stripe knows and this test Stripe does not play."""
    return StripeProblem(f"This test Stripe does not play {what}.", code="not_played", param=param)


def unauthorised(message: str) -> StripeProblem:
    """Return the refusal for a key that opens nothing."""
    return StripeProblem(message, status=401)


def declined(message: str, *, code: str, decline_code: str | None, charge: str | None) -> StripeProblem:
    """Return the refusal of a card's bank."""
    return StripeProblem(message, status=402, kind="card_error", code=code, decline_code=decline_code, charge=charge)


def _given(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None}
