"""A puzzle is asked only where an operator has set one up."""

import pytest

from service.visitors.challenge import NotProven, check_challenge


class Riddle:
    """A challenge with one right answer."""

    field = "riddle"
    widget = ""

    def passes(self, answer: str, remote_address: str) -> bool:
        """Return whether it is the right one."""
        return (answer, remote_address) == ("42", "192.0.2.1")


def test_a_challenge_is_asked_only_where_one_is_set_up() -> None:
    check_challenge(None, "", "192.0.2.1")
    check_challenge(Riddle(), "42", "192.0.2.1")
    with pytest.raises(NotProven):
        check_challenge(Riddle(), "", "192.0.2.1")
