"""Reading the environment: every bad value at once, and no value in the message."""

import pytest

from service.settings import BadSettings, load_settings

GOOD = {
    "POSTRIDER_ENV": "production",
    "DATABASE_URL": "postgresql://someone:hush@db.test/postrider",
    "REDIS_URL": "redis://broker.test/0",
    "SECRET_KEY": "a" * 32,
    "PUBLIC_URL": "https://letters.test/",
    "SMTP_URL": "smtp+starttls://user:hush@relay.test:587",
}


def test_a_good_environment_is_read() -> None:
    settings = load_settings(GOOD)
    assert settings.public_url == "https://letters.test"
    assert settings.database_url.startswith("postgresql+psycopg://")
    assert settings.public_host == "letters.test"


def test_every_missing_value_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as problem:
        load_settings({})
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "SMTP_URL"):
        assert name in str(problem.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///hush.db"),
        ("REDIS_URL", "amqp://hush"),
        ("SECRET_KEY", "hush"),
        ("PUBLIC_URL", "http://hush.test"),
        ("PUBLIC_URL", "hush"),
        ("SMTP_URL", "hush.test:25"),
        ("POSTRIDER_ENV", "hush"),
    ],
)
def test_a_bad_value_is_named_and_never_repeated(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as problem:
        load_settings(GOOD | {name: value})
    assert name in str(problem.value)
    assert "hush" not in str(problem.value)
