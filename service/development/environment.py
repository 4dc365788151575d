"""What development processes are told: the environment names of ``service.settings``, filled in for a bare machine.

Owns ``var/`` and its secret. Never reads settings on a program's behalf, and gives production nothing.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from service.development.ports import LOOPBACK
from service.errors import Conflict
from service.settings import ROOT

VAR = ROOT / "var"
WEB_PORT = 8000
# They open nothing but the test Stripe, which refuses any key of the real one.
TEST_STRIPE_KEY = "sk_test_of_the_test_stripe"
TEST_STRIPE_SECRET = "whsec_of_the_test_stripe_on_loopback"  # noqa: S105 - see above


def is_production(environment: Mapping[str, str]) -> bool:
    """Whether this environment is meant for real readers."""
    return environment.get("POSTRIDER_ENV") == "production"


def refuse_production(environment: Mapping[str, str]) -> None:
    """Do nothing in development and tests.

    Raises:
        Conflict: POSTRIDER_ENV says production.
    """
    if is_production(environment):
        raise Conflict(
            "POSTRIDER_ENV is production, and this is the development service: it would fill the database with sample "
            "data and keep every mail. Unset POSTRIDER_ENV, or start the parts as the README's production page says."
        )


def fill_environment(
    given: Mapping[str, str], var: Path, *, database_url: str, redis_url: str, smtp_url: str, web_port: int = WEB_PORT
) -> dict[str, str]:
    """Return ``given`` with every setting that it lacks; what it names stays as it is."""
    defaults = {
        "POSTRIDER_ENV": "development",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SMTP_URL": smtp_url,
        "INBOX_DIR": str(var / "inbox"),
        "JOURNAL_DIR": str(var / "journal"),
        "HOLD_SECONDS": "10",
        "PUBLIC_URL": f"http://localhost:{web_port}",
        "WEB_PORT": str(web_port),
    }
    filled = {**defaults, **{name: value for name, value in given.items() if value}}
    return filled if filled.get("SECRET_KEY") else {**filled, "SECRET_KEY": _keep_secret(var / "secret-key")}


def point_to_test_stripe(environment: Mapping[str, str], port: int) -> dict[str, str]:
    """Return ``environment`` with gifts taken through the test Stripe on this port of the loopback address."""
    return {
        **environment,
        "STRIPE_URL": f"http://{LOOPBACK}:{port}",
        "STRIPE_KEY": TEST_STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRETS": TEST_STRIPE_SECRET,
    }


def _keep_secret(path: Path) -> str:
    """Return the secret of this checkout, made at the first start: links in mails caught yesterday still work."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        unfinished.rename(path)
    return path.read_text().strip()
