"""Migrations and models tell the same story."""

import re

from service.models import metadata
from service.schema import list_differences, migrate
from service.settings import ROOT


def test_migrations_make_exactly_what_the_models_say(fresh_database_url: str) -> None:
    assert list_differences(fresh_database_url) == []


def test_the_comparison_sees_a_difference(fresh_database_url: str) -> None:
    column = metadata.tables["issues"].columns["preheader"]
    column.nullable = True
    try:
        assert list_differences(fresh_database_url) != []
    finally:
        column.nullable = False


def test_migrating_again_changes_nothing(fresh_database_url: str) -> None:
    migrate(fresh_database_url)
    assert list_differences(fresh_database_url) == []


def test_migrations_are_numbered_in_one_line() -> None:
    names = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [int(re.match(r"(\d{4})_\w+\.py", name)[1]) for name in names] == list(range(1, len(names) + 1))  # type: ignore[index]
