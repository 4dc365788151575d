"""The command line in this process, over the test's own database and its own test Stripe."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from service.cli import postrider
from service.settings import Settings
from service.wiring import Services

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, services: Services, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command: ``run("donations", "reconcile")``. A failure is in ``result.exception``."""
    assert services
    environment = {
        "POSTRIDER_ENV": settings.environment.value,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": ",".join(settings.secret_keys),
        "PUBLIC_URL": settings.public_url,
        "SMTP_URL": settings.routes[0].url,
        "RETURN_DOMAIN": settings.return_domain,
        "STRIPE_KEY": settings.stripe_key,
        "STRIPE_WEBHOOK_SECRETS": ",".join(settings.stripe_webhook_secrets),
        "STRIPE_URL": settings.stripe_url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(postrider, list(words))
