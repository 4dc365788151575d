"""What the development tests share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can walk into, as a checkout usually is; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="postrider-embedded-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
