"""What a newsletter prints and is sent by: staff change it at the desk, and what was released keeps what it says."""

import re

import pytest
from sqlalchemy import select

from service.deliveries.planning import release_issue
from service.issues.models import Edition, Newsletter
from service.staff.models import AuditEntry
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock, words_of

PATH = "/desk/newsletters/crossings"
FACTS = {
    "name": "Harbour News",
    "tagline": "",
    "language": "ru",
    "publisher": "Гавань",
    "postal_address": "1 Quay\r\n\r\n  Portland,  ME ",
    "tax_line": "",
    "gift_url": "",
    "sender_name": "The Harbour",
    "sender_address": "letter@harbour.example.org",
    "reply_address": "office@harbour.example.org",
}


def seen_in(desk: Desk) -> str:
    """Return what the form says of the facts that it shows."""
    found = re.search(r'name="seen" value="([^"]+)"', desk.get(PATH).text)
    assert found
    return found[1]


def find(open_transaction: OpenTransaction) -> Newsletter:
    """Return the newsletter."""
    with open_transaction() as session:
        return session.scalars(select(Newsletter)).one()


def test_an_office_that_moves_changes_what_its_newsletter_prints(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert f'href="{PATH}"' in desk.read("/desk/")
    assert desk.post(PATH, **FACTS, seen=seen_in(desk)).status_code == 302
    stored = find(open_transaction)
    assert (stored.name, stored.publisher, stored.language) == ("Harbour News", "Гавань", "ru")
    assert stored.postal_address == "1 Quay\nPortland, ME"
    assert (stored.sender_name, stored.sender_address) == ("The Harbour", "letter@harbour.example.org")
    assert (stored.slug, stored.list_id) == ("crossings", "crossings.letters.test")
    shown = desk.read(PATH)
    assert "Saved. What was released before keeps what it says." in shown
    assert "Postal address: 14 Wharf Lane, Portland, ME 04101, USA → 1 Quay Portland, ME" in shown
    assert "Portland, ME" in desk.read(f"/desk/issues/{stock.issue_id}/preview/frame?view=text")


def test_a_released_issue_keeps_what_it_says(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        release_issue(session, stock.issue_id, base_url="https://letters.test")
        before = session.get_one(Edition, stock.issue_id).sender_address
    assert desk.post(PATH, **FACTS, seen=seen_in(desk)).status_code == 302
    with open_transaction() as session:
        assert session.get_one(Edition, stock.issue_id).sender_address == before


@pytest.mark.usefixtures("stock")
def test_the_same_form_twice_is_one_change(desk: Desk, open_transaction: OpenTransaction) -> None:
    seen = seen_in(desk)
    assert [desk.post(PATH, **FACTS, seen=seen).status_code for _ in range(2)] == [302, 302]
    assert "Nothing was different." in desk.read(PATH)
    with open_transaction() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1


@pytest.mark.usefixtures("stock")
def test_two_windows_never_overwrite_each_other_unseen(desk: Desk, open_transaction: OpenTransaction) -> None:
    seen = seen_in(desk)
    assert desk.post(PATH, **FACTS, seen=seen).status_code == 302
    late = desk.post(PATH, **FACTS | {"name": "Pier News"}, seen=seen)
    words = words_of(late)
    assert (late.status_code, find(open_transaction).name) == (409, "Harbour News")
    assert 'value="Pier News"' in words
    assert "<dt>Name</dt><dd>Harbour News</dd>" in words
    assert "Save mine over it" in words
    assert desk.post(PATH, **FACTS | {"name": "Pier News"}, seen=seen_in(desk)).status_code == 302
    assert find(open_transaction).name == "Pier News"


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", " ", "The name is missing."),
        ("publisher", "", "The publisher is missing."),
        ("sender_name", "\u2028", "The sender’s name is missing."),
        ("postal_address", "\r\n", "The postal address is missing."),
        ("postal_address", "x\n" * 9, "The postal address has 9 lines; at most 8 fit below a mail."),
        ("tagline", "x" * 301, "The tagline has 301 characters; at most 300 fit."),
        ("gift_url", "javascript:alert(1)", "The address of gifts starts with https:// or http:// and names a page."),
        ("sender_address", "The Harbour <a@b.example>", "Please write only the address itself"),
        ("reply_address", "nobody", "exactly one @"),
        ("language", "english!", "A language tag looks like"),
    ],
)
def test_what_will_not_do_comes_back_as_typed_with_a_sentence(
    desk: Desk, open_transaction: OpenTransaction, field: str, typed: str, sentence: str
) -> None:
    refused = desk.post(PATH, **FACTS | {field: typed, "tax_line": "As typed."}, seen=seen_in(desk))
    assert refused.status_code == 422
    assert sentence in words_of(refused)
    assert "As typed." in words_of(refused)
    assert find(open_transaction).name == "Crossings"


def test_who_may_not_send_may_not_change_the_sender(editor_desk: Desk, stock: Stock) -> None:
    assert stock
    assert PATH not in editor_desk.read("/desk/")
    assert editor_desk.get(PATH).status_code == 403


def test_with_several_newsletters_each_has_its_page(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert stock
    with open_transaction() as session:
        make_newsletter(session, "harbour", "Harbour News")
    listed = desk.read("/desk/")
    assert all(f'href="/desk/newsletters/{slug}"' in listed for slug in ("crossings", "harbour"))
    assert desk.get("/desk/newsletters/nowhere").status_code == 404
