"""Where the desk leads for what only the processor can do: its own dashboard, of test or live, and nowhere else."""

from dataclasses import replace

import pytest

from service.settings import Settings
from service.web.app import create_app
from service.web.desk.books import dashboard_url
from service.wiring import Services


@pytest.mark.parametrize(
    ("key", "url", "expected"),
    [
        ("sk_test_x", "", "https://dashboard.stripe.com/test/disputes/dp_1"),
        ("rk_test_x", "", "https://dashboard.stripe.com/test/disputes/dp_1"),
        ("sk_live_x", "", "https://dashboard.stripe.com/disputes/dp_1"),
        ("rk_live_x", "", "https://dashboard.stripe.com/disputes/dp_1"),
        ("sk_test_x", "http://127.0.0.1:1", ""),
        ("", "", ""),
    ],
)
def test_the_dashboard_is_that_of_the_key(
    services: Services, settings: Settings, key: str, url: str, expected: str
) -> None:
    with create_app(replace(services, settings=replace(settings, stripe_key=key, stripe_url=url))).app_context():
        assert dashboard_url("disputes/dp_1") == expected
