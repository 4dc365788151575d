"""A service that takes gifts, and a way to knock at its door as the processor does. Nothing here is ever called."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.inbox.models import OutsideEvent
from service.settings import Settings
from tests.fixtures.services import OpenTransaction
from tests.web.webhooks.signing import KEY, SECRET, sign


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The test's settings, with a processor that needs no answering."""
    return replace(settings, stripe_key=KEY, stripe_webhook_secrets=(SECRET,))


@dataclass(frozen=True)
class Door:
    """The webhook's door."""

    client: FlaskClient

    def knock(self, body: bytes, signature: str | None = None) -> TestResponse:
        """Send a body with this signature, or with a good one."""
        header = sign(body) if signature is None else signature
        return self.client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": header})


@pytest.fixture
def door(client: FlaskClient) -> Door:
    """The door of the test's application."""
    return Door(client)


@pytest.fixture
def list_stored(open_transaction: OpenTransaction) -> Callable[[], list[OutsideEvent]]:
    """Return every event that was stored."""

    def ask() -> list[OutsideEvent]:
        with open_transaction() as session:
            return list(session.scalars(select(OutsideEvent).order_by(OutsideEvent.id)))

    return ask
