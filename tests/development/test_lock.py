"""requirements.lock: agrees with pyproject.toml, pins and hashes everything, and names no host."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from service.settings import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# One entry: a line that starts with a name, and the lines that it continues on.
ENTRIES = re.findall(r"^[a-z0-9].*?(?=\n[a-z0-9]|\Z)", LOCK, re.MULTILINE | re.DOTALL)


def _declared() -> list[Requirement]:
    groups = PROJECT["dependency-groups"]
    lines = [*PROJECT["project"]["dependencies"]]
    lines += [line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra]
    lines += [line for group in groups.values() for line in group if isinstance(line, str)]
    return [Requirement(line) for line in lines]


def _locked() -> dict[str, list[Requirement]]:
    locked: dict[str, list[Requirement]] = {}
    for entry in ENTRIES:
        requirement = Requirement(entry.splitlines()[0].rstrip("\\ "))
        locked.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return locked


@pytest.mark.parametrize("declared", _declared(), ids=str)
def test_every_declared_dependency_is_locked_at_a_version_that_it_allows(declared: Requirement) -> None:
    found = _locked().get(canonicalize_name(declared.name), [])

    assert found, f"{declared.name} is not in requirements.lock; type: make lock"
    for locked in found:
        [version] = [specifier.version for specifier in locked.specifier]
        assert declared.specifier.contains(version), f"the lock has {locked}; type: make lock"


def test_nothing_is_locked_that_nobody_asked_for() -> None:
    without_reason = [entry.splitlines()[0] for entry in ENTRIES if "# via" not in entry]

    assert without_reason == []


def test_every_entry_is_one_version_with_its_hashes() -> None:
    assert len(ENTRIES) > 40
    assert [
        entry for entry in ENTRIES if not re.search(r"^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry, re.DOTALL)
    ] == []


def test_the_lock_names_no_host_and_no_place_on_a_disk() -> None:
    assert re.findall(r".*(?:://|\bfile:|--index|--find-links|(?:^|\s)/).*", LOCK) == []
