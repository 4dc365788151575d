"""The letters about a sign-up: in the language that was asked for, with one link, and without a stranger's word."""

import pytest
from sqlalchemy.orm import Session

from service.deliveries.lettertexts import LetterText, write_letter
from service.errors import NotFound
from service.mail.models import Letter, LetterKind
from service.subscribers.models import Subscriber
from service.subscribers.signup_models import SignUp
from service.tokens import Purpose
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_reader, make_sign_up
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.rendering.mailbox import read_body

JANE = "jane@example.org"
SPAM = "WIN-A-PRIZE at https://evil.test"


def write(services: Services, session: Session, kind: LetterKind, **about: int) -> LetterText:
    """The text of a letter, by the links of the test's services."""
    return write_letter(session, Letter(kind=kind, recipient=JANE, about=about), services.composers.links)


def read(text: LetterText) -> str:
    """All that a person sees of a letter, subject and both parts."""
    return "\n".join([text.subject, *read_body(text.content_type, text.body)])


def ask(session: Session, *slugs: str, language: str = "en") -> SignUp:
    """Store a sign-up by somebody who writes spam where a name belongs."""
    ids = [make_newsletter(session, slug, slug.title()).id for slug in slugs]
    sign_up = make_sign_up(session, JANE, *ids)
    sign_up.name, sign_up.source, sign_up.language = SPAM, SPAM, language
    session.flush()
    return sign_up


def test_case_49_the_first_letter_holds_one_link_and_no_word_of_a_stranger(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        sign_up = ask(session, "crossings")
        text = write(services, session, LetterKind.CONFIRM, sign_up=sign_up.id)
    seen = read(text)
    token = services.signer.sign(Purpose.SIGN_UP, sign_up.id)
    assert f"{PUBLIC_URL}/confirm/{token}" in seen
    assert "Crossings" in text.subject
    assert not [word for word in ("PRIZE", "evil", JANE) if word in seen]


def test_a_letter_about_several_names_all_and_speaks_for_the_first(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        sign_up = ask(session, "crossings", "harbours", language="fr")
        text = write(services, session, LetterKind.CONFIRM, sign_up=sign_up.id)
    seen = read(text)
    assert "Crossings" in seen
    assert "Harbours" in seen
    assert "Confirmez" in text.subject
    assert text.sender.name == "Crossings"


def test_who_reads_already_is_led_to_their_choices(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        sign_up = ask(session, "crossings")
        reader = make_reader(session, sign_up.newsletter_ids[0], JANE).subscriber_id
        text = write(services, session, LetterKind.ALREADY_SUBSCRIBED, sign_up=sign_up.id)
    seen = read(text)
    assert f"{PUBLIC_URL}/preferences/{services.signer.sign(Purpose.PREFERENCES, reader, 0)}" in seen
    assert "/confirm/" not in seen


@pytest.mark.parametrize("kind", [LetterKind.CONFIRM, LetterKind.ALREADY_SUBSCRIBED])
def test_a_letter_about_what_is_gone_is_not_written(
    services: Services, open_transaction: OpenTransaction, kind: LetterKind
) -> None:
    with open_transaction() as session:
        with pytest.raises(NotFound):
            write(services, session, kind, sign_up=12345)
        assert session.query(Subscriber).count() == 0
