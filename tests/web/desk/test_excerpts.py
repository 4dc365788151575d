"""The first words of an item in a list: what a reader would see of it, never its mark-up."""

import pytest

from service.issues.models import Item
from service.web.desk.excerpts import LONGEST, write_excerpt
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock

EXCERPTS = [
    (
        "Dear {{name|readers}},\n\nWelcome to [the **first** number](https://a.test/one).",
        "Dear readers, Welcome to the first number.",
    ),
    ("## The signature\n\n- _Eleven_ of `them`[^1]\n\n[^1]: A note.", "The signature Eleven of them"),
    ("> Мы ждали\\\nзимы.", "Мы ждали зимы."),
    ("![The port](https://a.test/port.jpg)", "The port"),
    ("Written with <b>tags</b> & 5 * 3 * 2", "Written with <b>tags</b> & 5 * 3 * 2"),
    ("{{nobody}} **knows**", "{{nobody}} **knows**"),  # can't be read yet; its page says why
    ("", ""),
    ("耐心站" * 50, ("耐心站" * 50)[:LONGEST] + "…"),
]


@pytest.mark.parametrize(("markdown", "seen"), EXCERPTS)
def test_an_excerpt_is_plain_words(markdown: str, seen: str) -> None:
    assert write_excerpt(markdown) == seen


def test_a_long_text_ends_after_a_whole_word() -> None:
    excerpt = write_excerpt("ten letters, " * 40)
    assert excerpt.endswith(("letters…", "ten…"))
    assert len(excerpt) <= LONGEST + 1


def test_the_page_of_an_issue_shows_no_mark_up(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        untitled = session.query(Item).filter_by(issue_id=stock.issue_id, title="").first()
        assert untitled is not None
        untitled.markdown = "Dear {{name|readers}}, the [first](https://a.test/one) **number**."
    page = desk.read(f"/desk/issues/{stock.issue_id}")
    assert "Dear readers, the first number." in page
    assert "**" not in page.split('class="contents"', 1)[1].split("</ol>", 1)[0]
