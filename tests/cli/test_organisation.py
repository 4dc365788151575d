"""``postrider organisation``: the facts, set in parts and shown."""

import json

from sqlalchemy import select

from service.alarms.models import Alarm
from service.errors import BadInput, Conflict, NotFound
from service.organisation.models import Organisation
from service.staff.models import AuditEntry
from tests.cli.conftest import Run
from tests.fixtures.services import OpenTransaction

FIRST = (
    *("--legal-name", "Quiet Harbor, Inc.", "--tax-number", "12-3456789", "--postal-address", "1 Pier\nPortland"),
    *(
        "--sender-name",
        "Quiet Harbor",
        "--sender-address",
        "gifts@harbor.example.org",
        "--reply-address",
        "office@harbor.example.org",
    ),
)


def test_the_organisation_is_set_in_parts(run: Run, open_transaction: OpenTransaction) -> None:
    assert isinstance(run("organisation", "show").exception, NotFound)
    assert run("organisation", "set", *FIRST).exception is None
    changed = run("organisation", "set", "--smallest", "10", "--suggested", "20", "--suggested", "10")
    assert changed.output == "Changed: smallest_minor, suggested_minor.\n"
    assert run("organisation", "set", "--smallest", "10").output == "Nothing was different.\n"
    with open_transaction() as session:
        stored = session.get_one(Organisation, 1)
        assert (stored.smallest_minor, stored.suggested_minor) == (1000, [1000, 2000])
        assert len(session.scalars(select(AuditEntry)).all()) == 2
    shown = run("organisation", "show").output
    assert "Quiet Harbor, Inc." in shown
    assert "10.00, 20.00" in shown
    facts = json.loads(run("organisation", "show", "--json").output)
    assert (facts["suggested_minor"], facts["giving_paused_at"]) == ([1000, 2000], None)


def test_the_limit_for_refunds_raised_by_the_command_line_calls_staff(
    run: Run, open_transaction: OpenTransaction
) -> None:
    run("organisation", "set", *FIRST)
    assert run("organisation", "set", "--refund-limit", "800").output == "Changed: refund_limit_minor.\n"
    with open_transaction() as session:
        sentence = session.scalars(select(Alarm.sentence)).one()
        *_, details = session.scalars(select(AuditEntry.details).order_by(AuditEntry.id))
    assert sentence.startswith(
        "Somebody at the command line raised what one person may pay back alone from $500.00 to $800.00."
    )
    assert details == {"facts": {"refund_limit_minor": [50_000, 80_000]}}


def test_what_will_not_do_is_a_sentence(run: Run) -> None:
    assert isinstance(run("organisation", "set", "--legal-name", "Alone").exception, BadInput)
    run("organisation", "set", *FIRST)
    for words in (("--smallest", "ten"), ("--time-zone", "Mars/Olympus"), ("--suggested", "1"), ("--currency", "zzz")):
        assert isinstance(run("organisation", "set", *words).exception, BadInput), words
    assert isinstance(run("organisation", "set", "--currency", "eur").exception, Conflict)
