"""What became of an issue: figures, people, links, and one person's copies."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.donations.states import DonationState
from service.tracking.models import Agent, Hit, Verdict
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_organisation, make_recurring
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Desk, Stock, words_of

WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def sent(stock: Stock, open_transaction: OpenTransaction) -> Stock:
    """The issue after its sending: one copy accepted, one failed, one uncertain; a person and a machine looked."""
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
    with open_transaction() as session:
        accepted, failed, uncertain = session.scalars(select(Delivery).order_by(Delivery.id))
        accepted.state, accepted.reply_code, accepted.reply_text = DeliveryState.SENT, 250, "2.0.0 Ok"
        failed.state, failed.reply_code, failed.reply_text = DeliveryState.FAILED, 550, "5.1.1 <User unknown>"
        uncertain.state, uncertain.reason = DeliveryState.UNCERTAIN, "the line broke after the final dot"
        session.add_all(
            [
                _hit(stock, accepted, None, Agent.BROWSER, Verdict.HUMAN),
                _hit(stock, accepted, 1, Agent.BROWSER, Verdict.HUMAN),
                _hit(stock, uncertain, 1, Agent.MACHINE, Verdict.MACHINE),
            ]
        )
    return stock


def _hit(stock: Stock, copy: Delivery, link: int | None, agent: Agent, verdict: Verdict) -> Hit:
    return Hit(
        issue_id=stock.issue_id,
        delivery_id=copy.id,
        link_number=link,
        agent=agent,
        verdict=verdict,
        happened_at=WHEN,
    )


def test_figures_tell_people_and_machines_apart(desk: Desk, sent: Stock) -> None:
    page = desk.read(f"/desk/issues/{sent.issue_id}/results")
    for words in (
        'Opened</th><td class="number">1</td>',
        'Clicked</th><td class="number">1</td>',
        'aria-label="1 of 1 copies"',
        "opens 1, clicks 1",
        "https://a.test/one",
    ):
        assert words in page
    link = page[page.index("the first number") : page.index("the port")]
    assert link.count('<td class="number">1</td>') == 2


def test_everyone_is_listed_with_what_the_relay_said(desk: Desk, sent: Stock) -> None:
    page = desk.read(f"/desk/issues/{sent.issue_id}/results")
    for words in (
        "reader-0@example.org",
        "250 2.0.0 Ok",
        "550 5.1.1 <User unknown>",
        "The line broke after the final dot.",
    ):
        assert words in page
    assert "5.1.1 <User unknown>" not in desk.get(f"/desk/issues/{sent.issue_id}/results").text


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("state=failed", {1}),
        ("state=uncertain", {2}),
        ("state=skipped", set()),
        ("state=no-such-state", {0, 1, 2}),
        ("address=READER-1", {1}),
        ("address=%25", set()),
        ("state=sent&address=reader", {0}),
        ("page=2", set()),
        ("page=-4", {0, 1, 2}),
        ("page=x", {0, 1, 2}),
    ],
)
def test_people_are_found_by_state_and_by_a_part_of_their_address(
    desk: Desk, sent: Stock, question: str, shown: set[int]
) -> None:
    page = desk.read(f"/desk/issues/{sent.issue_id}/results?{question}")
    assert {n for n in range(3) if f"/desk/copies?address=reader-{n}" in page} == shown


def test_many_people_have_pages(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        for n in range(60):
            make_reader(session, stock.newsletter_id, f"another-{n}@example.org")
        release_issue(session, stock.issue_id, PUBLIC_URL)
    first = desk.read(f"/desk/issues/{stock.issue_id}/results?state=queued")
    assert first.count("/desk/copies?address=") == 50
    assert "state=queued&page=2#people" in first
    second = desk.read(f"/desk/issues/{stock.issue_id}/results?state=queued&page=2")
    assert second.count("/desk/copies?address=") == 13
    assert "Next page" not in second


def test_a_draft_has_no_results_yet(desk: Desk, stock: Stock) -> None:
    assert "This issue has not been released." in desk.read(f"/desk/issues/{stock.issue_id}/results")


def test_results_without_hits_say_so(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
    assert "No opens or clicks yet." in desk.read(f"/desk/issues/{stock.issue_id}/results")


def test_one_persons_copies_are_found_by_any_spelling_of_their_address(desk: Desk, sent: Stock) -> None:
    page = desk.read("/desk/copies?address=Reader-1%40EXAMPLE.org")
    assert "Patience Station" in page
    assert "550 5.1.1 <User unknown>" in page
    assert f"/desk/issues/{sent.issue_id}/results" in page


def test_a_person_without_copies_and_a_bad_address_are_told_apart(desk: Desk, sent: Stock) -> None:
    assert sent
    assert "No issue was ever planned for nobody@example.org." in desk.read("/desk/copies?address=nobody@example.org")
    bad = words_of(desk.get("/desk/copies?address=nobody"))
    assert "exactly one @" in bad
    assert 'value="nobody"' in bad


def test_the_list_of_issues_tells_the_share_that_was_sent(desk: Desk, sent: Stock) -> None:
    assert "1 of 3 copies" in desk.read("/desk/")
    assert f"/desk/issues/{sent.issue_id}/progress" in desk.read("/desk/")


def test_gifts_are_shown_by_what_asked_and_by_nobodys_name(
    desk: Desk, sent: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        fund, donor = make_fund(session), make_donor(session)
        recurring = make_recurring(session, donor, fund)
        ask = sent.item_ids[3]
        for amount, item, facts in (
            (5000, ask, {}),
            (123_456, ask, {"recurring": recurring}),
            (2500, ask, {"recurring": recurring, "paid_at": PAID_AT + timedelta(days=30)}),
            (1000, None, {}),
            (9900, ask, {"state": DonationState.CHARGED_BACK}),
        ):
            gift = make_donation(session, donor, fund, amount, **facts)
            gift.issue_id, gift.item_id = sent.issue_id, item
    page = desk.read(f"/desk/issues/{sent.issue_id}/results")
    section = page[page.index('id="gifts"') : page.index('id="people"')]
    assert "<dt>gifts</dt><dd>3</dd>" in section
    assert "<dt>given</dt><dd>$1,294.56</dd>" in section
    assert "<dt>renewal since</dt><dd>1</dd>" in section
    assert "<dt>given again</dt><dd>$25.00</dd>" in section
    ask_row = section[section.index("Thank you</th>") : section.index("The gift block at the end</th>")]
    assert '<td class="number">2</td> <td class="number">$1,284.56</td>' in ask_row
    assert section.index("$1,284.56") < section.index("$10.00")
    assert "Grace" not in page


def test_results_without_gifts_say_so(desk: Desk, sent: Stock) -> None:
    assert "No gift has come by a link of this issue yet." in desk.read(f"/desk/issues/{sent.issue_id}/results")


def test_an_editor_sees_the_figures_and_nobodys_address(desk: Desk, editor_desk: Desk, sent: Stock) -> None:
    for query in ("", "?state=failed", "?address=example"):
        path = f"/desk/issues/{sent.issue_id}/results{query}"
        assert "@example.org" in desk.read(path)
        page = editor_desk.read(path)
        assert "accepted by our relay" in page
        assert ("@example.org" in page, "User unknown" in page) == (False, False)
    assert "/desk/copies" not in editor_desk.read("/desk/")
    response = editor_desk.get("/desk/copies?address=reader-0@example.org")
    assert (response.status_code, "reader-0" in response.text) == (403, False)
