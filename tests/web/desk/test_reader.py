"""One reader on the desk: all that is known, and each deed of staff with its proof and its entry in the trail."""

import json

import pytest
from sqlalchemy import select

from service.models import metadata
from service.staff.audit import list_entries
from service.subscribers.models import Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression_models import Suppression
from tests.fixtures.services import OpenTransaction
from tests.subscribers.proof import list_consent_events
from tests.web.desk.browsing import Desk, words_of
from tests.web.desk.readership import JANE, JANES_NAME, STATEMENT, WORDING, Readership


def trail(open_transaction: OpenTransaction, subject: str) -> list[tuple[str, str | None]]:
    """Return what the trail says of something: what was done, and by whom."""
    with open_transaction() as session:
        return [(entry.action, name) for entry, name in list_entries(session, subject)]


def test_all_that_is_known_of_a_reader_is_on_the_page(desk: Desk, readership: Readership) -> None:
    page = desk.read(f"/desk/readers/{readership.jane_id}")
    for words in (
        JANE,
        JANES_NAME,
        "at most once a month. Rests until",
        f'dir="auto">{WORDING}</p>',
        "by the page behind the letter’s link",
        "Opened 1 time, clicked 1 time.",
        "nobody can say who: 2 looks.",
        "Got the letter that asks to confirm.",
        "donor, Москва",
        "Berlin",
    ):
        assert words in page, words


def test_who_came_by_a_file_shows_the_words_of_the_file(desk: Desk, readership: Readership) -> None:
    page = desk.read(f"/desk/readers/{readership.brought_id}")
    assert STATEMENT in page
    assert "Was brought in by a file" in page


def test_what_somebody_said_when_they_left_is_shown(desk: Desk, readership: Readership) -> None:
    page = desk.read(f"/desk/readers/{readership.left_id}")
    assert "Слишком много писем" in page
    assert "They asked us to end it" not in page


def test_a_reader_who_never_was_is_not_found(desk: Desk) -> None:
    for path in ("/desk/readers/999", "/desk/readers/999/erase", "/desk/readers/suppressed/999"):
        assert desk.get(path).status_code == 404


def test_a_subscription_is_ended_with_proof_and_trail(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction, publisher_account: int
) -> None:
    path = f"/desk/readers/{readership.jane_id}"
    form = {"subscription": readership.janes_tie, "end_way": "by telephone", "end_note": "Jane moved"}
    assert desk.post(f"{path}/end", **form).location == path
    with open_transaction() as session:
        tie = session.get_one(Subscription, readership.janes_tie)
        proof = list_consent_events(session, tie.id)[-1]
    assert (tie.state, tie.ended_note) == (SubscriptionState.UNSUBSCRIBED, "Jane moved")
    assert (proof.event, proof.source, proof.account_id) == (
        SubscriptionEvent.UNSUBSCRIBE,
        ConsentSource.STAFF,
        publisher_account,
    )
    assert trail(open_transaction, f"reader:{readership.jane_id}") == [
        ("Ended the subscription to Crossings, asked by telephone", "Pat Publisher")
    ]
    page = desk.read(path)
    assert "by staff: Pat Publisher" in page
    assert "Pat Publisher ended the subscription" in page


def test_an_address_is_never_mailed_again_with_a_reason(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction, publisher_account: int
) -> None:
    path = f"/desk/readers/{readership.jane_id}"
    assert desk.post(f"{path}/suppress", reason="asked", stop_note="wrote to us").location == path
    with open_transaction() as session:
        found = session.scalars(select(Suppression).where(Suppression.address_key == JANE)).one()
    assert (found.reason, found.note, found.account_id) == ("asked", "wrote to us", publisher_account)
    assert trail(open_transaction, f"reader:{readership.jane_id}") == [
        ("Noted that this address must not be mailed", "Pat Publisher")
    ]
    page = desk.read(path)
    assert "This address must not be mailed" in page
    assert "Never mail this address" not in page


BAD = [
    ("end", {"end_way": ""}, "How the wish came must be one of"),
    ("end", {"subscription": "999"}, "Choose which newsletter."),
    ("end", {"end_note": "x" * 501}, "at most 500 characters"),
    ("suppress", {"stop_note": "  "}, "Say why this address must not be mailed"),
    ("suppress", {"reason": "mood"}, "The reason must be one of"),
]


