"""The import contracts hold, and each breaks when somebody breaks it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import ROOT

FAULTS = {
    "Workers stand above the service": ("service/clock.py", "import workers.letters"),
    "Inside the service, imports read downwards": ("service/mail/outbox.py", "import service.deliveries.sweep"),
    "Adapters are reached only through wiring": ("service/web/health.py", "import service.adapters.smtp"),
    "Vendors stay in web, adapters and wiring": ("service/deliveries/sweep.py", "import celery"),
    "Rules without rows": ("service/deliveries/states.py", "import sqlalchemy"),
    "Only one module knows mjml": ("service/issues/render.py", "import mjml"),
    "Siblings form no cycles": ("service/subscribers/states.py", "import service.subscribers.signup"),
}


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code without its tests, to plant faults in."""
    tree = tmp_path_factory.mktemp("planted")
    for name in ("service", "workers"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", "pyproject.toml"]
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_the_contracts_are_kept(copied_tree: Path) -> None:
    result = _lint(copied_tree)
    assert result.returncode == 0, result.stdout
    assert f"{len(FAULTS)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("contract", FAULTS)
def test_a_planted_fault_breaks_its_contract(copied_tree: Path, contract: str) -> None:
    place, line = FAULTS[contract]
    sound = (copied_tree / place).read_text()
    (copied_tree / place).write_text(f"{sound}\n{line}\n")
    try:
        result = _lint(copied_tree)
    finally:
        (copied_tree / place).write_text(sound)
    broken = [row for row in result.stdout.splitlines() if row.startswith(contract) and " BROKEN" in row]
    assert len(broken) == 1, result.stdout


def test_a_module_without_a_place_is_refused(copied_tree: Path) -> None:
    stranger = copied_tree / "service" / "stranger.py"
    stranger.write_text('"""A module that nobody placed."""\n')
    try:
        result = _lint(copied_tree)
    finally:
        stranger.unlink()
    assert result.returncode != 0
    assert "stranger" in result.stdout + result.stderr
