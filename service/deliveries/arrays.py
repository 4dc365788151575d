"""Many values in one parameter, written as PostgreSQL reads an array (its manual, §8.15.2), and read there as a table.

psycopg writes a list value by value, at several times the cost of all else that a commit needs here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, TableValuedAlias, Text, bindparam, cast, func
from sqlalchemy.types import TypeEngine


def table_of(columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """Return a table of parameters: the name of each array, and the type of its elements."""
    arrays = [cast(bindparam(name, type_=Text()), ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="ours")


def write_numbers(values: Iterable[float]) -> str:
    """Return numbers as an array."""
    return "{" + ",".join(map(str, values)) + "}"


def write_texts(values: Iterable[str]) -> str:
    """Return texts as an array. A NUL, which PostgreSQL's text can't hold, becomes a blank."""
    joined = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return '{"' + joined.replace("\0", " ") + '"}'
