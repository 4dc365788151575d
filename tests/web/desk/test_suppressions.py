"""Who must not be mailed: listed, found, added and lifted, each with its reason; only the person undoes a complaint."""

import pytest
from sqlalchemy import select

from service.staff.audit import list_entries
from service.subscribers.suppression_models import LiftedBy, Suppression
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, words_of
from tests.web.desk.readership import COMPLAINED, FORGOTTEN, JANE, STOPPED, Readership

NEW = "never@example.org"


def actions(open_transaction: OpenTransaction, suppression_id: int) -> list[str]:
    """Return what the trail says was done."""
    with open_transaction() as session:
        return [entry.action for entry, _ in list_entries(session, f"suppression:{suppression_id}")]


def test_all_that_stand_are_listed_and_drawn_by_reason(desk: Desk, readership: Readership) -> None:
    assert readership
    page = desk.read("/desk/readers/suppressed")
    assert STOPPED in page
    assert COMPLAINED in page
    assert "An erased person" in page
    assert "complained about spam 1, our own decision 1, asked to be forgotten 1" in page
    of_one = desk.read("/desk/readers/suppressed?reason=complaint")
    assert COMPLAINED in of_one
    assert STOPPED not in of_one


def test_older_ones_are_reached_by_key(desk: Desk, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.add_all(Suppression(address_key=f"r{n}@example.org", reason="imported") for n in range(60))
    first = desk.read("/desk/readers/suppressed?reason=imported")
    older = first.split('rel="next" href="', 1)[1].split('"', 1)[0]
    assert (first.count("@example.org</bdi>"), desk.read(older).count("@example.org</bdi>")) == (50, 10)


@pytest.mark.parametrize("address", [FORGOTTEN, FORGOTTEN.upper()])
def test_an_erased_person_is_found_by_the_address_that_is_nowhere(
    desk: Desk, readership: Readership, address: str
) -> None:
    assert readership
    page = desk.read(f"/desk/readers/suppressed?address={address}")
    assert "An erased person" in page
    assert STOPPED not in page


def test_an_address_against_which_nothing_stands_is_told_so(desk: Desk, readership: Readership) -> None:
    assert readership
    assert "nothing ever did" in desk.read(f"/desk/readers/suppressed?address={JANE}")
    assert "exactly one @" in desk.read("/desk/readers/suppressed?address=jane")


def test_an_address_is_added_with_a_reason_and_noted(
    desk: Desk, open_transaction: OpenTransaction, publisher_account: int
) -> None:
    answer = desk.post("/desk/readers/suppressed", stop_address=NEW.upper(), reason="asked", stop_note="a letter")
    with open_transaction() as session:
        found = session.scalars(select(Suppression)).one()
    assert answer.location == f"/desk/readers/suppressed/{found.id}"
    assert (found.address_key, found.reason, found.note, found.account_id) == (
        NEW,
        "asked",
        "a letter",
        publisher_account,
    )
    assert actions(open_transaction, found.id) == ["Noted that this address must not be mailed"]


BAD = [
    ({"stop_address": "no"}, 422, "exactly one @"),
    ({"stop_note": " "}, 422, "Say why this address must not be mailed"),
    ({"reason": ""}, 422, "The reason must be one of"),
    ({"stop_address": STOPPED}, 409, "noted already"),
    ({"stop_address": FORGOTTEN}, 409, "noted already"),
]


@pytest.mark.parametrize(("wrong", "status", "sentence"), BAD)
def test_what_can_not_be_added_comes_back_as_it_was_typed(
    desk: Desk,
    readership: Readership,
    open_transaction: OpenTransaction,
    wrong: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    assert readership
    form = {"stop_address": NEW, "reason": "staff", "stop_note": "as typed", **wrong}
    answer = desk.post("/desk/readers/suppressed", **form)
    assert answer.status_code == status
    assert sentence in words_of(answer)
    assert f'value="{form["stop_address"]}"' in words_of(answer)
    with open_transaction() as session:
        rows = session.scalars(select(Suppression)).all()
    assert len(rows) == 3
    assert FORGOTTEN not in {row.address_key for row in rows}  # an erased person's address is not written down again


def test_one_is_lifted_with_a_reason_and_noted(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction, publisher_account: int
) -> None:
    path = f"/desk/readers/suppressed/{readership.suppression_id}"
    refused = desk.post(f"{path}/lift", lift_note="  ")
    assert refused.status_code == 422
    assert "Say why this address may be mailed again" in words_of(refused)
    assert desk.post(f"{path}/lift", lift_note="They telephoned").location == path
    with open_transaction() as session:
        found = session.get_one(Suppression, readership.suppression_id)
    assert (found.lifted_by, found.lift_note, found.account_id) == (
        LiftedBy.STAFF,
        "They telephoned",
        publisher_account,
    )
    assert actions(open_transaction, found.id) == ["Lifted it: the address may be mailed again"]
    page = desk.read(path)
    assert "They telephoned" in page
    assert "Let it be mailed again" not in page
    assert "lifted" in desk.read(f"/desk/readers/suppressed?address={STOPPED}")


def test_only_the_person_takes_a_complaint_or_an_erasure_back(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        erased_id = session.scalars(select(Suppression.id).where(Suppression.address_key.is_(None))).one()
    for suppression_id, sentence in (
        (readership.complaint_id, "Only they can undo that"),
        (erased_id, "Only they can come back"),
    ):
        path = f"/desk/readers/suppressed/{suppression_id}"
        page = desk.read(path)
        assert sentence in page
        assert "Let it be mailed again" not in page
        answer = desk.post(f"{path}/lift", lift_note="because")
        assert answer.status_code == 409
        assert sentence in words_of(answer)
        assert actions(open_transaction, suppression_id) == []
