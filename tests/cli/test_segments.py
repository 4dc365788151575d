"""``postrider segments``: counting words and listing what is saved."""

import json

from service.deliveries.segments.saved import add_segment
from service.errors import BadInput
from tests.cli.conftest import Run
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import OpenTransaction


def test_words_are_counted_among_the_readers_of_a_newsletter(run: Run, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_readers(session, make_newsletter(session).id, 3)
    assert run("segments", "count", "name contains reader").output == "1 of 3 readers of Crossings\n"
    assert json.loads(run("segments", "count", "not gave", "--json").output) == {"readers": 3, "of": 3}
    with open_transaction() as session:
        make_newsletter(session, "harbour", "Harbour")
    assert run("segments", "count", "gave", "--newsletter", "harbour").output == "0 of 0 readers of Harbour\n"
    assert isinstance(run("segments", "count", "gave").exception, BadInput)


def test_words_that_cannot_be_read_are_refused_with_the_column(run: Run, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_newsletter(session)
    assert str(run("segments", "count", "language is russian").exception).startswith("Column 13: ")


def test_what_is_saved_is_listed_on_a_line_each(run: Run, open_transaction: OpenTransaction) -> None:
    assert run("segments", "list").output == ""
    with open_transaction() as session:
        add_segment(session, "Givers", "gave\nor tag is donor")
        for number in range(50):
            add_segment(session, f"Segment {number:02}", "gave")
    lines = run("segments", "list").output.splitlines()
    assert len(lines) == 51
    assert (lines[0], lines[50]) == ("Givers\tgave or tag is donor\t0", "Segment 49\tgave\t0")
