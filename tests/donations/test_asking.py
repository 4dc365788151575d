"""Whether an issue may ask for gifts here, and what its links say."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from service.clock import now
from service.donations.asking import find_asking
from service.donations.models import Fund
from service.issues.asking import CLOSING_BLOCK
from service.issues.render import content_of, render_thanks, render_web
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation
from service.tokens import Purpose, TokenSigner
from tests.factories.giving import make_fund, make_organisation
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

SIGNER = TokenSigner(("a test key of more than thirty-two characters",))


def _no_organisation(session: Session) -> None:
    make_fund(session)


def _no_fund(session: Session) -> None:
    make_organisation(session)


def _only_closed_funds(session: Session) -> None:
    make_organisation(session)
    make_fund(session).is_open = False


def _paused(session: Session) -> None:
    make_fund(session)
    make_organisation(session).giving_paused_at = now()


@pytest.mark.parametrize("prepare", [_no_organisation, _no_fund, _only_closed_funds, _paused])
def test_nothing_is_asked_where_no_gift_would_be_taken(
    open_transaction: OpenTransaction, prepare: Callable[[Session], None]
) -> None:
    with open_transaction() as session:
        prepare(session)
        session.flush()
        assert find_asking(session, SIGNER, PUBLIC_URL) is None
        session.execute(update(Fund).values(is_open=True))
        session.execute(update(Organisation).values(giving_paused_at=None))
        session.expire_all()
        opened = find_asking(session, SIGNER, PUBLIC_URL) is not None
    assert opened is (prepare in {_only_closed_funds, _paused})


def test_only_amounts_that_may_be_given_are_suggested(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session)
        get_organisation(session).suggested_minor = [499, 500, 123_450, 2_500_000, 2_500_001]
        asking = find_asking(session, SIGNER, PUBLIC_URL)
    assert asking is not None
    offer = asking.offer(7, 9, "en")
    assert [amount.label for amount in offer.amounts] == ["$5", "$1,234.50", "$25,000"]


def test_an_asks_links_name_the_issue_and_the_item_and_no_reader(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session)
        newsletter = make_newsletter(session)
        newsletter.gift_url = ""
        issue = make_issue(session, newsletter)
        ask = issue.items[3]
        ask.language = "ru"
        content = content_of(issue, find_asking(session, SIGNER, PUBLIC_URL))
        ids = issue.id, ask.id
    assert [item.offer is not None for item in content.items] == [False, False, False, True]
    offer = content.items[3].offer
    assert offer is not None
    said = [_read(url) for url in (*(amount.url for amount in offer.amounts), offer.other_url, offer.monthly_url)]
    assert said == [
        {"ask": ids, "amount": "2500", "lang": "ru"},
        {"ask": ids, "amount": "5000", "lang": "ru"},
        {"ask": ids, "amount": "10000", "lang": "ru"},
        {"ask": ids, "amount": "25000", "lang": "ru"},
        {"ask": ids, "lang": "ru"},
        {"ask": ids, "frequency": "monthly", "lang": "ru"},
    ]
    assert offer.giving_url == f"{PUBLIC_URL}/giving?lang=ru"
    assert content.offer is not None
    assert _read(content.offer.other_url) == {"ask": (ids[0], CLOSING_BLOCK), "lang": "en"}


def test_a_newsletter_with_a_gift_link_of_its_own_offers_nothing_else(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session)
        issue = make_issue(session, make_newsletter(session))
        asking = find_asking(session, SIGNER, PUBLIC_URL)
        assert asking is not None
        content = content_of(issue, asking)
        assert content.offer is None
        assert [item.offer for item in content.items] == [None] * 4
        assert render_thanks(issue, PUBLIC_URL, asking) is None
        assert "/give?" not in render_web(issue, asking)


def _read(url: str) -> dict[str, object]:
    """Return what a link to the gift form says, its token opened."""
    address = urlsplit(url)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{PUBLIC_URL}/give"
    said: dict[str, object] = {name: values[0] for name, values in parse_qs(address.query).items()}
    said["ask"] = SIGNER.read(Purpose.ASK, str(said["ask"]))
    return said
