"""Who was erased comes back by their own sign-up alone: a file that names them adds nobody who may be mailed."""

from pathlib import Path

from sqlalchemy import select

from service.addresses import parse_address
from service.privacy.erasing import erase_person
from service.subscribers.confirmation import confirm_sign_up
from service.subscribers.consent import Proof
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscriber
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import SignUpOutcome
from service.subscribers.states import ConsentSource
from service.wiring import Services
from tests.factories.readers import make_sign_up
from tests.fixtures.services import OpenTransaction
from tests.privacy.conftest import ADA, NAME, OTHER
from tests.subscribers.importing.files import Bringer

PROOF = Proof(ConsentSource.STAFF, "Erased.")


def _audience(open_transaction: OpenTransaction, newsletter_id: int) -> list[str]:
    with open_transaction() as session:
        return [row.mailed_address for row in session.execute(select_audience(newsletter_id))]


def test_a_later_file_brings_nobody_back(
    services: Services, open_transaction: OpenTransaction, newsletter_id: int, ada: int, tmp_path: Path
) -> None:
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
    bringer = Bringer(services.factory, newsletter_id, tmp_path)
    brought = bringer.bring(f"Email,Name\n{ADA.upper()},{NAME}\nnew@example.org,New\n")
    assert (brought.added, brought.suppressed) == (1, 1)
    assert sorted(_audience(open_transaction, newsletter_id)) == [OTHER, "new@example.org"]


def test_their_own_sign_up_does_after_they_confirm_it(
    open_transaction: OpenTransaction, newsletter_id: int, ada: int
) -> None:
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
    with open_transaction() as session:
        sign_up = make_sign_up(session, ADA, newsletter_id).id
    with open_transaction() as session:
        assert handle_sign_up(session, sign_up) is SignUpOutcome.CONFIRM
    assert _audience(open_transaction, newsletter_id) == [OTHER]
    with open_transaction() as session:
        confirm_sign_up(session, sign_up, wording="Yes")
    assert sorted(_audience(open_transaction, newsletter_id)) == [ADA, OTHER]
    with open_transaction() as session:
        person = session.scalars(select(Subscriber).where(Subscriber.address_key == parse_address(ADA).key)).one()
        assert person.id != ada
