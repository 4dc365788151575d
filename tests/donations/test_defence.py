"""Who may open a payment page: limits that hold under a burst, and a door that closes itself while cards are tried."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.alarms.raising import list_standing_alarms, settle_alarm
from service.clock import now
from service.db import make_engine
from service.donations.checkout import open_attempt
from service.donations.defence import (
    ALARM,
    CLOSED_FOR,
    DECLINED,
    FLOOD_WINDOW,
    LIMIT_WINDOW,
    LINK_ALARM,
    MOST_DECLINES,
    MOST_OPENED,
    MOST_OPENED_BY_LINK,
    MOST_PER_ADDRESS,
    MOST_PER_NETWORK,
    MOST_PER_NETWORK_IN_FLOOD,
    PAGES_CLOSE_WITHIN,
    Arrival,
    GivingClosed,
    GivingPaused,
    check_door,
    check_limits,
    close_if_flooded,
    is_closed,
    is_closed_to_links,
)
from service.donations.models import Attempt, Fund
from service.donations.states import Frequency
from service.errors import TooMany
from service.inbox.models import EventState, OutsideEvent, Provider
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation
from service.staff.roles import Role
from service.tokens import TokenSigner
from service.turns import Turn
from service.visitors.networks import UNKNOWN
from service.wiring import Services
from tests.donations.forms import fill_form
from tests.factories.giving import make_fund, make_organisation
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.staff import make_account
from tests.fixtures.services import OpenTransaction

PUBLIC = Arrival("198.51.100.0/24")
_numbers = count(1)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A transaction with an organisation and one open fund in it, rolled back at the end."""
    engine = make_engine(database_url)
    with Session(engine) as opened:
        make_organisation(opened)
        make_fund(opened)
        yield opened
        opened.rollback()
    engine.dispose()


def add_declines(session: Session, number: int, at: datetime | None = None) -> None:
    """Store as many events of declined payments."""
    session.add_all(
        OutsideEvent(
            provider=Provider.STRIPE,
            event_id=f"evt_{next(_numbers)}",
            type=DECLINED,
            payload={},
            state=EventState.DONE,
            occurred_at=at or now(),
            received_at=at or now(),
        )
        for _ in range(number)
    )
    session.flush()


def add_attempts(session: Session, number: int, **values: Any) -> None:
    """Store as many forms, each from another network and address unless told otherwise."""
    fund_id = session.scalars(select(Fund.id)).one()
    for each in (next(_numbers) for _ in range(number)):
        told = {"network": f"10.{each // 250}.{each % 250}.0/24", "address_key": f"{each}@example.org", **values}
        session.add(
            Attempt(
                public_id=f"public-{each}",
                nonce=f"nonce-{each}",
                mailed_address=f"{each}@example.org",
                amount_minor=500,
                currency="usd",
                frequency=Frequency.ONCE,
                fund_id=fund_id,
                **told,
            )
        )
    session.flush()


def is_open(session: Session, arrival: Arrival = PUBLIC) -> bool:
    """Whether the door lets this arrival in."""
    try:
        check_door(session, get_organisation(session), arrival)
    except GivingClosed:
        return False
    return True


def an_issue(session: Session) -> int:
    """Store an issue that could have asked."""
    return make_issue(session, make_newsletter(session, "crossings")).id


@pytest.mark.parametrize(
    ("column", "value", "most"),
    [("network", "203.0.113.0/24", MOST_PER_NETWORK), ("address_key", "eve@example.org", MOST_PER_ADDRESS)],
)
def test_the_last_form_that_is_taken_is_the_one_at_the_limit(
    session: Session, column: str, value: str, most: int
) -> None:
    add_attempts(session, most - 1, **{column: value})
    add_attempts(session, 30, **{column: value}, created_at=now() - LIMIT_WINDOW - timedelta(seconds=1))
    check_limits(session, Arrival("203.0.113.0/24"), "eve@example.org")
    add_attempts(session, 1, **{column: value})
    with pytest.raises(TooMany) as caught:
        check_limits(session, Arrival("203.0.113.0/24"), "eve@example.org")
    assert caught.value.status == 429
    check_limits(session, Arrival("198.51.100.0/24"), "ada@example.org")


@pytest.mark.parametrize("hidden", [UNKNOWN, ""])
def test_all_who_hide_their_network_are_one_network_with_one_limit(session: Session, hidden: str) -> None:
    add_attempts(session, MOST_PER_NETWORK - 1, network=hidden)
    check_limits(session, Arrival(hidden), "ada@example.org")
    add_attempts(session, 1, network=hidden)
    with pytest.raises(TooMany):
        check_limits(session, Arrival(hidden), "ada@example.org")


