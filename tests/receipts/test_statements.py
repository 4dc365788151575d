"""Year statements: who gets one, when a new version is made, and that nothing leaves without a person's word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from service.errors import Conflict, NotFound
from service.mail.models import Letter, LetterKind
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation
from service.receipts.facts import Standing
from service.receipts.issuing import bring_up_to_date
from service.receipts.models import Statement, StatementState
from service.receipts.queries import get_statement, list_statements, list_statements_of_donor
from service.receipts.statements import (
    StatementRun,
    approve_statement,
    approve_year,
    find_newest,
    prepare_statements,
    send_year,
)
from tests.factories.giving import PAID_AT
from tests.receipts.gifts import Gift, Open, store_gift, store_gift_of

YEAR = 2026
END = datetime(2027, 1, 1, 5, tzinfo=UTC)  # midnight in New York


@pytest.fixture(autouse=True)
def _year_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    _set_clock(monkeypatch, END)


def _set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("service.receipts.statements.now", lambda: moment)


@pytest.fixture
def second_gift(gift: Gift) -> Gift:
    """Another gift of the same donor, of $70, told of."""
    with gift.open_transaction() as session:
        facts = store_gift_of(session, gift.facts.donor_id, paid_at=PAID_AT + timedelta(days=1))
    other = Gift(gift.open_transaction, replace(facts, paid_minor=7000))
    other.tell()
    return other


def _prepare(open_transaction: Open, year: int = YEAR) -> StatementRun:
    with open_transaction() as session:
        return prepare_statements(session, year)


def _send(open_transaction: Open, account_id: int | None = None) -> int:
    with open_transaction() as session:
        if account_id is not None:
            approve_year(session, YEAR, account_id)
        return send_year(session, YEAR)


def _newest(open_transaction: Open) -> Statement:
    with open_transaction() as session:
        (statement,) = list_statements(session, YEAR)
        return statement


def _letters(open_transaction: Open) -> list[Letter]:
    with open_transaction() as session:
        return list(session.scalars(select(Letter).where(Letter.kind == LetterKind.STATEMENT).order_by(Letter.id)))


def test_a_donor_gets_one_statement_of_every_gift_of_the_year(gift: Gift, second_gift: Gift) -> None:
    gift.tell(refunded_minor=1500)
    with gift.open_transaction() as session:
        elsewhere = store_gift(session, "Ivan Other")
        bring_up_to_date(session, elsewhere)
    assert _prepare(gift.open_transaction) == StatementRun(made=2)
    with gift.open_transaction() as session:
        grace, ivan = list_statements(session, YEAR)
    assert (grace.donor_name, grace.amount_minor, grace.deductible_minor) == ("Grace Giver", 10500, 10500)
    assert [line["amount_minor"] for line in grace.lines] == [3500, 7000]
    assert (ivan.donor_name, ivan.amount_minor, ivan.version, ivan.state) == ("Ivan Other", 5000, 1, "draft")
    assert second_gift.facts.donor_id == grace.donor_id


@pytest.mark.parametrize("standing", [Standing.DISPUTED, Standing.RETURNED, Standing.UNPAID])
def test_a_receipt_that_does_not_stand_is_in_no_statement(gift: Gift, second_gift: Gift, standing: Standing) -> None:
    gift.tell()
    gift.tell(standing=standing)
    _prepare(gift.open_transaction)
    assert [line["amount_minor"] for line in _newest(gift.open_transaction).lines] == [7000]
    assert second_gift.states() == ["issued"]


def test_gifts_of_other_years_are_in_other_statements(gift: Gift) -> None:
    gift.tell(paid_at=datetime(2027, 1, 1, 4, 30, tzinfo=UTC))  # 31 December 23:30 in New York
    assert _prepare(gift.open_transaction, 2027) == StatementRun()
    assert _prepare(gift.open_transaction, 2026) == StatementRun(made=1)


def test_a_second_run_changes_nothing(gift: Gift) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    assert _prepare(gift.open_transaction) == StatementRun(unchanged=1)
    assert _newest(gift.open_transaction).version == 1


def test_only_what_a_person_approved_is_sent_and_once(gift: Gift, publisher_account: int) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    assert _send(gift.open_transaction) == 0
    assert _send(gift.open_transaction, publisher_account) == 1
    assert _send(gift.open_transaction, publisher_account) == 0
    statement = _newest(gift.open_transaction)
    assert (statement.state, statement.approved_by_id) == (StatementState.SENT, publisher_account)
    (letter,) = _letters(gift.open_transaction)
    assert (letter.key, letter.recipient) == (f"statement:{statement.id}", "grace.giver@example.org")
    assert letter.about == {"statement": statement.id}


def test_a_year_is_sent_when_it_has_ended_on_the_office_s_calendar_and_not_before(
    gift: Gift, publisher_account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gift.tell()
    _set_clock(monkeypatch, END - timedelta(seconds=1))
    _prepare(gift.open_transaction)
    with pytest.raises(Conflict, match="from 1 January 2027"):
        _send(gift.open_transaction, publisher_account)
    assert _letters(gift.open_transaction) == []
    _set_clock(monkeypatch, END)
    assert _send(gift.open_transaction, publisher_account) == 1


def test_drafts_that_nobody_looked_at_are_not_approved(gift: Gift, publisher_account: int) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    seen = _newest(gift.open_transaction).id
    gift.tell(refunded_minor=1000)
    _prepare(gift.open_transaction)
    with gift.open_transaction() as session:
        with pytest.raises(Conflict, match="other drafts now"):
            approve_year(session, YEAR, publisher_account, seen=seen)
        assert approve_year(session, YEAR, publisher_account, seen=find_newest(list_statements(session, YEAR))) == 1


def test_a_change_after_sending_makes_a_version_that_waits_for_a_person(gift: Gift, publisher_account: int) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    _send(gift.open_transaction, publisher_account)
    gift.tell(refunded_minor=1000)
    assert _prepare(gift.open_transaction) == StatementRun(changed=1)
    with gift.open_transaction() as session:
        second, first = list_statements_of_donor(session, gift.facts.donor_id)
    assert (first.state, first.amount_minor, second.state, second.amount_minor) == ("superseded", 5000, "draft", 4000)
    assert _send(gift.open_transaction) == 0
    assert _send(gift.open_transaction, publisher_account) == 1
    assert len(_letters(gift.open_transaction)) == 2


def test_what_changed_since_it_was_approved_is_not_sent(gift: Gift, publisher_account: int) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    with gift.open_transaction() as session:
        approve_year(session, YEAR, publisher_account)
    gift.tell(standing=Standing.DISPUTED)
    assert _send(gift.open_transaction) == 0
    assert _letters(gift.open_transaction) == []


def test_a_statement_whose_gifts_all_went_back_before_it_was_sent_is_withdrawn(gift: Gift) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    gift.tell(standing=Standing.RETURNED)
    assert _prepare(gift.open_transaction) == StatementRun(withdrawn=1)
    assert _prepare(gift.open_transaction) == StatementRun()
    gift.tell(standing=Standing.GOOD)
    assert _prepare(gift.open_transaction) == StatementRun(changed=1)
    statement = _newest(gift.open_transaction)
    assert (statement.version, statement.state, statement.amount_minor) == (2, "draft", 5000)


def test_a_donor_who_holds_a_statement_is_told_when_nothing_of_it_is_left(gift: Gift, publisher_account: int) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    _send(gift.open_transaction, publisher_account)
    gift.tell(standing=Standing.RETURNED)
    assert _prepare(gift.open_transaction) == StatementRun(changed=1)
    empty = _newest(gift.open_transaction)
    assert (empty.version, empty.state, empty.lines, empty.amount_minor) == (2, "draft", [], 0)
    assert _prepare(gift.open_transaction) == StatementRun(unchanged=1)


@pytest.mark.parametrize(("is_sent", "expected"), [(False, StatementRun(changed=1)), (True, StatementRun(unchanged=1))])
def test_a_new_tax_number_renews_drafts_but_not_what_donors_hold(
    gift: Gift, publisher_account: int, is_sent: bool, expected: StatementRun
) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    if is_sent:
        _send(gift.open_transaction, publisher_account)
    with gift.open_transaction() as session:
        get_organisation(session).tax_number = "11-1111111"
    assert _prepare(gift.open_transaction) == expected


def test_a_corrected_name_makes_a_new_version_of_what_was_sent(gift: Gift, publisher_account: int) -> None:
    gift.tell(donor_name="Grase Giver")
    _prepare(gift.open_transaction)
    _send(gift.open_transaction, publisher_account)
    gift.tell(donor_name="Grace Giver")
    assert _prepare(gift.open_transaction) == StatementRun(changed=1)
    assert _newest(gift.open_transaction).donor_name == "Grace Giver"


def test_a_gift_in_other_money_is_counted_and_left_out(gift: Gift, second_gift: Gift) -> None:
    gift.tell(currency="jpy")
    assert _prepare(gift.open_transaction) == StatementRun(made=1, other_currency=1)
    assert _newest(gift.open_transaction).amount_minor == second_gift.facts.paid_minor


def test_a_gift_with_something_in_return_says_so_in_its_line(gift: Gift, second_gift: Gift) -> None:
    gift.tell(fair_market_value_minor=2000, benefit="A signed print")
    _prepare(gift.open_transaction)
    statement = _newest(gift.open_transaction)
    assert [line["statement"] for line in statement.lines] == [gift.receipts()[0].statement, ""]
    assert statement.statement.endswith("except where it is said beside a gift.")
    assert (statement.amount_minor, statement.deductible_minor) == (12000, 10000)
    assert second_gift.receipts()[0].deductible_minor == 7000


def test_approving_needs_a_draft_that_still_counts(gift: Gift, publisher_account: int) -> None:
    gift.tell()
    _prepare(gift.open_transaction)
    first = _newest(gift.open_transaction)
    with gift.open_transaction() as session:
        assert approve_statement(session, first.id, publisher_account).state == "approved"
    with gift.open_transaction() as session:
        assert approve_statement(session, first.id, publisher_account).state == "approved"
    _send(gift.open_transaction)
    with gift.open_transaction() as session, pytest.raises(Conflict, match="sent already"):
        approve_statement(session, first.id, publisher_account)
    with gift.open_transaction() as session, pytest.raises(NotFound):
        approve_statement(session, first.id + 99, publisher_account)
    with gift.open_transaction() as session, pytest.raises(NotFound):
        get_statement(session, first.id + 99)


def test_nothing_is_made_before_the_organisation_is_known(open_transaction: Open) -> None:
    with open_transaction() as session:
        assert session.get(Organisation, 1) is None
    with open_transaction() as session, pytest.raises(NotFound, match="legal name"):
        prepare_statements(session, YEAR)


def test_a_line_keeps_what_its_receipt_says(gift: Gift) -> None:
    gift.tell(fund_name="Translations", method="Cheque 1042")
    _prepare(gift.open_transaction)
    (line,) = _newest(gift.open_transaction).lines
    assert (line["fund_name"], line["method"], line["given_on"]) == ("Translations", "Cheque 1042", "2026-11-20")
    assert line["number"] == gift.receipts()[0].number
