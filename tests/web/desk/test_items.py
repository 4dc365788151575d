"""Items on the desk: adding, ordering, editing, removing."""

import pytest

from service.errors import Unavailable
from service.issues.queries import get_issue, get_item
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock, token_of, words_of


def text_form(**changes: str) -> dict[str, str]:
    """Return an editor's form that is in order, with some fields changed."""
    fields = {
        "revision": "1",
        "kind": "feature",
        "title": "耐心站",
        "byline": "陈美玲、Ilse Varga",
        "language": "zh",
        "markdown": "一个集装箱，十一个签名。\r\n\r\nOne & <more>.",
    }
    return {**fields, **changes}


def order_of(open_transaction: OpenTransaction, stock: Stock) -> list[int]:
    """Return the ids of the issue's items in their order."""
    with open_transaction() as session:
        return [item.id for item in get_issue(session, stock.issue_id).items]


def test_an_item_is_added_at_the_end_and_opened(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/items", kind="note")
    new = int(response.location.rsplit("/", 1)[1])
    assert order_of(open_transaction, stock) == [*stock.item_ids, new]
    assert "Preview of this item" in desk.read(response.location)


def test_an_item_of_no_known_kind_is_refused(desk: Desk, stock: Stock) -> None:
    assert desk.post(f"/desk/issues/{stock.issue_id}/items", kind="poem").status_code == 422


def test_items_move_up_and_down_and_stop_at_the_ends(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    first, second, third, last = stock.item_ids
    desk.post(f"/desk/items/{first}/move", way="down")
    assert order_of(open_transaction, stock) == [second, first, third, last]
    desk.post(f"/desk/items/{first}/move", way="up")
    response = desk.post(f"/desk/items/{first}/move", way="up")
    assert order_of(open_transaction, stock) == [first, second, third, last]
    assert response.location == f"/desk/issues/{stock.issue_id}#item-{first}"


def test_a_text_of_any_script_is_saved_as_typed(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    response = desk.post(f"/desk/items/{stock.item_ids[1]}", **text_form())
    assert response.location == f"/desk/items/{stock.item_ids[1]}"
    with open_transaction() as session:
        item = get_item(session, stock.item_ids[1])
        assert (item.title, item.byline, item.language) == ("耐心站", ["陈美玲", "Ilse Varga"], "zh")
        assert item.markdown == "一个集装箱，十一个签名。\n\nOne & <more>."


def test_save_and_close_leads_back_to_the_place_in_the_issue(desk: Desk, stock: Stock) -> None:
    response = desk.post(f"/desk/items/{stock.item_ids[1]}", close="1", **text_form())
    assert response.location == f"/desk/issues/{stock.issue_id}#item-{stock.item_ids[1]}"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("title", "x" * 301, "The title has 301 characters"),
        ("byline", "y" * 301, "A name in the byline has 301 characters"),
        ("kind", "poem", "The kind must be one of"),
        ("language", "en_GB", "A language tag looks like"),
    ],
)
def test_what_will_not_do_comes_back_with_a_sentence_and_nothing_typed_is_lost(
    desk: Desk, stock: Stock, field: str, typed: str, sentence: str
) -> None:
    path = f"/desk/items/{stock.item_ids[1]}"
    response = desk.post(path, **text_form(**{field: typed}))
    assert response.status_code == 422
    assert sentence in words_of(response)
    assert "一个集装箱，十一个签名。" in response.text
    assert "Ferry line returns" in desk.read(path)


def test_a_text_that_was_saved_meanwhile_is_shown_beside_ones_own_and_neither_is_lost(desk: Desk, stock: Stock) -> None:
    path = f"/desk/items/{stock.item_ids[2]}"
    desk.post(path, **text_form(title="Theirs", markdown="Their words."))
    response = desk.post(path, **text_form(title="Mine", markdown="My words."))
    assert response.status_code == 409
    for words in ("Theirs", "Their words.", "Mine", "My words.", "Save mine over it", "saved in another window"):
        assert words in response.text
    assert "Their words." in desk.read(path)


def test_a_text_saved_over_the_other_after_looking_at_both_is_kept(desk: Desk, stock: Stock) -> None:
    path = f"/desk/items/{stock.item_ids[2]}"
    desk.post(path, **text_form(markdown="Their words."))
    conflict = desk.post(path, **text_form(markdown="My words.")).text
    revision = conflict.split('name="revision" value="', 1)[1].split('"', 1)[0]
    assert desk.post(path, **text_form(markdown="My words.", revision=revision)).status_code == 302
    assert "My words." in desk.read(path)


@pytest.mark.parametrize("page", ["", "/preview"])
def test_a_text_for_an_item_that_somebody_removed_is_given_back(desk: Desk, stock: Stock, page: str) -> None:
    path = f"/desk/items/{stock.item_ids[1]}"
    desk.post(f"{path}/remove")
    response = desk.post(path + page, **text_form())
    assert response.status_code == 404
    assert "一个集装箱，十一个签名。" in response.text
    assert "it may have been removed" in words_of(response)
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("asked", ["service.web.desk.items.change_item", "service.web.desk.access.find_account"])
def test_a_text_is_given_back_while_the_database_is_away(
    desk: Desk, stock: Stock, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    token = token_of(desk.client)

    def be_away(*_: object, **__: object) -> None:
        raise Unavailable("Our records don’t answer at this moment.")

    monkeypatch.setattr(asked, be_away)
    response = desk.client.post(f"/desk/items/{stock.item_ids[1]}", data={"csrf_token": token, **text_form()})
    assert response.status_code == 503
    assert "一个集装箱，十一个签名。" in response.text
    assert "don’t answer" in response.text


def test_the_first_empty_line_of_a_text_survives_the_textarea(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        get_item(session, stock.item_ids[0]).markdown = "\n    indented"
    # A browser drops one newline right after the tag; ours, then the text's own.
    assert ">\n\n    indented</textarea>" in desk.get(f"/desk/items/{stock.item_ids[0]}").text


def test_a_released_item_can_be_read_and_not_saved(desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    path = f"/desk/items/{stock.item_ids[1]}"
    page = desk.read(path)
    assert "what was sent can’t be changed" in page
    assert ">Save<" not in page
    response = desk.post(path, **text_form())
    assert response.status_code == 409
    assert "一个集装箱" in response.text


def test_removing_an_item_asks_first_and_keeps_its_text_in_the_trail(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/items/{stock.item_ids[1]}"
    assert "Remove “" in desk.read(f"{path}/remove")
    assert len(order_of(open_transaction, stock)) == 4
    page = desk.read(desk.post(f"{path}/remove").location)
    assert stock.item_ids[1] not in order_of(open_transaction, stock)
    assert "removed the brief: “Ferry line returns”" in page
    assert "The overnight ferry will sail again from April." in page


def release(desk: Desk, stock: Stock) -> None:
    """Send the issue as a publisher would."""
    review = desk.get(f"/desk/issues/{stock.issue_id}/send").text
    seen = review.split('name="seen" value="', 1)[1].split('"', 1)[0]
    assert desk.post(f"/desk/issues/{stock.issue_id}/send", seen=seen).status_code == 302
