"""Case 55, the rule: how much of a request is there, whatever pieces it comes in."""

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.web.arrival import HELD, LONGEST_LINE, Arrival

GET = b"GET / HTTP/1.1\r\nHost: letters.test\r\n\r\n"
HEAD = b"POST /subscribe HTTP/1.1\r\nHost: letters.test\r\n"
ANNOUNCED = HEAD + b"Content-Length: 5\r\n\r\na=1&b"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = [
    GET,
    ANNOUNCED,
    HEAD + b"content-length:0\r\n\r\n",
    HEAD + b"Content-Length: 000000000005\r\n\r\na=1&b",
    CHUNKED + b"0\r\n\r\n",
    CHUNKED + b"3\r\na=1\r\n2;name=value\r\n&b\r\n0\r\n\r\n",
    CHUNKED + b"a\r\n0\r\n\r\n67890\r\n0\r\nTrailer: kept\r\n\r\n",
    CHUNKED + b"0000000000003\r\na=1\r\n00000000000\r\n\r\n",
]
TOO_MUCH_OR_NONSENSE = [
    HEAD + b"Content-Length: 1000000000\r\n\r\n",
    HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: five\r\n\r\n",
    CHUNKED + b"x\r\n",
    CHUNKED + b"-5\r\n",
    CHUNKED + b"+5\r\n",
    CHUNKED + b"1" * (LONGEST_LINE + 1),
    CHUNKED + b"3\r\na=1\r\n" * (HELD // 8 + 1),
    b"x" * (HELD + 1),
]


def bring(*pieces: bytes) -> Arrival:
    """Return what has come of a request."""
    arrival = Arrival()
    for piece in pieces:
        assert not arrival.is_whole
        arrival.add(piece)
    return arrival


@pytest.mark.parametrize("request_bytes", WHOLE)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_bytes: bytes) -> None:
    arrival = bring(request_bytes[:-1], request_bytes[-1:])
    assert (arrival.is_whole, arrival.is_cut, bytes(arrival.received)) == (True, False, request_bytes)


@given(st.sampled_from(WHOLE), st.data())
def test_any_pieces_make_the_same_request(request_bytes: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(request_bytes) - 1))))
    pieces = [request_bytes[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
    arrival = bring(*pieces)
    assert (arrival.is_whole, arrival.is_cut) == (True, False)


@pytest.mark.parametrize("request_bytes", TOO_MUCH_OR_NONSENSE, ids=lambda sent: repr(sent[:70]))
def test_case_55_what_is_too_much_or_makes_no_sense_is_not_waited_for(request_bytes: bytes) -> None:
    arrival = bring(request_bytes)
    assert (arrival.is_whole, arrival.is_cut) == (True, True)


@pytest.mark.parametrize(
    "request_bytes", [GET[:-2], ANNOUNCED[:-1], CHUNKED + b"5\r\na=1", CHUNKED + b"0\r\nTrailer: "]
)
def test_case_55_what_is_still_to_come_is_waited_for(request_bytes: bytes) -> None:
    assert not bring(request_bytes).is_whole


def test_the_next_request_of_a_line_may_come_together_with_the_first() -> None:
    assert bring(GET + GET[:10]).is_whole
    assert bring(ANNOUNCED + GET).is_whole


def test_case_55_fields_behind_a_body_are_looked_at_once_however_small_their_pieces() -> None:
    class Counting(bytearray):
        """Counts the bytes that were searched."""

        looked_at = 0

        def find(self, wanted: bytes, start: int) -> int:  # type: ignore[override]  # all that is asked of it
            Counting.looked_at += len(self) - start
            return super().find(wanted, start)

    arrival = Arrival()
    arrival.received = Counting()
    arrival.add(CHUNKED + b"0\r\n" + b"A: b\r\n" * 1000)
    Counting.looked_at = 0
    for _ in range(1000):
        arrival.add(b"A")
    assert not arrival.is_whole
    assert Counting.looked_at < 10_000


def test_what_came_is_let_go_of_at_once_and_not_by_the_collector_of_garbage() -> None:
    arrival = Arrival()
    arrival.add(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf of it")
    left = weakref.ref(arrival)
    gc.disable()
    try:
        del arrival
        assert left() is None
    finally:
        gc.enable()
