"""Reading replies: the same bytes give the same replies whatever the pieces they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.smtp.replies import LONGEST_REPLY, LONGEST_WORDS, BadReply, ReplyReader, words


def _read(*pieces: bytes) -> tuple[list[tuple[int, str]], str]:
    """Return the replies, and the fault that ended the reading."""
    reader = ReplyReader()
    found: list[tuple[int, str]] = []
    try:
        for piece in pieces:
            found.extend((code, words(text)) for code, text in reader.feed(piece))
    except BadReply as bad:
        return found, str(bad)
    return found, ""


@pytest.mark.parametrize(
    ("wire", "replies"),
    [
        (b"250 2.0.0 Ok\r\n", [(250, "2.0.0 Ok")]),
        (b"250 bare line feed\n", [(250, "bare line feed")]),
        (b"250\r\n", [(250, "")]),
        (b"250\n", [(250, "")]),
        (b"250-relay.test\r\n250-SIZE 10\r\n250 HELP\r\n", [(250, "relay.test SIZE 10 HELP")]),
        (b"550-5.1.1 No such\r\n550 5.1.1 user\r\n", [(550, "5.1.1 No such user")]),
        (b"550-5.1.1 No such\r\n550 5.2.1 user\r\n", [(550, "5.1.1 No such 5.2.1 user")]),
        (b"250 a\r\n250 b\r\n354 go\r\n", [(250, "a"), (250, "b"), (354, "go")]),
        (b"250 not all of it", []),
        ("550 Empfänger unbekannt\r\n".encode(), [(550, "Empfänger unbekannt")]),
        (b"550 Empf\xe4nger\r\n", [(550, "Empf�nger")]),
        (b"550 a\x00b\x1b[2Jc\td\r\n", [(550, "a b [2Jc d")]),
    ],
)
def test_a_reply_is_its_code_and_its_words_in_one_line(wire: bytes, replies: list[tuple[int, str]]) -> None:
    assert _read(wire) == (replies, "")


@pytest.mark.parametrize(
    "wire",
    [
        b"hello\r\n",
        b"25\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"\r\n",
        b"250-a\r\n251 b\r\n",
        b"250-a\r\nb\r\n",
        b"\x00\x01\x02\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
    ],
)
def test_what_is_no_reply_is_a_fault_after_the_replies_before_it(wire: bytes) -> None:
    replies, fault = _read(b"250 ok\r\n" + wire)
    assert replies == [(250, "ok")]
    assert "no SMTP reply" in fault


@pytest.mark.parametrize(
    "wire",
    [
        b"220 " + b"a" * (LONGEST_REPLY + 800) + b"\r\n",
        b"220 " + b"a" * (LONGEST_REPLY + 800),
        b"250-more to come\r\n" * 1000,
    ],
)
def test_case_29_a_reply_without_end_is_a_fault_and_takes_no_memory(wire: bytes) -> None:
    assert _read(wire) == ([], f"its reply is longer than {LONGEST_REPLY} bytes")


def test_the_longest_reply_is_read_and_one_byte_more_is_not() -> None:
    longest = b"220 " + b"a" * (LONGEST_REPLY - 6) + b"\r\n"
    replies, fault = _read(longest)
    assert [len(text) for _, text in replies] == [LONGEST_WORDS]
    assert not fault
    assert _read(b"220 a" + longest[4:])[1]


def test_many_replies_of_several_lines_are_each_measured_alone() -> None:
    assert _read(b"250-two\r\n250 lines\r\n" * LONGEST_REPLY) == ([(250, "two lines")] * LONGEST_REPLY, "")


_LINES = st.one_of(
    st.builds(
        lambda code, mark, text, end: b"%d%b%b%b" % (code, mark, text, end),
        st.sampled_from([220, 250, 250, 250, 354, 421, 550]),
        st.sampled_from([b" ", b" ", b"-", b"", b"x"]),
        st.binary(max_size=12),
        st.sampled_from([b"\r\n", b"\n"]),
    ),
    st.binary(max_size=20),
    st.just(b"250-" + b"a" * 3000 + b"\r\n"),
)


@given(st.lists(_LINES, max_size=8).map(b"".join), st.data())
def test_any_split_of_the_bytes_gives_the_same_replies_and_the_same_fault(wire: bytes, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    pieces = [wire[start:end] for start, end in zip([0, *places], [*places, len(wire)], strict=True)]
    assert _read(*pieces) == _read(wire)
    assert _read(*(wire[place : place + 1] for place in range(len(wire)))) == _read(wire)
