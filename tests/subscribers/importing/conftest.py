"""A newsletter to bring people to."""

from pathlib import Path

import pytest

from service.wiring import Services
from tests.subscribers.importing.files import Bringer


@pytest.fixture
def bringer(services: Services, newsletter_id: int, tmp_path: Path) -> Bringer:
    """Brings files into a newsletter without readers."""
    return Bringer(services.factory, newsletter_id, tmp_path)
