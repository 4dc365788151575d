"""What another house left in a post for one reader does not come along, and staff are told of each kind."""

import pytest

from service.manuscripts.posts import read_article, take_out_merge_words
from service.manuscripts.posts.traces import BUTTON, COUNTER, LEAVING, MERGED, PERSONAL, PIXEL, without_reader


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dear {{name}},", "Dear ,"),
        ("Dear {{ name | friend }},", "Dear friend,"),
        ('Dear {first_name, "there"},', "Dear there,"),
        ("Dear *|FNAME|*,", "Dear ,"),
        ("See %%checkout_url%% now", "See  now"),
        ("Dear %recipient.name%,", "Dear ,"),
        ("{% if member %}Hello{% endif %}", "Hello"),
        ("Дорогой {{ user.name | default: “друг” }}!", "Дорогой друг!"),
        ("Prices rose by 20%, not {much}.", "Prices rose by 20%, not {much}."),
        ("A stray {{ brace", "A stray { { brace"),
    ],
)
def test_a_word_for_one_reader_becomes_its_fallback_or_nothing(typed: str, kept: str) -> None:
    assert take_out_merge_words(typed)[0] == kept


TRACES = {
    '<p>Text</p><p><a href="https://x.substack.com/action/disable_email?token=eyJsecret">Unsubscribe</a></p>': LEAVING,
    '<p>Text</p><p><a href="https://x.test/unsubscribe/?uuid=secret">leave</a></p>': LEAVING,
    '<p>Text</p><p><a href="https://x.us1.list-manage.com/profile?u=secret">preferences</a></p>': LEAVING,
    '<p>Text <a href="https://substack.com/redirect/12?j=eyJsecret">words</a></p>': COUNTER,
    '<p>Text <a href="https://email.x.test/c/eJsecret">words</a></p>': COUNTER,
    '<p>Text <a href="https://x.test/{{secret}}">words</a></p>': COUNTER,
    '<p>Text <a href="https://x.test/page?a=1&amp;token=secret#part">words</a></p>': PERSONAL,
    '<p>Text <a href="https://x.substack.com/p/y?r=secret">words</a></p>': PERSONAL,
    '<p>Text</p><img src="https://eotrx.substackcdn.com/open?token=secret">': PIXEL,
    '<p>Text</p><img src="https://x.test/o.gif?secret" width="1" height="1">': PIXEL,
    "<p>Text, dear {{secret}}</p>": MERGED,
    "<p>Text, dear {<b>{</b>secret}}</p>": MERGED,
    '<p>Text</p><p class="button-wrapper"><a class="button" href="%%secret%%">Share</a></p>': BUTTON,
    '<p>Text</p><div class="subscribe-widget"><form action="/secret">Subscribe</form></div>': BUTTON,
}


@pytest.mark.parametrize("html", TRACES)
def test_what_was_meant_for_one_reader_is_taken_out_and_told_without_repeating_it(html: str) -> None:
    article = read_article(html)
    assert "secret" not in "".join(article.parts)
    assert "Text" in article.parts[0]
    assert [warning.reason for warning in article.warnings] == [TRACES[html]]
    assert "secret" not in " ".join(aside.text for aside in article.warnings + article.left_out)


def test_each_kind_is_told_once_with_its_number() -> None:
    html = '<p>Text <a href="https://substack.com/redirect/1">a</a> <a href="https://substack.com/redirect/2">b</a></p>'
    assert [warning.reason for warning in read_article(html).warnings] == [f"{COUNTER} (2 of them.)"]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://x.test/a?page=2", "https://x.test/a?page=2"),
        ("https://x.test/a?token=t&page=2", "https://x.test/a?page=2"),
        ("https://x.test/a?uuid=u", "https://x.test/a"),
        ("https://x.test/a?r=1", "https://x.test/a?r=1"),
        ("https://x.substack.com/p/a?r=1&s=w", "https://x.substack.com/p/a?s=w"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_an_address_keeps_all_but_whose_it_was(address: str, kept: str) -> None:
    assert without_reader(address) == kept


def test_an_author_s_own_button_stays_a_link() -> None:
    html = '<p>Text</p><p class="button-wrapper"><a class="button" href="https://x.test/tickets">Get tickets</a></p>'
    article = read_article(html)
    assert "[Get tickets](https://x.test/tickets)" in article.parts[0]
    assert article.warnings == ()
