"""Arrays as PostgreSQL reads them: whatever is in them comes back."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from service.deliveries.arrays import write_numbers, write_texts

_texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\"{},'), max_size=40)


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection without SQLAlchemy."""
    conninfo = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo) as opened:
        yield opened


@given(texts=st.lists(_texts, min_size=1, max_size=12))
def test_texts_come_back_as_they_were_but_for_nul(texts: list[str], connection: psycopg.Connection) -> None:
    read = connection.execute("select cast(%s as text[])", [write_texts(texts)]).fetchone()
    assert read == ([text.replace("\0", " ") for text in texts],)


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=12))
def test_numbers_come_back_as_they_were(numbers: list[int], connection: psycopg.Connection) -> None:
    assert connection.execute("select cast(%s as bigint[])", [write_numbers(numbers)]).fetchone() == (numbers,)
