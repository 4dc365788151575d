"""``postrider receive``: a mail to a copy's own address ends that subscription and no other."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from service.cli.receive import NO_SUCH_USER, TRY_AGAIN
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.mail.verp import MailKind, ReturnPaths
from service.settings import Settings
from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.states import ConsentSource, SubscriptionState
from service.wiring import Services
from tests.cli.conftest import Run
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings of a house that takes returned mail."""
    return replace(settings, return_domain="returns.test")


@pytest.fixture
def copies(open_transaction: OpenTransaction) -> list[Delivery]:
    """The two copies of an issue."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 2)
        release_issue(session, make_issue(session, newsletter).id, PUBLIC_URL)
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.fixture
def returns(services: Services) -> ReturnPaths:
    """What makes the addresses."""
    return services.composers.returns


def _states(open_transaction: OpenTransaction) -> list[SubscriptionState]:
    with open_transaction() as session:
        return list(session.scalars(select(Subscription.state).order_by(Subscription.id)))


def test_a_mail_to_the_address_unsubscribes_that_reader_with_proof(
    run: Run, copies: list[Delivery], returns: ReturnPaths, open_transaction: OpenTransaction
) -> None:
    address = returns.both_of(MailKind.DELIVERY, copies[0].id)[1]
    assert run("receive", address.upper()).output == "Unsubscribed.\n"
    assert run("receive", address).exit_code == 0  # twice is as once
    assert _states(open_transaction) == [SubscriptionState.UNSUBSCRIBED, SubscriptionState.ACTIVE]
    with open_transaction() as session:
        (proof,) = session.scalars(select(ConsentEvent).where(ConsentEvent.source == ConsentSource.MAIL))
        assert proof.evidence == {"delivery": copies[0].id}


def test_an_address_for_bounces_a_forged_one_and_a_foreign_one_unsubscribe_nobody(
    run: Run, copies: list[Delivery], returns: ReturnPaths, open_transaction: OpenTransaction
) -> None:
    bounce, leave = returns.both_of(MailKind.DELIVERY, copies[0].id)
    letter = returns.both_of(MailKind.LETTER, copies[0].id)[1]
    forged = leave.replace(leave[5], "a" if leave[5] != "a" else "b")
    for address in (bounce, "u" + bounce[1:], forged, letter, leave.replace("returns.test", "other.test"), "someone"):
        assert run("receive", address).exit_code == NO_SUCH_USER
    assert set(_states(open_transaction)) == {SubscriptionState.ACTIVE}


def test_an_address_of_a_copy_that_is_gone_is_said(run: Run, returns: ReturnPaths) -> None:
    assert run("receive", returns.both_of(MailKind.DELIVERY, 7)[1]).exit_code == NO_SUCH_USER


def test_while_the_database_is_away_the_mail_server_is_told_to_try_again(
    run: Run, copies: list[Delivery], returns: ReturnPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = returns.both_of(MailKind.DELIVERY, copies[0].id)[1]
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    assert run("receive", address).exit_code == TRY_AGAIN


def test_without_settings_nothing_is_started_and_the_mail_server_is_told_to_try_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    answer = run("receive", "u-someone@returns.test")
    assert (answer.exit_code, "DATABASE_URL: is not set" in answer.stderr) == (TRY_AGAIN, True)
