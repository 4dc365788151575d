"""The order in which several processes take the tests: none is lost, and the long ones begin first in each process."""

from itertools import pairwise

import pytest

from tests.fixtures.order import deal


@pytest.mark.parametrize("processes", [2, 3, 4, 7])
@pytest.mark.parametrize("long", [0, 1, 5, 39, 40])
def test_every_test_is_dealt_once(long: int, processes: int) -> None:
    are_long = [place % 40 < long for place in range(40)]
    assert sorted(deal(are_long, processes)) == list(range(40))


def test_each_process_begins_with_its_share_of_the_long_ones() -> None:
    are_long = [place in {5, 6, 7, 17, 18} for place in range(20)]
    order = deal(are_long, 3)
    runs = [order[first:end] for first, end in pairwise((0, 6, 13, 20))]
    assert [[place for place in run if are_long[place]] for run in runs] == [
        run[:length] for run, length in zip(runs, (2, 2, 1), strict=True)
    ]
    assert [run[0] for run in runs] == [5, 6, 7]


def test_the_others_keep_their_order() -> None:
    are_long = [place in {3, 9} for place in range(12)]
    assert [place for place in deal(are_long, 4) if not are_long[place]] == [0, 1, 2, 4, 5, 6, 7, 8, 10, 11]
