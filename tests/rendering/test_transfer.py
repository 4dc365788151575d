"""Transfer encodings: what any decoder gives back, and what the lines look like on the wire."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rendering.transfer import LINE, SOFT_BREAK, base64_length, quote, wrap_base64

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=400) | st.text(
    alphabet=".=F From\t \nж", max_size=300
)


@given(_TEXTS, st.integers(20, LINE - 1))
def test_quoted_text_is_given_back_and_its_lines_are_safe(text: str, room: int) -> None:
    quoted = quote(text, room=room)
    assert quopri.decodestring(quoted).decode() == text.replace("\n", "\r\n")
    for line in quoted.split(b"\r\n"):
        assert len(line) <= room + 1
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
    assert quoted.isascii()


@given(st.lists(_TEXTS, max_size=5))
def test_quoted_pieces_join_between_soft_breaks(texts: list[str]) -> None:
    joined = SOFT_BREAK.join(quote(text) for text in texts)
    assert quopri.decodestring(joined).decode() == "".join(texts).replace("\n", "\r\n")
    assert max(map(len, joined.split(b"\r\n"))) <= LINE


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a=b", b"a=3Db"),
        (".", b"=2E"),
        ("a\n.b", b"a\r\n=2Eb"),
        ("From a", b"=46rom a"),
        ("From\u00a0a", b"From=C2=A0a"),
        ("a \nb\t", b"a=20\r\nb=09"),
        ("x" * 76, b"x" * 75 + b"=\r\nx"),
        ("x" * 74 + "é", b"x" * 74 + b"=\r\n=C3=A9"),
        ("x" * 75 + ".y", b"x" * 75 + b"=\r\n=2Ey"),
    ],
)
def test_quoting_writes_what_the_standard_says(text: str, quoted: bytes) -> None:
    assert quote(text) == quoted


@given(st.binary(max_size=500))
def test_base64_is_given_back_in_lines_of_76(data: bytes) -> None:
    wrapped = wrap_base64(data)
    assert base64.b64decode(wrapped) == data
    assert all(len(line) == LINE for line in wrapped.split(b"\r\n")[:-1])
    assert max(map(len, wrapped.split(b"\r\n"))) <= LINE


def test_the_length_of_base64_is_known_ahead() -> None:
    text = "潮" * 100
    assert abs(base64_length(text) - len(wrap_base64(text.encode()))) <= 2