@pytest.mark.parametrize(("deed", "wrong", "sentence"), BAD)
def test_a_deed_without_its_reason_is_not_done_and_keeps_what_was_typed(
    desk: Desk,
    readership: Readership,
    open_transaction: OpenTransaction,
    deed: str,
    wrong: dict[str, str],
    sentence: str,
) -> None:
    end = {"subscription": str(readership.janes_tie), "end_way": "by letter", "end_note": "as typed"}
    form = {**end, "reason": "staff", "stop_note": "as typed", **wrong}
    answer = desk.post(f"/desk/readers/{readership.jane_id}/{deed}", **form)
    assert answer.status_code == 422
    assert sentence in words_of(answer)
    assert "as typed" in words_of(answer)
    with open_transaction() as session:
        assert session.get_one(Subscription, readership.janes_tie).state is SubscriptionState.ACTIVE
    assert trail(open_transaction, f"reader:{readership.jane_id}") == []


def test_another_readers_subscription_is_not_ended(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    form = {"subscription": readership.janes_tie, "end_way": "by letter"}
    assert desk.post(f"/desk/readers/{readership.stopped_id}/end", **form).status_code == 422
    with open_transaction() as session:
        assert session.get_one(Subscription, readership.janes_tie).state is SubscriptionState.ACTIVE


def test_what_is_known_is_downloaded_and_noted(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    answer = desk.post(f"/desk/readers/{readership.jane_id}/download")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="reader-{readership.jane_id}.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.text)
    assert (told["person"]["address"], told["person"]["tags"]) == (JANE, ["donor", "Москва"])
    assert len(told["consent"]) == 4
    assert trail(open_transaction, f"reader:{readership.jane_id}") == [
        ("Took along all that is known", "Pat Publisher")
    ]


def test_erasing_asks_first_and_says_what_stays(desk: Desk, readership: Readership) -> None:
    page = desk.read(f"/desk/readers/{readership.jane_id}/erase")
    assert "It can’t be undone." in page
    assert "A hash of the address, so that no file brings the person back." in page


def test_an_erased_reader_leaves_nothing_but_numbers(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction, publisher_account: int
) -> None:
    path = f"/desk/readers/{readership.jane_id}"
    desk.post(f"{path}/end", subscription=readership.janes_tie, end_way="in person", end_note=f"{JANES_NAME} came by")
    desk.post(f"{path}/suppress", reason="staff", stop_note=f"{JANES_NAME} came by")
    assert desk.post(f"{path}/erase", way="by e-mail").location == path
    with open_transaction() as session:
        rows = [str(row) for table in metadata.sorted_tables for row in session.execute(select(table))]
        (tie,) = session.scalars(select(Subscription).where(Subscription.id == readership.janes_tie))
        proof = list_consent_events(session, tie.id)[-1]
    assert [row for row in rows if JANE in row or JANES_NAME in row or "Jane" in row] == []
    assert proof.wording == "Ended by staff, because the reader asked for it in person."
    assert trail(open_transaction, f"reader:{readership.jane_id}")[0] == (
        "Erased the reader, asked by e-mail",
        "Pat Publisher",
    )
    page = desk.read(path)
    assert "Erased reader" in page
    assert JANE not in page
    assert "asked for it in person" in page
    assert desk.get(f"{path}/erase").status_code == 404
    assert publisher_account


def test_nobody_is_erased_without_saying_how_they_asked(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    answer = desk.post(f"/desk/readers/{readership.jane_id}/erase", way="")
    assert answer.status_code == 422
    assert "How the wish came must be one of" in words_of(answer)
    assert trail(open_transaction, f"reader:{readership.jane_id}") == []


def test_while_a_mail_is_leaving_erasing_says_so(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.execute(metadata.tables["deliveries"].update().values(state="sending"))
    answer = desk.post(f"/desk/readers/{readership.jane_id}/erase", way="by letter")
    assert answer.status_code == 503
    assert "A mail to this person is leaving just now." in words_of(answer)
    assert trail(open_transaction, f"reader:{readership.jane_id}") == []


def test_nothing_is_done_about_a_reader_who_was_erased(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/readers/{readership.erased_id}"
    form = {"reason": "staff", "stop_note": "late", "subscription": "1", "end_way": "by letter", "way": "by letter"}
    for deed in ("end", "suppress", "erase", "download"):
        assert desk.post(f"{path}/{deed}", **form).status_code == 404, deed
    with open_transaction() as session:
        keys = session.scalars(select(Suppression.address_key)).all()
    assert [key for key in keys if key and key.startswith("erased:")] == []
    assert trail(open_transaction, f"reader:{readership.erased_id}") == []
