"""The sink's log against the rows: each way in which a mail can be lost, doubled or doubted, and what must never be."""

from pathlib import Path

import pytest

from service.development.bench.verdict import Told, Verdict, compare
from service.errors import Unavailable


def _sent(number: int) -> Told:
    return Told(f"copy-{number}@a.test", f"reader-{number}@b.test", is_sent=True, is_uncertain=False)


def _uncertain(number: int) -> Told:
    return Told(f"copy-{number}@a.test", f"reader-{number}@b.test", is_sent=False, is_uncertain=True)


def _open(number: int) -> Told:
    return Told(f"copy-{number}@a.test", f"reader-{number}@b.test", is_sent=False, is_uncertain=False)


def _log(folder: Path, *numbers: int) -> Path:
    log = folder / "accepted"
    log.write_text("".join(f"copy-{number}@a.test\treader-{number}@b.test\n" for number in numbers))
    return log


@pytest.mark.parametrize(
    ("rows", "accepted", "verdict"),
    [
        ([_sent(1), _sent(2)], [1, 2], Verdict(lost=0, duplicated=0, uncertain=0, arrived=0)),
        ([_sent(1), _sent(2)], [2], Verdict(lost=1, duplicated=0, uncertain=0, arrived=0)),
        ([_sent(1), _open(2)], [1], Verdict(lost=1, duplicated=0, uncertain=0, arrived=0)),
        ([_sent(1), _sent(2)], [1, 2, 1, 1], Verdict(lost=0, duplicated=2, uncertain=0, arrived=0)),
        ([_uncertain(1), _uncertain(2)], [2], Verdict(lost=0, duplicated=0, uncertain=2, arrived=1)),
        ([_uncertain(1)], [1, 1], Verdict(lost=0, duplicated=1, uncertain=1, arrived=1)),
    ],
)
def test_the_log_is_held_against_the_rows(
    rows: list[Told], accepted: list[int], verdict: Verdict, tmp_path: Path
) -> None:
    assert compare(rows, _log(tmp_path, *accepted)) == verdict


def test_without_a_log_everything_is_lost(tmp_path: Path) -> None:
    assert compare([_sent(1), _sent(2)], tmp_path / "none").lost == 2


def test_a_mail_that_no_row_knows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"accepted 1 mails that no row knows.*copy-2@a\.test"):
        compare([_sent(1)], _log(tmp_path, 1, 2))


def test_a_mail_that_went_to_another_person_is_an_error(tmp_path: Path) -> None:
    swapped = Told("copy-1@a.test", "someone-else@b.test", is_sent=True, is_uncertain=False)

    with pytest.raises(Unavailable, match="no row knows"):
        compare([swapped], _log(tmp_path, 1))


def test_a_mail_that_arrived_though_its_row_denies_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="1 mails whose rows say that they did not leave"):
        compare([_sent(1), _open(2)], _log(tmp_path, 1, 2))