def test_the_limit_holds_for_forms_that_come_at_the_same_moment(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session)

    def send(number: int) -> bool:
        try:
            with open_transaction() as session:
                form = fill_form(services.signer, address=f"{number}@example.org")
                open_attempt(session, services.signer, form, PUBLIC, "en")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(send, range(MOST_PER_NETWORK + 10)))
    assert taken.count(True) == MOST_PER_NETWORK


def test_case_74_a_thousand_declines_close_the_form_raise_one_alarm_and_spare_known_givers(session: Session) -> None:
    signer, issue_id = TokenSigner(("a test key of more than thirty-two characters",)), an_issue(session)
    for network in range(50):
        add_attempts(session, 1, network=f"203.0.{network}.0/24")
    add_declines(session, 1000, now() - timedelta(minutes=1))
    assert all(close_if_flooded(session) for _ in range(3))
    (alarm,) = list_standing_alarms(session)
    assert (alarm.key, alarm.times) == (ALARM, 1)
    assert "1000 payments were declined within 5 minutes" in alarm.sentence
    with pytest.raises(GivingClosed):
        open_attempt(session, signer, fill_form(signer), PUBLIC, "en")
    assert session.execute(select(func.count()).select_from(Attempt)).scalar_one() == 50
    by_mail = Arrival(PUBLIC.network, asked_by=(issue_id, 3))
    assert open_attempt(session, signer, fill_form(signer), by_mail, "en").issue_id == issue_id
    assert is_open(session, Arrival(PUBLIC.network, is_signed_in=True))


@pytest.mark.parametrize(
    ("declines", "attempts", "is_flooded"),
    [
        (MOST_DECLINES - 1, 0, False),
        (MOST_DECLINES, 0, True),
        (0, MOST_OPENED - 1, False),
        (0, MOST_OPENED, True),
    ],
)
def test_the_door_closes_at_its_limits_and_not_before(
    session: Session, declines: int, attempts: int, *, is_flooded: bool
) -> None:
    add_declines(session, declines)
    add_attempts(session, attempts)
    assert is_closed(session) is is_flooded
    assert close_if_flooded(session) is is_flooded
    assert [alarm.key for alarm in list_standing_alarms(session)] == [ALARM] * is_flooded


def test_what_happened_before_the_window_closes_nothing(session: Session) -> None:
    before = now() - FLOOD_WINDOW - timedelta(seconds=1)
    add_declines(session, 1000, before)
    add_attempts(session, MOST_OPENED, created_at=before)
    session.add_all(
        OutsideEvent(
            provider=Provider.STRIPE, event_id=f"paid-{each}", type="payment_intent.succeeded", payload={},
            occurred_at=now(),
        )
        for each in range(100)
    )  # fmt: skip
    session.flush()
    assert not close_if_flooded(session)
    assert is_open(session)


def end_flood(session: Session, ago: timedelta) -> None:
    """Let there have been a flood whose alarm was last raised so long ago."""
    add_declines(session, MOST_DECLINES)
    close_if_flooded(session)
    session.execute(update(OutsideEvent).values(received_at=now() - ago - FLOOD_WINDOW))
    session.execute(update(Alarm).values(last_raised_at=now() - ago))
    session.expire_all()


def test_the_door_stays_closed_for_a_quarter_of_an_hour_after_the_flood_and_opens_by_itself(session: Session) -> None:
    end_flood(session, CLOSED_FOR - timedelta(minutes=1))
    assert not is_open(session)
    session.execute(update(Alarm).values(last_raised_at=now() - CLOSED_FOR))
    assert is_open(session)
    assert len(list_standing_alarms(session)) == 1  # what happened is still to be looked at


def test_a_flood_that_lasts_keeps_the_door_closed_by_the_same_alarm(session: Session) -> None:
    end_flood(session, timedelta(minutes=14))
    add_declines(session, MOST_DECLINES)
    close_if_flooded(session)
    (alarm,) = list_standing_alarms(session)
    assert alarm.times == 2
    session.execute(update(OutsideEvent).values(received_at=now() - FLOOD_WINDOW))
    assert not is_open(session)


def test_staff_open_the_door_before_by_settling_the_alarm(session: Session) -> None:
    account = make_account(session, "pat@example.org", "Pat", "correct horse battery", Role.PUBLISHER)
    end_flood(session, timedelta(minutes=6))
    assert not is_open(session)
    settle_alarm(session, list_standing_alarms(session)[0].id, account.id)
    assert is_open(session)


