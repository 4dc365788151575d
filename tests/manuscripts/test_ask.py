"""The closing thanks and ask are cut off the last item, and what readers wrote under them is set aside."""

import pytest

from tests.manuscripts.reading import read_text

PROSE = "A rope cannot be longer than the house in which it is made, and the builders of the rope walk knew this."
FEATURE = ("Rope", "by Bo Li", PROSE)


@pytest.mark.parametrize(
    "closing",
    [
        ("Thank you for your support! Your donations are fully tax-deductible.", "https://example.org/give"),
        ("Please consider a one-time donation to support our work.",),
        ("Thanks for reading! Please donate: https://example.org/give",),
        ("Спасибо, что вы с нами! Сделайте пожертвование по ссылке.", "https://example.org/dar"),
        ("感谢您的支持！欢迎您捐款。", "https://example.org/juan"),
        ("Thank you for reading our letter this month.",),
        ("Your gift, tax-deductible under 501(c)(3), keeps us going. Donate today.", "— The editors"),
    ],
)
def test_thanks_and_requests_at_the_end_become_the_ask(closing: tuple[str, ...]) -> None:
    manuscript = read_text(*FEATURE, *closing)

    assert [item.kind.value for item in manuscript.items] == ["feature", "ask"]
    assert [block.text for block in manuscript.items[1].blocks] == list(closing)
    assert manuscript.warnings == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "The harbor lives on donations, and the donors live elsewhere.",
        "He thanked the keeper and left.",
        "The foundation is a nonprofit that your grandfather would have called a club.",
    ],
)
def test_an_article_that_ends_with_talk_of_gifts_keeps_its_end(sentence: str) -> None:
    manuscript = read_text(*FEATURE, sentence)

    assert [item.kind.value for item in manuscript.items] == ["feature"]


def test_what_stands_after_a_clear_ask_is_a_readers_comment() -> None:
    ask = "Thank you for your support! We are a 501(c)(3) nonprofit and donations are tax-deductible."
    manuscript = read_text(*FEATURE, ask, "https://www.paypal.example/donate", "Lovely soup!", "I kept the light once.")

    assert [block.text for block in manuscript.items[-1].blocks] == [ask, "https://www.paypal.example/donate"]
    assert [(aside.lines[0], aside.text) for aside in manuscript.left_out[1:]] == [
        (6, "Lovely soup!"),
        (7, "I kept the light once."),
    ]
    assert manuscript.warnings == ()


def test_many_paragraphs_after_the_ask_are_left_out_with_a_warning() -> None:
    ask = "Thank you for your support! We are a 501(c)(3) nonprofit and donations are tax-deductible."
    manuscript = read_text(*FEATURE, *[PROSE] * 20, ask, *["I liked it."] * 6)

    assert [doubt.reason for doubt in manuscript.warnings] == [
        "6 paragraphs after the closing ask were left out as comments."
    ]


def test_what_stands_after_an_unclear_ask_is_kept_as_a_note_with_a_warning() -> None:
    manuscript = read_text(*FEATURE, "Thank you, and please donate to our work.", "The next letter comes in July.")

    assert [item.kind.value for item in manuscript.items] == ["feature", "ask", "note"]
    assert [(doubt.lines[0], doubt.reason) for doubt in manuscript.warnings] == [
        (5, "Text after the closing thanks: is it part of the issue, or a reader's comment?")
    ]


def test_comments_under_their_label_are_set_aside() -> None:
    manuscript = read_text(*FEATURE, PROSE, "2 Comments", "Bo: lovely soup", "Al: indeed")

    assert [item.kind.value for item in manuscript.items] == ["feature"]
    assert [aside.reason for aside in manuscript.left_out[1:]] == [
        "label of the readers' comments",
        "reader's comment, not the author's text",
        "reader's comment, not the author's text",
    ]


def test_thanks_at_the_end_of_an_article_in_the_middle_stay_in_it() -> None:
    manuscript = read_text(*FEATURE, "Thank you for reading this far, he wrote to you.", "Light", "by Al Li", PROSE)

    assert [item.kind.value for item in manuscript.items] == ["feature", "feature"]
    assert len(manuscript.items[0].blocks) == 2


def test_a_clear_ask_between_two_articles_is_an_item_of_its_own() -> None:
    ask = "Please support our work: donations to our nonprofit are tax-deductible."
    manuscript = read_text(*FEATURE, ask, "https://example.org/give", "Light", "by Al Li", PROSE)

    assert [item.kind.value for item in manuscript.items] == ["feature", "ask", "feature"]


def test_a_comments_link_above_the_article_does_not_swallow_it() -> None:
    manuscript = read_text("Rope", "Comments", PROSE, PROSE)

    assert [item.title for item in manuscript.items] == ["Rope"]
    assert len(manuscript.items[0].blocks) == 2
    assert [(aside.text, aside.reason) for aside in manuscript.left_out] == [("Comments", "share row, not text")]
