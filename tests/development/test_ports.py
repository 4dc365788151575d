"""A port for a server that starts in a moment: nobody has it, and the kernel gives it to nobody meanwhile."""

import secrets
import socket

import pytest

from service.development import ports
from service.development.ports import LOOPBACK, find_free_port

LOWEST_THAT_KERNELS_GIVE_AWAY = 32_768


def test_a_free_port_is_none_of_those_that_are_given_to_whoever_names_none() -> None:
    found = {find_free_port() for _ in range(50)}
    assert max(found) < LOWEST_THAT_KERNELS_GIVE_AWAY
    assert len(found) > 40


def test_a_port_that_somebody_has_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as somebody:
        free, taken = find_free_port(), somebody.getsockname()[1]
        drawn = iter([taken, taken, free])
        monkeypatch.setattr(ports, "_FIRST", 0)
        monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
        assert find_free_port() == free