def test_signed_links_have_a_limit_of_their_own(session: Session) -> None:
    issue_id = an_issue(session)
    by_mail = Arrival("", asked_by=(issue_id, 1))
    add_attempts(session, MOST_OPENED_BY_LINK - 1, issue_id=issue_id)
    assert is_open(session)  # a great issue closes nothing
    assert is_open(session, by_mail)
    add_attempts(session, 1, issue_id=issue_id)
    assert not is_open(session, by_mail)
    assert is_open(session, Arrival("", asked_by=(issue_id, 1), is_signed_in=True))
    assert not close_if_flooded(session)
    assert [alarm.key for alarm in list_standing_alarms(session)] == [LINK_ALARM]


def close_door(session: Session, ago: timedelta) -> Arrival:
    """Let declines have closed the public form so long ago; return an arrival by a mail's link."""
    add_declines(session, MOST_DECLINES)
    assert close_if_flooded(session)
    session.execute(update(OutsideEvent).values(received_at=now() - ago))
    session.execute(update(Turn).values(taken_at=now() - ago))
    session.execute(update(Alarm).values(raised_at=now() - ago, last_raised_at=now() - ago))
    session.expire_all()
    return Arrival("", asked_by=(an_issue(session), 1))


def test_while_cards_are_declined_links_open_no_more_than_the_public_may(session: Session) -> None:
    by_mail = close_door(session, timedelta(minutes=1))
    assert by_mail.asked_by is not None
    add_attempts(session, MOST_OPENED - 1, issue_id=by_mail.asked_by[0])
    assert is_open(session, by_mail)
    add_attempts(session, 1, issue_id=by_mail.asked_by[0])
    assert not is_open(session, by_mail)
    assert is_open(session, Arrival("", is_signed_in=True))
    session.execute(update(OutsideEvent).values(received_at=now() - FLOOD_WINDOW))
    assert is_open(session, by_mail)  # no card is declined any more, and a great issue may bring so many


def test_cards_declined_after_the_public_form_has_closed_close_the_links_too(session: Session) -> None:
    by_mail = close_door(session, timedelta(minutes=4))
    add_declines(session, MOST_DECLINES - 1)
    assert is_open(session, by_mail)
    add_declines(session, 1)
    assert not is_open(session, by_mail)
    assert is_open(session, Arrival("", is_signed_in=True))
    close_if_flooded(session)
    alarm = next(each for each in list_standing_alarms(session) if each.key == LINK_ALARM)
    assert "20 more payments were declined within 5 minutes" in alarm.sentence
    # The flood ends, and the door stays closed as long as the public one does.
    session.execute(update(OutsideEvent).values(received_at=now() - FLOOD_WINDOW))
    assert not is_open(session, by_mail)
    session.execute(update(Alarm).values(last_raised_at=now() - CLOSED_FOR))
    assert is_open(session, by_mail)


def test_declines_on_pages_that_the_public_had_open_close_no_link(session: Session) -> None:
    by_mail = close_door(session, timedelta(minutes=4))
    (alarm,) = list_standing_alarms(session)
    add_declines(session, 1000, alarm.raised_at + PAGES_CLOSE_WITHIN - timedelta(seconds=1))
    assert is_open(session, by_mail)


def test_an_old_alarm_that_nobody_settled_does_not_close_the_links_at_the_next_flood(session: Session) -> None:
    by_mail = close_door(session, timedelta(days=3))
    add_declines(session, MOST_DECLINES, now() - timedelta(minutes=1))
    for _ in ("before the alarm is raised", "after"):
        assert not is_open(session)
        assert is_open(session, by_mail)
        assert close_if_flooded(session)
    assert not is_closed_to_links(session)


def test_the_one_switch_of_staff_pauses_giving_for_everybody(session: Session) -> None:
    session.execute(update(Organisation).values(giving_paused_at=now()))
    for arrival in (PUBLIC, Arrival("", asked_by=(1, 1)), Arrival("", is_signed_in=True)):
        with pytest.raises(GivingPaused):
            check_door(session, get_organisation(session), arrival)


def test_in_a_flood_a_link_from_a_mail_is_for_a_household_and_not_for_a_machine_room(session: Session) -> None:
    add_declines(session, MOST_DECLINES)
    add_attempts(session, MOST_PER_NETWORK_IN_FLOOD - 1, network=PUBLIC.network)
    check_limits(session, PUBLIC, "ada@example.org")
    add_attempts(session, 1, network=PUBLIC.network)
    with pytest.raises(TooMany):
        check_limits(session, PUBLIC, "ada@example.org")
    check_limits(session, Arrival("203.0.113.0/24"), "ada@example.org")
