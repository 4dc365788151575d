"""What is said on a new connection, word by word, without one: above all when a password is not said."""

import pytest

from service.adapters.smtp.extensions import Extensions
from service.adapters.smtp.greeting import ENCRYPT, NotGreeted, Terms, Wish, greet

SIGNED_IN = Terms("letters.test", user="jane", password="secret")


def _talk(terms: Terms, replies: list[tuple[int, bytes]], *, is_private: bool) -> tuple[list[bytes | Wish], object]:
    """Return what was said and what came of it."""
    greeting = greet(terms, is_private=is_private)
    said = [next(greeting)]
    try:
        for reply in replies:
            said.append(greeting.send(reply))  # noqa: PERF401 - a comprehension would swallow the generator's end
    except StopIteration as done:
        return said, done.value
    except NotGreeted as no:
        return said, no.outcome.text
    return said, None


HELLO = (220, b"220 relay.test")
CAN_SIGN_IN = (250, b"250-relay.test\n250 AUTH PLAIN")


def test_a_password_is_not_said_where_others_could_hear_it() -> None:
    said, end = _talk(SIGNED_IN, [HELLO, CAN_SIGN_IN], is_private=False)
    assert said == [b"", b"EHLO letters.test\r\n"]
    assert "unencrypted" in str(end)


def test_a_password_is_said_where_the_line_is_private() -> None:
    said, end = _talk(SIGNED_IN, [HELLO, CAN_SIGN_IN, (235, b"235 ok")], is_private=True)
    assert said[2:] == [b"AUTH PLAIN AGphbmUAc2VjcmV0\r\n"]
    assert end == Extensions(sign_in=frozenset({"PLAIN"}))


def test_a_password_is_said_after_the_encryption_and_by_what_is_offered_then() -> None:
    terms = Terms("letters.test", starttls=True, user="jane", password="secret")
    replies = [HELLO, (250, b"250-relay.test\n250-AUTH LOGIN\n250 STARTTLS"), (220, b"220 go"), (0, b""), CAN_SIGN_IN]
    said, _ = _talk(terms, replies, is_private=False)
    assert said == [
        b"",
        b"EHLO letters.test\r\n",
        b"STARTTLS\r\n",
        ENCRYPT,
        b"EHLO letters.test\r\n",
        b"AUTH PLAIN AGphbmUAc2VjcmV0\r\n",
    ]


def test_without_a_user_nobody_signs_in() -> None:
    said, end = _talk(Terms("letters.test"), [HELLO, CAN_SIGN_IN], is_private=False)
    assert len(said) == 2
    assert isinstance(end, Extensions)


@pytest.mark.parametrize(("name", "wire"), [("letters.test", b"letters.test"), ("почта.test", b"xn--80a1acny.test")])
def test_we_give_our_name_in_the_form_of_the_wire(name: str, wire: bytes) -> None:
    said, _ = _talk(Terms(name), [HELLO], is_private=False)
    assert said[1] == b"EHLO %b\r\n" % wire


def test_the_password_is_in_no_repr() -> None:
    assert "secret" not in repr(SIGNED_IN)
