"""Cells: dates that can be read in one way, tags, fields and names; what cannot be read is kept or told, never lost."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.lists.dates import parse_moment
from service.lists.entries import BadLine
from service.lists.tags import join_tags, split_tags
from tests.lists.tables import read, read_good


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-08-27T15:06:27.713Z", datetime(2018, 8, 27, 15, 6, 27, 713000, tzinfo=UTC)),
        ("2023-03-24 10:23:10 UTC", datetime(2023, 3, 24, 10, 23, 10, tzinfo=UTC)),
        ("2018-02-12 10:54:27", datetime(2018, 2, 12, 10, 54, 27, tzinfo=UTC)),
        ("2024-01-02 03:04:05 +0000 UTC", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02 03:04:05.123456789 +0530 IST", datetime(2024, 1, 1, 21, 34, 5, 123456, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024-01-02T03:04:05+03:00", datetime(2024, 1, 2, 0, 4, 5, tzinfo=UTC)),
        ("03/04/2024", None),
        ("yesterday", None),
        ("2024-13-45 03:04:05 UTC", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("", None),
    ],
)
def test_a_moment_is_read_in_one_way_or_not_at_all(text: str, moment: datetime | None) -> None:
    assert parse_moment(text) == moment


def test_a_date_that_can_be_read_in_two_ways_is_kept_as_it_was_written() -> None:
    (entry,) = read_good("email,Subscribed_At\na@x.org,03/04/2024\n")
    assert (entry.agreed_at, entry.fields) == (None, {"Subscribed_At": "03/04/2024"})


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a, b,a,,", ("a", "b")),
        ('"a","b, c"', ("a", "b, c")),
        ('"a, b', ('"a, b',)),
        ("\u201ccreators\u201d", ("\u201ccreators\u201d",)),
    ],
)
def test_tags_stand_in_one_cell(cell: str, tags: tuple[str, ...]) -> None:
    assert split_tags(cell) == tags


_TAG = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12).map(str.strip)


@given(st.lists(_TAG.filter(bool), max_size=4, unique=True))
def test_tags_come_back_as_they_were_joined(tags: list[str]) -> None:
    assert split_tags(join_tags(tags)) == tuple(tags)


def listmonk(attributes: str) -> str:
    """Return a file of one person with such attributes."""
    quoted = attributes.replace('"', '""')
    return f'uuid,email,name,attributes,status,created_at,updated_at\nu,a@x.org,Ann,"{quoted}",enabled,,\n'


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ("", {}),
        ("{}", {}),
        ('{"city": "Pune", "age": 40, "none": null}', {"city": "Pune", "age": "40"}),
        ('{"x": {"y": ["ю"]}}', {"x": '{"y": ["ю"]}'}),
        (r'{"nul": "a\u0000b", "half": "\ud800"}', {"nul": "ab", "half": "?"}),
    ],
)
def test_attributes_become_fields_that_a_database_takes(attributes: str, fields: dict[str, str]) -> None:
    assert [entry.fields for entry in read_good(listmonk(attributes))] == [fields]


@pytest.mark.parametrize("attributes", ["{", "[1]", "7", "[" * 20_000])
def test_attributes_that_are_no_object_cost_their_line(attributes: str) -> None:
    (line,) = read(listmonk(attributes))
    assert line == BadLine(2, "a@x.org", "Its fields are no JSON object.")


def test_a_name_is_one_line_of_the_length_that_a_form_takes() -> None:
    (entry,) = read_good('email,name\na@x.org,"  Ann\r\n\tLee  ' + "x" * 200 + '"\n')
    assert entry.name is not None
    assert entry.name.startswith("Ann Lee xxx")
    assert len(entry.name) == 100


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_sentence(content: bytes) -> None:
    with suppress(BadInput):
        for found in read(b"email,name,status\n" + content):
            assert found.line > 1
            assert str(found).encode()  # no half of a letter is left
