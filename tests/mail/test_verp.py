"""Return paths: whose mail came back is known from its address, whatever hosts did to its case; none is forged."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mail.verp import Errand, MailKind, Returned, ReturnPaths
from service.tokens import TokenSigner

OLD, NEW = "an old key of more than thirty-two characters", "a new key of more than thirty-two characters"
PATHS = ReturnPaths(TokenSigner((NEW,)), "bounces.example.org")
IDS = st.integers(0, 2**63 - 1)
KINDS = st.sampled_from(MailKind)


@given(KINDS, IDS, st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase]))
def test_a_return_path_is_read_in_any_case(kind: MailKind, mail_id: int, change: type[str]) -> None:
    bounce, leave = PATHS.both_of(kind, mail_id)
    assert PATHS.read(change(bounce)) == Returned(Errand.BOUNCE, kind, mail_id)
    assert PATHS.read(change(leave)) == Returned(Errand.UNSUBSCRIBE, kind, mail_id)


@given(KINDS, IDS)
def test_a_return_path_fits_where_it_goes(kind: MailKind, mail_id: int) -> None:
    for path in PATHS.both_of(kind, mail_id):
        assert re.fullmatch(r"[bu]-[0-9a-f]{40}@bounces\.example\.org", path)
        assert len(path.partition("@")[0]) <= 63


@given(KINDS, IDS, st.integers(2, 41), st.sampled_from("0123456789abcdef"))
def test_a_changed_letter_is_refused(kind: MailKind, mail_id: int, place: int, letter: str) -> None:
    for path in PATHS.both_of(kind, mail_id):
        forged = path[:place] + letter + path[place + 1 :]
        assert forged == path or PATHS.read(forged) is None


@given(KINDS, IDS)
def test_an_address_for_bounces_can_not_be_made_one_that_unsubscribes(kind: MailKind, mail_id: int) -> None:
    bounce, leave = PATHS.both_of(kind, mail_id)
    assert PATHS.read("u" + bounce[1:]) is None
    assert PATHS.read("b" + leave[1:]) is None


@given(st.text(max_size=60))
def test_no_text_is_a_return_path(text: str) -> None:
    assert PATHS.read(text) is None
    assert PATHS.read(f"b-{text}@bounces.example.org") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("bounces.", "other."),
        lambda path: path.partition("@")[0],
        lambda path: path[1:],
        lambda path: f"x{path}",
        lambda path: path.replace("-", ""),
        lambda path: path.replace("@", "a@"),
        lambda path: path.replace("@", "+a@"),
        lambda path: path.replace("@", "@x@"),
    ],
)
def test_what_is_not_quite_a_return_path_is_refused(change: "type[str]") -> None:
    assert PATHS.read(change(PATHS.sender_of(MailKind.DELIVERY, 7, ""))) is None


def test_every_secret_key_verifies_and_the_first_one_signs() -> None:
    path = ReturnPaths(TokenSigner((OLD,)), PATHS.domain).sender_of(MailKind.LETTER, 7, "")
    rotated = ReturnPaths(TokenSigner((NEW, OLD)), PATHS.domain)
    assert rotated.read(path) == Returned(Errand.BOUNCE, MailKind.LETTER, 7)
    assert PATHS.read(path) is None
    assert rotated.sender_of(MailKind.LETTER, 7, "") == PATHS.sender_of(MailKind.LETTER, 7, "")


def test_without_a_domain_bounces_come_back_to_the_sender_and_nothing_is_read() -> None:
    without = ReturnPaths(PATHS.signer)
    assert without.sender_of(MailKind.DELIVERY, 7, "letter@example.org") == "letter@example.org"
    assert without.read(PATHS.sender_of(MailKind.DELIVERY, 7, "")) is None
    assert without.read(PATHS.sender_of(MailKind.DELIVERY, 7, "").replace("bounces.example.org", "")) is None


def test_two_mails_never_share_a_return_path() -> None:
    paths = {PATHS.sender_of(kind, mail_id, "") for kind in MailKind for mail_id in range(500)}
    assert len(paths) == 1000
