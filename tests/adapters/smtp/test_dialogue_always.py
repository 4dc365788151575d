"""What holds of a dialogue whatever the relay says, however its bytes are cut, and wherever the line breaks."""

from collections import deque
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from service.adapters.smtp.failures import away
from service.mail.events import Outcome
from tests.adapters.smtp.dialogues import (
    ACCEPTED,
    LOST,
    Line,
    mail,
)
from tests.adapters.smtp.peers import USUAL, Peer

_REPLIES = st.sampled_from(
    [
        "250 2.0.0 Ok",
        "251 Ok",
        "250-two\r\n250 lines",
        "354 Go",
        "334 What",
        "421 4.3.2 Closing",
        "450 4.2.0 Later",
        "451 4.7.1 Later",
        "550 5.1.1 Unknown",
        "554 5.7.1 Policy",
        "no reply",
        "250-x\r\n550 y",
    ]
)
_SCRIPTS = st.fixed_dictionaries(
    {verb: st.lists(st.one_of(st.just(usual), st.just(usual), _REPLIES), max_size=4) for verb, usual in USUAL.items()}
)


@dataclass
class Course:
    """What came of some mails on one connection."""

    told: list[tuple[int, Outcome]]
    unbegun: int | None
    waiting: int
    took: list[str]


def _run(script: dict[str, list[str]], mails: int, pipelining: bool, sizes: list[int], ends_after: int) -> Course:
    """Send mails; replies come in pieces of ``sizes``, and the relay hangs up after ``ends_after`` bytes of them."""
    line, peer = Line(pipelining=pipelining), Peer(script)
    waiting = deque(mail(key) for key in range(mails))
    coming, size = b"", deque(sizes)
    while line.dialogue.ended is None:
        while line.dialogue.is_ready and waiting:
            line.dialogue.announce(waiting.popleft())
        coming += peer.hear(line.written())
        length = min(size.popleft() if size else len(coming), ends_after)
        if not coming or not length:
            line.dialogue.receive(b"")
            break
        line.dialogue.receive(coming[:length])
        ends_after -= len(coming[:length])
        coming = coming[length:]
    unbegun = line.dialogue.unbegun
    return Course(line.told, unbegun.key if unbegun else None, len(waiting), peer.took)


@given(_SCRIPTS, st.integers(1, 4), st.booleans(), st.lists(st.integers(1, 30), max_size=40), st.integers(0, 400))
def test_any_split_of_the_relays_bytes_gives_the_same_outcomes(
    script: dict[str, list[str]], mails: int, pipelining: bool, sizes: list[int], ends_after: int
) -> None:
    in_pieces = _run(script, mails, pipelining, sizes, ends_after)
    byte_by_byte = _run(script, mails, pipelining, [1] * 1000, ends_after)
    assert in_pieces.told == byte_by_byte.told
    assert in_pieces.unbegun == byte_by_byte.unbegun


@given(_SCRIPTS, st.integers(1, 4), st.booleans(), st.lists(st.integers(1, 30), max_size=40), st.integers(0, 400))
def test_every_mail_that_was_announced_has_exactly_one_outcome_or_comes_back_and_none_lies(
    script: dict[str, list[str]], mails: int, pipelining: bool, sizes: list[int], ends_after: int
) -> None:
    course = _run(script, mails, pipelining, sizes, ends_after)
    keys = [key for key, _ in course.told] + ([] if course.unbegun is None else [course.unbegun])
    assert sorted(keys) == list(range(mails - course.waiting))
    took = {int(address.removeprefix("reader").partition("@")[0]) for address in course.took}
    accepted = {key for key, outcome in course.told if outcome.kind is ACCEPTED}
    doubtful = {key for key, outcome in course.told if outcome.kind is LOST}
    assert accepted <= took <= accepted | doubtful


@given(st.integers(0, 400), st.lists(st.integers(1, 50), max_size=60))
def test_however_the_kernel_takes_the_bytes_a_mail_is_doubtful_only_once_its_dot_is_out(
    dies_after: int, sizes: list[int]
) -> None:
    line, peer = Line(), Peer()
    waiting = deque([mail(0), mail(1), mail(2)])
    sent, size = 0, deque(sizes)
    while sent < dies_after:
        while line.dialogue.is_ready and waiting:
            line.dialogue.announce(waiting.popleft())
        data = line.written(min(size.popleft() if size else 400, dies_after - sent))
        if not data:
            break
        sent += len(data)
        said = peer.hear(data)
        if said and sent < dies_after:
            line.dialogue.receive(said)
    line.dialogue.end(away("the line broke"))
    told = dict(line.told)
    for key, outcome in told.items():
        had_dot = f"reader{key}@example.test" in peer.had
        assert (outcome.kind in {ACCEPTED, LOST}) == had_dot, (key, outcome)
