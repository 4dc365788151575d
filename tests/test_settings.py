"""Reading the environment: every bad value at once, and no value in the message or in what a log may show."""

from datetime import date
from pathlib import Path

import pytest

from service.settings import BadSettings, DkimKey, Route, load_settings
from service.wiring import wire

GOOD = {
    "POSTRIDER_ENV": "production",
    "DATABASE_URL": "postgresql://someone:hush@db.test/postrider",
    "REDIS_URL": "redis://broker.test/0",
    "SECRET_KEY": "a" * 32,
    "PUBLIC_URL": "https://letters.test/",
    "SMTP_URL": "smtp+starttls://user:hush@relay.test:587",
}

GIFTS = {"STRIPE_KEY": "sk_live_hush", "STRIPE_WEBHOOK_SECRETS": "whsec_hush_hush_hush_hush"}


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


@pytest.mark.parametrize("told", [{}, {"TRUSTED_PROXIES": " "}, {"TRUSTED_PROXIES": "one"}, {"TRUSTED_PROXIES": "-1"}])
def test_production_with_gifts_must_be_told_how_many_proxies_stand_before_it(told: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as problem:
        load_settings(GOOD | GIFTS | told)
    (sentence,) = str(problem.value).splitlines()
    assert sentence.startswith("TRUSTED_PROXIES: ")


@pytest.mark.parametrize("count", [0, 2])
def test_any_number_of_proxies_is_taken_once_it_is_said(count: int) -> None:
    assert load_settings(GOOD | GIFTS | {"TRUSTED_PROXIES": str(count)}).trusted_proxies == count


def test_without_gifts_or_in_development_nobody_must_count_proxies() -> None:
    assert load_settings(GOOD).trusted_proxies == 0
    assert load_settings(GOOD | GIFTS | {"POSTRIDER_ENV": "development"}).trusted_proxies == 0


def test_no_secret_is_in_what_a_log_or_a_trace_may_show() -> None:
    secrets = {"SECRET_KEY": "hush" * 8, "REDIS_URL": "redis://:hush@broker.test/0", "TRUSTED_PROXIES": "0"}
    services = wire(load_settings(GOOD | GIFTS | secrets))
    shown = [repr(services.settings), repr(services), repr(services.gateway), repr(services.routes)]
    assert not any("hush" in each for each in shown)
    assert "letters.test" in shown[0]


def test_one_relay_needs_no_name() -> None:
    (route,) = load_settings(GOOD).routes
    assert (route.name, route.url) == ("main", GOOD["SMTP_URL"])
    assert (route.connections, route.weight, route.per_second, route.warm_up) == (8, 1, None, None)


def test_several_relays_have_names_and_limits_of_their_own() -> None:
    first = "main=smtps://someone:p%20w@relay.test?weight=3&connections=4&per_second=2.5&warm_up=2026-11-01"
    main, spare = load_settings(GOOD | {"SMTP_URL": f"{first} spare=smtp://other.test:2525?weight=0"}).routes
    assert main == Route("main", "smtps://someone:p%20w@relay.test", 4, 3, 2.5, date(2026, 11, 1))
    assert spare == Route("spare", "smtp://other.test:2525", weight=0)
    assert "p%20w" not in repr(main)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("smtp://hush.test smtp://hush.test", "a name of its own"),
        ("a=smtp://hush.test?weight=0", "a weight above 0"),
        ("a=smtp://hush.test?connections=0", "connections and per_second above 0"),
        ("a=smtp://hush.test?per_second=0", "connections and per_second above 0"),
        ("a=smtp://hush.test?per_second=nan", "connections and per_second above 0"),
        ("a=smtp://hush.test?per_second=inf", "connections and per_second above 0"),
        ("a=smtp://hush.test?weight=hush", "not a number or a day"),
        ("a=smtp://hush.test?warm_up=hush", "not a number or a day"),
        ("a=smtp://hush.test?wait=1", "an option other than connections"),
        ("smtp://relay:pa?hush@relay.test:25", "must be a relay"),
        ("smtp://relay:pa#hush@relay.test:25", "must be a relay"),
        ("smtp://relay.test:hush", "must be a relay"),
        ("a=hush://hush.test", "must be a relay"),
    ],
)
def test_a_relay_that_makes_no_sense_is_refused_with_its_reason(value: str, sentence: str) -> None:
    with pytest.raises(BadSettings, match=f"SMTP_URL: .*{sentence}") as problem:
        load_settings(GOOD | {"SMTP_URL": value})
    assert "hush" not in str(problem.value)


def test_signing_keys_are_files_by_selector_and_domain(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("")
    (key,) = load_settings(GOOD | {"DKIM_KEYS": f"s2026b@Example.org={tmp_path}/a.pem"}).dkim_keys
    assert key == DkimKey("example.org", "s2026b", tmp_path / "a.pem")


@pytest.mark.parametrize("value", ["hush", "a@example.org=hush.pem", "@example.org=hush.pem"])
def test_a_signing_key_that_is_not_there_is_named_at_start(value: str) -> None:
    with pytest.raises(BadSettings, match="DKIM_KEYS: "):
        load_settings(GOOD | {"DKIM_KEYS": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOLD_SECONDS", "soon"), ("HOLD_SECONDS", "-1"), ("HOLD_SECONDS", "9" * 14), ("RETURN_DOMAIN", "no domain")],
)
def test_other_values_of_sending_are_checked_too(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=f"{name}: "):
        load_settings(GOOD | {name: value})
