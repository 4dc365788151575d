"""Signed links: what one purpose signs, no other accepts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tokens import Purpose, TokenSigner

OLD, NEW = "an old key of more than thirty-two characters", "a new key of more than thirty-two characters"
SIGNER = TokenSigner((NEW,))


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3), st.sampled_from(Purpose))
def test_a_token_gives_its_ids_back(ids: list[int], purpose: Purpose) -> None:
    assert SIGNER.read(purpose, SIGNER.sign(purpose, *ids)) == tuple(ids)


@pytest.mark.parametrize(("made", "read"), list(itertools.permutations(Purpose, 2)))
def test_a_token_of_one_purpose_is_nothing_to_another(made: Purpose, read: Purpose) -> None:
    assert SIGNER.read(read, SIGNER.sign(made, 1)) is None


def test_a_link_in_old_mail_outlives_a_rotation_of_keys() -> None:
    token = TokenSigner((OLD,)).sign(Purpose.UNSUBSCRIBE, 12, 34)
    assert TokenSigner((NEW, OLD)).read(Purpose.UNSUBSCRIBE, token) == (12, 34)
    assert TokenSigner((NEW,)).read(Purpose.UNSUBSCRIBE, token) is None


@given(st.integers(0, 10**6), st.integers(0, 200), st.integers(1, 127))
def test_no_changed_character_goes_unnoticed(identity: int, place: int, change: int) -> None:
    token = SIGNER.sign(Purpose.TRACK, identity, 2)
    at = place % len(token)
    changed = token[:at] + chr((ord(token[at]) + change) % 128) + token[at + 1 :]
    assert changed == token or SIGNER.read(Purpose.TRACK, changed) is None


@given(st.text(max_size=100))
def test_what_is_no_token_is_none(text: str) -> None:
    assert SIGNER.read(Purpose.TRACK, text) is None
