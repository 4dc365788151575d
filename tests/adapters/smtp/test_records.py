"""What counts as taken through TLS: whole records, and never one byte that could be read uncounted."""

import ssl
from typing import cast

import pytest

from service.adapters.smtp.records import RECORD, Records

TEXT = bytes(range(256)) * 300  # four records and a part


class Tls:
    """OpenSSL as it is without partial writes: it takes a whole piece, or fails; then it wants the same piece again."""

    def __init__(self, *results: Exception | None) -> None:
        self.results = list(results)
        self.got = b""
        self.sizes: list[int] = []
        self._again: bytes | None = None

    def send(self, data: memoryview) -> int:
        assert self._again is None or bytes(data) == self._again, "another piece than the one that was begun"
        assert len(data) <= RECORD, "more than a record at once"
        self.sizes.append(len(data))
        result = self.results.pop(0) if self.results else None
        if result is not None:
            self._again = bytes(data)
            raise result
        self._again = None
        self.got += data
        return len(data)


def _records(*results: Exception | None) -> tuple[Records, Tls]:
    tls = Tls(*results)
    return Records(cast("ssl.SSLSocket", tls)), tls


@pytest.mark.parametrize("full", [ssl.SSLWantWriteError(), ssl.SSLWantReadError()], ids=repr)
@pytest.mark.parametrize("whole", [0, 1, 4])
def test_only_records_that_are_out_whole_count(whole: int, full: Exception) -> None:
    records, tls = _records(*[None] * whole, full)
    assert records.write([TEXT[:5], TEXT[5:]]) == whole * RECORD == len(tls.got)


def test_a_record_that_is_out_in_part_is_repeated_alone_although_more_has_come_to_be_said() -> None:
    records, tls = _records(ssl.SSLWantWriteError(), ssl.SSLWantWriteError())
    assert records.write([b"a short text\r\n.\r\n"]) == 0
    assert records.write([b"a short text\r\n.\r\n", b"MAIL FROM:<>\r\n"]) == 0
    assert records.write([b"a short text\r\n.\r\n", b"MAIL FROM:<>\r\n"]) == 31
    assert tls.sizes == [17, 17, 17, 14]
    assert records.write([TEXT]) == len(TEXT)
    assert tls.sizes[4] == RECORD


def test_records_before_the_one_at_which_the_line_broke_count() -> None:
    records, tls = _records(None, None, BrokenPipeError())
    assert records.write([TEXT]) == 2 * RECORD == len(tls.got)


def test_a_line_that_breaks_at_once_says_so() -> None:
    records, _ = _records(BrokenPipeError())
    with pytest.raises(BrokenPipeError):
        records.write([TEXT])
