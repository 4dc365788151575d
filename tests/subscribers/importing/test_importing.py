"""Files of people come in: who is new is added, nobody comes back who left, and each line is accounted for."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text

from service.addresses import parse_address
from service.errors import BadInput
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.importing.models import ImportChunk, ImportState
from service.subscribers.importing.report import list_lines, to_plain_data
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.people import ensure_subscriber, ensure_subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent
from service.subscribers.suppression import find_standing, forget_address, suppress
from service.subscribers.suppression_models import SuppressionReason
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.subscribers.importing.files import HEADER, STATEMENT, Bringer, figures

ANN = "ann@example.org"


def write_strangers(count: int) -> str:
    """Return lines of people of whom nothing is known, after which nobody looks whether anything is of the next."""
    return "".join(f"stranger{number}@x.org,,,active,,,,,,,\n" for number in range(count))


def make_person(open_transaction: OpenTransaction, newsletter_id: int, standing: str) -> None:
    """Make Ann stand so to the newsletter."""
    events = {
        "pending": [],
        "active": [SubscriptionEvent.CONFIRM],
        "unsubscribed": [SubscriptionEvent.CONFIRM, SubscriptionEvent.UNSUBSCRIBE],
    }
    with open_transaction() as session:
        if standing == "new":
            return
        person = ensure_subscriber(session, parse_address(ANN))
        if standing == "known":
            return
        tie = lock_subscription(session, ensure_subscription(session, person, newsletter_id))
        for event in events[standing]:
            apply(session, tie, event, Proof(ConsentSource.SAMPLE, "sample"))


@pytest.mark.parametrize(
    ("standing", "word", "outcome", "state"),
    [
        ("new", "active", "added", "active"),
        ("new", "unsubscribed", "skipped", "unsubscribed"),
        ("new", "pending", "skipped", None),
        ("new", "suppressed", "suppressed", "unsubscribed"),
        ("known", "active", "added", "active"),
        ("known", "unsubscribed", "skipped", "unsubscribed"),
        ("known", "pending", "skipped", None),
        ("known", "suppressed", "suppressed", "unsubscribed"),
        ("pending", "active", "skipped", "pending"),
        ("pending", "unsubscribed", "updated", "unsubscribed"),
        ("pending", "pending", "unchanged", "pending"),
        ("pending", "suppressed", "suppressed", "pending"),
        ("active", "active", "unchanged", "active"),
        ("active", "unsubscribed", "updated", "unsubscribed"),
        ("active", "pending", "unchanged", "active"),
        ("active", "suppressed", "suppressed", "active"),
        ("unsubscribed", "active", "skipped", "unsubscribed"),
        ("unsubscribed", "unsubscribed", "unchanged", "unsubscribed"),
        ("unsubscribed", "pending", "unchanged", "unsubscribed"),
        ("unsubscribed", "suppressed", "suppressed", "unsubscribed"),
    ],
)
@pytest.mark.parametrize("is_dry_run", [False, True])
@pytest.mark.parametrize("strangers", [0, 2], ids=["expected", "after strangers"])
def test_a_line_does_what_the_rules_say(
    bringer: Bringer,
    open_transaction: OpenTransaction,
    standing: str,
    word: str,
    outcome: str,
    state: str | None,
    is_dry_run: bool,
    strangers: int,
) -> None:
    make_person(open_transaction, bringer.newsletter_id, standing)
    before = bringer.dump()
    row = bringer.bring(
        f"{HEADER}\n{write_strangers(strangers)}{ANN},,en,{word},,,,,every,,\n", chunk=1, is_dry_run=is_dry_run
    )
    assert (row.state, row.problem) == (ImportState.DONE, "")
    counts = {name: int(outcome == name) for name in ("added", "updated", "unchanged", "suppressed", "skipped")}
    counts["added"] += strangers
    assert figures(row) == (strangers + 1, *counts.values())
    if is_dry_run:
        assert bringer.dump() == before
    else:
        assert bringer.people().get(ANN) == state
        with open_transaction() as session:
            assert (find_standing(session, ANN) is not None) is (outcome == "suppressed")


def test_what_the_other_house_knew_comes_along(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    row = bringer.bring(
        f"{HEADER}\nZoë.O@Straße.de,Zoë \\ Ölund,ru,active,2020-01-02T03:04:05.000006+00:00,,footer,"
        '"a,""b, c"",\\x",monthly,2090-01-01T00:00:00+00:00,"{""city"": ""Åre \\\\ x""}"\n'.replace("Zoë.O", "zoe.o")
    )
    assert figures(row) == (1, 1, 0, 0, 0, 0)
    with open_transaction() as session:
        person = session.scalars(select(Subscriber)).one()
        tie = session.scalars(select(Subscription)).one()
        assert (person.address, person.mailed_address) == ("zoe.o@Straße.de", "zoe.o@xn--strae-oqa.de")
        assert (person.name, person.language) == ("Zoë \\ Ölund", "ru")
        assert (person.tags, person.fields) == (["a", "b, c", "\\x"], {"city": "Åre \\ x"})
        assert person.import_id == tie.import_id == row.id
        assert tie.confirmed_at is not None
        assert tie.confirmed_at.isoformat() == "2020-01-02T03:04:05.000006+00:00"
        assert (tie.requested_at, tie.ended_at, tie.source) == (tie.confirmed_at, None, "footer")
        assert (tie.frequency.value, str(tie.paused_until)) == ("monthly", "2090-01-01 00:00:00+00:00")
        (proof,) = session.scalars(select(ConsentEvent))
        assert (proof.event, proof.source, proof.wording) == ("import", "import", STATEMENT)
        assert (proof.import_id, proof.subscription_id) == (row.id, None)


def test_a_day_that_is_not_known_stays_unknown_and_one_to_come_is_now(
    bringer: Bringer, open_transaction: OpenTransaction
) -> None:
    bringer.bring(f"{HEADER}\na@x.org,,,active,,,,,,,\nb@x.org,,,active,2999-01-01,,,,,,\n")
    with open_transaction() as session:
        ties = session.scalars(select(Subscription).order_by(Subscription.id)).all()
        now = session.scalar(text("select now()"))
        assert ties[0].confirmed_at is None
        assert ties[1].confirmed_at is not None
        assert ties[1].confirmed_at <= now


def test_somebody_known_is_only_filled_in(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    bringer.bring(f'{HEADER}\n{ANN},Ann,en,active,,,,"a,b",every,,"{{""city"": ""Oslo""}}"\nb@x.org,,,active,,,,,,,\n')
    ann = f'{ANN},Other,ru,active,,,,"b,c",every,,"{{""city"": ""Rome"", ""age"": ""4""}}"'
    file = f"{HEADER}\n{ann}\nb@x.org,Bob,,active,,,,,,,\n"
    row = bringer.bring(file)
    assert figures(row) == (2, 0, 2, 0, 0, 0)
    with open_transaction() as session:
        person, bob = session.scalars(select(Subscriber).order_by(Subscriber.address_key))
        assert (person.name, person.language, person.tags) == ("Ann", "en", ["a", "b", "c"])
        assert person.fields == {"city": "Oslo", "age": "4"}
        assert bob.name == "Bob"
    assert figures(bringer.bring(file)) == (2, 0, 0, 2, 0, 0)


@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize("is_dry_run", [False, True])
def test_leaving_wins_over_a_second_line_in_either_order(bringer: Bringer, chunk: int, is_dry_run: bool) -> None:
    rows = [
        "a@x.org,,,active,,,,,,,",
        "A@X.org,,,unsubscribed,,2024-05-06,,,,,",
        "b@x.org,,,unsubscribed,,2024-05-06,,,,,",
    ]
    rows += ["b@x.org,,,active,,,,,,,", "c@x.org,,,active,,,,,,,", "c@x.org,,,active,,,,,,,"]
    row = bringer.bring("\n".join([HEADER, *rows]) + "\n", chunk=chunk, is_dry_run=is_dry_run)
    assert figures(row) == (6, 2, 1, 1, 0, 2)
    assert bringer.lines(row.id) == [
        (3, "A@X.org", "updated", "They left there, and so here."),
        (4, "b@x.org", "skipped", "They left there; written down as one who left."),
        (5, "b@x.org", "skipped", "They left on 2024-05-06."),
    ]
    if not is_dry_run:
        assert bringer.people() == {"a@x.org": "unsubscribed", "b@x.org": "unsubscribed", "c@x.org": "active"}


def test_people_get_the_ids_that_are_left_where_others_took_some_between(
    bringer: Bringer, open_transaction: OpenTransaction
) -> None:
    rows = "".join(f"p{number}@x.org,,,active,,,,,,,\n" for number in range(5))
    with open_transaction() as session:
        sequence = session.scalar(text("select pg_get_serial_sequence('subscribers', 'id')"))
        session.execute(text(f"alter sequence {sequence} increment by 2"))
    try:
        row = bringer.bring(f"{HEADER}\n{rows}")
    finally:
        with open_transaction() as session:
            session.execute(text(f"alter sequence {sequence} increment by 1"))
    assert figures(row) == (5, 5, 0, 0, 0, 0)
    with open_transaction() as session:
        ids = session.scalars(select(Subscriber.id).order_by(Subscriber.address_key)).all()
        assert [after - before for before, after in pairwise(ids)] == [2, 2, 2, 2]
        assert session.scalars(select(Subscription.subscriber_id).order_by(Subscription.id)).all() == ids


def test_an_address_a_hundred_times_in_a_file_costs_its_lines(bringer: Bringer) -> None:
    row = bringer.bring(HEADER + "\n" + "a@x.org,,,active,,,,,,,\n" * 100)
    assert figures(row) == (100, 1, 0, 9, 0, 90)


@pytest.mark.parametrize("strangers", [0, 4], ids=["expected", "after strangers"])
def test_suppressed_stay_suppressed_whatever_a_file_says(
    bringer: Bringer, open_transaction: OpenTransaction, strangers: int
) -> None:
    with open_transaction() as session:
        suppress(session, ANN, SuppressionReason.COMPLAINT)
    lines = f"{write_strangers(strangers)}{ANN},,,active,,,,,,,\n{ANN},,,active,,,,,,,\n"
    row = bringer.bring(f"{HEADER}\n{lines}", chunk=2)
    assert figures(row) == (strangers + 2, strangers, 0, 0, 2, 0)
    assert ANN not in bringer.people()
    assert bringer.lines(row.id)[0] == (strangers + 2, ANN, "suppressed", "This address must not be mailed.")


@pytest.mark.parametrize("is_dry_run", [False, True])
@pytest.mark.parametrize("strangers", [0, 4], ids=["expected", "after strangers"])
def test_who_asked_to_be_forgotten_is_not_written_down_again(
    bringer: Bringer, open_transaction: OpenTransaction, is_dry_run: bool, strangers: int
) -> None:
    with open_transaction() as session:
        forget_address(session, ANN)
    before = bringer.dump()
    lines = f"{write_strangers(strangers)}b@x.org,,,unsubscribed,,,,,,,\n{ANN},Ann,,active,,,,,,,\n"
    row = bringer.bring(f"{HEADER}\n{lines}", chunk=2, is_dry_run=is_dry_run)
    assert figures(row) == (strangers + 2, strangers, 0, 0, 1, 1)
    assert bringer.lines(row.id)[1] == (strangers + 3, "", "suppressed", "This person asked to be forgotten.")
    assert bringer.dump()["suppressions"] == before["suppressions"]
    assert not any(ANN in line for lines in bringer.dump().values() for line in lines)


def test_nor_by_a_line_that_cannot_be_read(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        forget_address(session, ANN)
    row = bringer.bring(f"{HEADER}\n<{ANN.title()}> (Ann),,,active,,,,,,,\nno address,,,active,,,,,,,\n")
    assert next(line[1:] for line in bringer.lines(row.id)) == ("", "skipped", "This person asked to be forgotten.")
    assert bringer.lines(row.id)[1][1] == "no address"


def test_a_tie_ended_by_a_file_has_its_proof(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    make_person(open_transaction, bringer.newsletter_id, "active")
    row = bringer.bring(f"{HEADER}\n{ANN},,,unsubscribed,,2024-05-06,,,,,\n", account_id=None)
    with open_transaction() as session:
        tie = session.scalars(select(Subscription)).one()
        proof = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
        assert str(tie.ended_at) == "2024-05-06 00:00:00+00:00"
        assert proof is not None
        assert (proof.subscription_id, proof.event, proof.source) == (tie.id, "unsubscribe", "import")
        assert (proof.wording, proof.evidence) == (STATEMENT, {"import": row.id})


def test_another_newsletter_s_readers_are_not_touched(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    bringer.bring(f"{HEADER}\n{ANN},,,active,,,,,,,\n")
    with open_transaction() as session:
        other = Bringer(bringer.factory, make_newsletter(session, slug="other").id, bringer.folder)
    other.bring(f"{HEADER}\n{ANN},,,unsubscribed,,,,,,,\n")
    assert (bringer.people(), other.people()) == ({ANN: "active"}, {ANN: "unsubscribed"})


def test_the_report_is_what_a_program_reads(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    row = bringer.bring("email,name\nann@x.org,Ann\nnobody,Bob\n,Cy\n")
    with open_transaction() as session:
        assert to_plain_data(session, [row.id]) == {
            "format": "CSV",
            "rows": 3,
            "added": 1,
            "updated": 0,
            "unchanged": 0,
            "suppressed": 0,
            "skipped": [
                {"line": 3, "address": "nobody", "reason": "An e-mail address has exactly one @."},
                {"line": 4, "address": "", "reason": "There is no address in this line."},
            ],
        }
        assert [line.line for line in list_lines(session, row.id, after_line=3)] == [4]


def test_a_guess_at_the_letters_is_told(bringer: Bringer) -> None:
    row = bringer.bring("email,name\nanna@x.org,Анна Ахматова\n".encode("windows-1251"))
    assert row.problem == "The letters were read as windows-1251: check them in “anna@x.org,Анна Ахматова”."


def test_nothing_of_the_file_is_kept_after_it_is_in(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    bringer.bring(f"{HEADER}\n{ANN},,,active,,,,,,,\n")
    with open_transaction() as session:
        assert session.scalars(select(ImportChunk.number)).all() == []


@pytest.mark.parametrize(
    ("content", "terms", "sentence"),
    [
        ("email\na@x.org\n", {"statement": "  "}, "how these people agreed"),
        ("who\na@x.org\n", {}, "say which"),
        ("", {}, "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_before_it_is_stored(
    bringer: Bringer, content: str, terms: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        bringer.bring(content, **terms)
    with bringer.factory() as session:
        assert session.scalar(text("select count(*) from imports")) == 0


def test_case_61_a_large_file_with_every_fault_brings_the_good_rows_and_tells_the_bad(
    bringer: Bringer, open_transaction: OpenTransaction
) -> None:
    count, space = 100_000, " " * 40  # ten megabytes
    rows = [
        f"reader{number}@host{number % 977}.example.org,=1+{number},active,2024-01-02T03:04:05Z"
        for number in range(count)
    ]
    rows[500] = 'open@example.org,"Ann,active,2024-01-02'
    rows[1_500] = "nul@example.org,A\0nn,active,2024-01-02"
    rows[2_500] = "a@b@example.org,Ann,active,2024-01-02"
    rows[3_500] = rows[3_499]
    rows[4_500] = "kept-away@example.org,Ann,active,2024-01-02"
    text_bytes = "\n".join(["email,name,status,created_at", *rows, ""]).encode()
    text_bytes = text_bytes.replace(b"reader5500@", b"reader\xff\xfe5500@").replace(
        f"=1+6500{space},".encode(), "Жанна,".encode()
    )
    with open_transaction() as session:
        suppress(session, "kept-away@example.org", SuppressionReason.STAFF)
    row = bringer.bring(text_bytes)
    assert (row.state, figures(row)) == (ImportState.DONE, (count, count - 6, 0, 1, 1, 4))
    assert [line for line, *_ in bringer.lines(row.id)] == [502, 1_502, 2_502, 4_502, 5_502]
    with open_transaction() as session:
        assert session.scalar(select(Subscriber.name).where(Subscriber.address.startswith("reader7@"))) == "=1+7"
    before = bringer.dump()
    again = bringer.bring(text_bytes)
    assert figures(again) == (count, 0, 0, count - 5, 1, 4)
    assert bringer.dump() == before
