"""Gifts of the sample organisation: cards through the test Stripe, cheques of the months before.

Everything goes through the doors that givers and staff use; only the cards are put in by the test Stripe's own hand.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.request import Request, urlopen

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.db import transaction
from service.donations.checkout import make_form_token, open_attempt, open_page
from service.donations.defence import Arrival
from service.donations.gateway import Gateway
from service.donations.models import Attempt, Fund
from service.donations.offline import OfflineGift, Way, record_offline_gift
from service.donations.settlement import Settlement
from service.organisation.models import Organisation
from service.wiring import Services

_FILLED_IN: Final = timedelta(seconds=30)


@dataclass(frozen=True)
class _Gift:
    name: str
    address: str
    amount: str
    frequency: str = "once"
    card: str = "4242424242424242"
    tribute: str = ""
    language: str = "en"


_GIFTS: Final = (
    _Gift("Ada Mensah", "ada@example.org", "5000"),
    _Gift("陈美玲", "chen@example.org", "2500", frequency="monthly", language="zh"),
    _Gift("Дмитрий Орлов", "dmitri@example.org", "10000", language="ru", tribute="Анна Орлова"),
    _Gift("Inês Duarte", "ines@example.org", "25000", frequency="yearly"),
    _Gift("Hana Nováková", "hana@example.org", "2500", frequency="monthly", card="4000000000000341"),
)
# A name, an amount in minor units, and how many days ago the cheque came.
_CHEQUES: Final = (
    ("Harbor Workers’ Credit Union", "credit.union@example.org", 120_000, 20),
    ("Ada Mensah", "ada@example.org", 15_000, 48),
    ("Marta Lindqvist", "marta@example.org", 50_000, 75),
    ("Ezra Cole", "ezra@example.org", 20_000, 110),
    ("Marta Lindqvist", "marta@example.org", 25_000, 139),
    ("The Wharf Bookshop", "bookshop@example.org", 40_000, 170),
)


def add_organisation(session: Session) -> Fund:
    """Store the sample organisation, with a fund and its goal."""
    session.add(
        Organisation(
            id=1,
            legal_name="Northern Crossings Institute, Inc.",
            tax_number="00-0000000",
            postal_address="14 Wharf Lane\nPortland, ME 04101\nUSA",
            time_zone="America/New_York",
            sender_name="Northern Crossings Institute",
            sender_address="gifts@crossings.example.org",
            reply_address="office@crossings.example.org",
            signatory="Robin Hale, Treasurer",
            refund_limit_minor=10_000,
        )
    )
    fund = Fund(
        slug="general",
        name="Where it is needed most",
        description="Reporters, translators and the ice charts of every issue.",
        goal_minor=500_000,
    )
    session.add(fund)
    session.flush()
    return fund


def give_sample_gifts(services: Services) -> None:
    """Let the sample's givers give. Needs the test Stripe; without it only cheques come."""
    with transaction(services.factory) as session:
        fund = session.scalars(select(Fund)).one()
        for name, address, amount, days_ago in _CHEQUES:
            _enter_cheque(session, fund, name, address, amount, days_ago)
    if services.gateway is not None and services.settings.stripe_url:
        for gift in _GIFTS:
            _give(services, services.gateway, gift)


def _enter_cheque(session: Session, fund: Fund, name: str, address: str, amount: int, days_ago: int) -> None:
    cheque = OfflineGift(
        donor_name=name,
        address=address,
        language="en",
        amount_minor=amount,
        given_on=(now() - timedelta(days=days_ago)).date(),
        fund_id=fund.id,
        way=Way.CHEQUE,
        reference=str(1000 + days_ago),
    )
    record_offline_gift(session, cheque, secrets.token_hex(16))


def _give(services: Services, gateway: Gateway, gift: _Gift) -> None:
    form = {
        "token": make_form_token(services.signer, now() - _FILLED_IN),
        "frequency": gift.frequency,
        "amount": gift.amount,
        "name": gift.name,
        "address": gift.address,
        "tribute_kind": "memory" if gift.tribute else "",
        "tribute_name": gift.tribute,
    }
    with transaction(services.factory) as session:
        attempt_id = open_attempt(session, services.signer, form, Arrival(), gift.language).id
    open_page(services.factory, gateway, attempt_id, services.settings.public_url)
    with transaction(services.factory) as session:
        session_id = session.get_one(Attempt, attempt_id).session_id
    _pay(services.settings.stripe_url, {"session_id": session_id, "card": gift.card, "name": gift.name})
    Settlement(services.factory, gateway).sync_attempt(attempt_id)


def _pay(stripe_url: str, form: dict[str, str | None]) -> None:
    asked = Request(  # noqa: S310 - the test Stripe on this machine
        f"{stripe_url}/_test/pay", json.dumps(form).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(asked, timeout=20) as answer:  # noqa: S310 - the same
        answer.read()
