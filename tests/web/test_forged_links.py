"""Case 48: tokens that were guessed, damaged, made for another purpose or under another key open nothing."""

import random
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from service.tokens import Purpose, TokenSigner
from service.wiring import Services
from tests.web.publication import Publication

EACH = 1000  # forged tokens of each kind and purpose: 60,000 in all
PAGES = {
    Purpose.SIGN_UP: "/confirm/{}",
    Purpose.UNSUBSCRIBE: "/unsubscribe/{}",
    Purpose.PREFERENCES: "/preferences/{}",
    Purpose.SELF_SERVICE: "/yours/{}",
    Purpose.ADDRESS_OLD: "/address/old/{}",
    Purpose.ADDRESS_NEW: "/address/new/{}",
    Purpose.VIEW: "/view/{}",
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def flip(chance: random.Random, token: str) -> str:
    """Return ``token`` with one letter changed."""
    at = chance.randrange(len(token))
    return token[:at] + chance.choice(_LETTERS.replace(token[at], "")) + token[at + 1 :]


def forge(signer: TokenSigner, purpose: Purpose) -> Iterator[str]:
    """Yield ``EACH`` guesses, flips, cuts and tokens under another key, none of which is a token of ``purpose``."""
    chance = random.Random(f"case 48 {purpose}")  # noqa: S311 - the same ones at every run, guessed by nobody
    stranger = TokenSigner(("a key that is not ours, of thirty-two characters",))
    for _ in range(EACH):
        ids = chance.randrange(1, 2000), chance.randrange(1, 2000)
        token = signer.sign(purpose, *ids)
        yield "".join(chance.choices(_LETTERS, k=len(token)))
        yield flip(chance, token)
        yield token[: chance.randrange(len(token))]
        yield stranger.sign(purpose, *ids)


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.RETURN])
def test_case_48_no_forged_token_is_read(services: Services, purpose: Purpose) -> None:
    opened = [token for token in forge(services.signer, purpose) if services.signer.read(purpose, token) is not None]
    assert opened == []


@pytest.mark.parametrize("purpose", PAGES)
def test_case_48_every_forged_link_leads_to_the_same_page(
    client: FlaskClient, services: Services, publication: Publication, purpose: Purpose
) -> None:
    forged = list(forge(services.signer, purpose))[: 4 * 10]
    ids = publication.subscriptions["jane.reader@example.org"], publication.delivery_id
    others = [services.signer.sign(other, *ids) for other in Purpose if other is not purpose]
    answers = [client.get(PAGES[purpose].format(token)) for token in [*filter(None, forged), *others]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
