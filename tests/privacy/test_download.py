"""What a reader is told is all that is known of them, and nothing of anybody else."""

import json

import pytest

from service.errors import NotFound
from service.privacy.download import describe_person, list_consent
from service.privacy.erasing import erase_person
from service.subscribers.consent import Proof, wording_version
from service.subscribers.states import ConsentSource
from tests.factories.giving import make_donation, make_donor, make_fund
from tests.factories.readers import make_reader
from tests.fixtures.services import OpenTransaction
from tests.privacy.conftest import ADA, BEFORE, NAME, WISHED


def test_a_person_is_told_everything(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        make_donation(session, make_donor(session, ADA, NAME), make_fund(session))
    with open_transaction() as session:
        told = describe_person(session, ada)
    assert (told["person"]["name"], told["person"]["fields"]["mail"]) == (NAME, ADA)
    assert [tie["ended_note"] for tie in told["newsletters"]] == [f"write to {ADA} instead"]
    assert [(proof["event"], proof["wording"]) for proof in told["consent"]] == [("request", "Send me Crossings.")]
    assert told["suppression"]["note"] == f"{NAME} telephoned"
    assert [row["address"] for row in told["sign_ups"]] == [ADA, BEFORE]
    assert [row["new_address"] for row in told["address_changes"]] == [WISHED]
    assert [(mail["address"], mail["state"], mail["opens"]) for mail in told["mails"]] == [(BEFORE, "queued", 0)]
    assert [(gift["amount_minor"], gift["currency"]) for gift in told["gifts"]] == [(5000, "usd")]
    whole = json.dumps(told, default=str)
    assert "bo.other" not in whole


def test_a_proof_names_the_version_of_its_wording(open_transaction: OpenTransaction, ada: int) -> None:
    assert ada
    with open_transaction() as session:
        (proof,) = list_consent(session, ADA)
    assert proof["version"] == wording_version("Send me Crossings.")


def test_a_person_of_whom_there_is_no_proof_is_told_the_rest(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        tie = make_reader(session, newsletter_id, "bo@example.org")
        assert describe_person(session, tie.subscriber_id)["consent"] == []
        assert list_consent(session, "bo@example.org") == []
        with pytest.raises(NotFound):
            list_consent(session, "nobody@example.org")


def test_of_an_erased_person_nothing_is_told(open_transaction: OpenTransaction, ada: int) -> None:
    with open_transaction() as session:
        erase_person(session, ada, Proof(ConsentSource.STAFF, "Erased."))
    with open_transaction() as session, pytest.raises(NotFound):
        describe_person(session, ada)
