"""The mark of a form: believed from two seconds to a day after it was made, from us and for this form only."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.clock import now
from service.tokens import Purpose, TokenSigner
from service.visitors.form_age import FormAge, judge_form_mark, make_form_mark

OLD, NEW = "an old key of more than thirty-two characters", "a new key of more than thirty-two characters"
SIGNER = TokenSigner((NEW,))
THIS, OTHER = Purpose.GIFT_FORM, Purpose.VIEW
SLACK = timedelta(minutes=1)  # more than a busy machine takes between the making of a mark and its judging


def make_mark(age: timedelta, *, signer: TokenSigner = SIGNER, purpose: Purpose = THIS) -> str:
    """The mark of a form that was shown so long ago."""
    return make_form_mark(signer, purpose, made_at=now() - age)


@pytest.mark.parametrize(
    ("age", "judged"),
    [
        (-SLACK, FormAge.HASTY),  # the host that showed the form has a clock before ours
        (timedelta(seconds=-10), FormAge.HASTY),
        (timedelta(seconds=2), FormAge.RIPE),
        (timedelta(minutes=7), FormAge.RIPE),
        (timedelta(hours=24) - SLACK, FormAge.RIPE),
        (timedelta(hours=24, seconds=1), FormAge.STALE),
        (timedelta(days=4000), FormAge.STALE),
    ],
)
def test_a_form_is_believed_for_as_long_as_people_take(age: timedelta, judged: FormAge) -> None:
    assert judge_form_mark(SIGNER, THIS, make_mark(age)) is judged


def test_a_mark_that_came_too_soon_is_good_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_at = now().replace(microsecond=0)
    mark = make_form_mark(SIGNER, THIS, made_at=shown_at)
    judged = []
    for seconds in (0, 1.999999, 2, 24 * 3600):
        moment = shown_at + timedelta(seconds=seconds)
        monkeypatch.setattr("service.visitors.form_age.now", lambda at=moment: at)
        judged.append(judge_form_mark(SIGNER, THIS, mark))
    assert judged == [FormAge.HASTY, FormAge.HASTY, FormAge.RIPE, FormAge.RIPE]


@pytest.mark.parametrize("made_for", [THIS, OTHER])
@pytest.mark.parametrize("sent_with", [THIS, OTHER])
def test_a_mark_is_good_only_for_the_form_that_it_was_made_for(made_for: Purpose, sent_with: Purpose) -> None:
    judged = judge_form_mark(SIGNER, sent_with, make_mark(SLACK, purpose=made_for))
    assert judged is (FormAge.RIPE if made_for is sent_with else FormAge.FOREIGN)


def test_a_mark_by_another_key_is_none_of_ours_and_outlives_a_rotation_of_keys() -> None:
    mark = make_mark(SLACK, signer=TokenSigner((OLD,)))
    assert judge_form_mark(SIGNER, THIS, mark) is FormAge.FOREIGN
    assert judge_form_mark(TokenSigner((NEW, OLD)), THIS, mark) is FormAge.RIPE


@pytest.mark.parametrize("ids", [(1,), (1, 2, 3)])
def test_a_token_of_another_shape_is_no_mark(ids: tuple[int, ...]) -> None:
    assert judge_form_mark(SIGNER, THIS, SIGNER.sign(THIS, *ids)) is FormAge.FOREIGN


@given(st.text(max_size=80) | st.text("-_AZaz09=\ud800\x00", max_size=80))
def test_whatever_comes_back_in_place_of_a_mark_is_no_mark(text: str) -> None:
    assert judge_form_mark(SIGNER, THIS, text) is FormAge.FOREIGN


@given(st.integers(0, 42), st.integers(1, 127))
def test_no_changed_character_makes_a_form_younger(place: int, change: int) -> None:
    mark = make_mark(timedelta(days=2))
    changed = mark[:place] + chr((ord(mark[place]) + change) % 128) + mark[place + 1 :]
    assert judge_form_mark(SIGNER, THIS, changed) is FormAge.FOREIGN


def test_no_two_forms_have_the_same_mark() -> None:
    at = now()
    assert len({make_form_mark(SIGNER, THIS, made_at=at) for _ in range(1000)}) == 1000
