"""Segments as staff write them: what each sentence means, what is refused and where, and the bounds of it all."""

from contextlib import suppress
from datetime import date
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.subscribers.segments.grammar import DEEPEST, LONGEST, MOST_CLAUSES, parse
from service.subscribers.segments.tree import (
    Ago,
    AnswerContains,
    AnswerIs,
    Attended,
    AttendedIssue,
    Attention,
    Contains,
    Day,
    Either,
    Every,
    Field,
    Gave,
    Got,
    Is,
    IssueNumber,
    JoinedSince,
    Not,
    Tree,
)
from service.subscribers.states import MailFrequency

DAY = date(2026, 1, 31)
RUSSIAN, DONOR, MEMBER = Is(Field.LANGUAGE, "ru"), Is(Field.TAG, "donor"), Is(Field.TAG, "member")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("language is ru", RUSSIAN),
        ("Language IS RU", RUSSIAN),
        ("language is pt-BR", Is(Field.LANGUAGE, "pt-br")),
        ("language is not ru", Not(RUSSIAN)),
        ("name is Anna", Is(Field.NAME, "Anna")),
        ("name is not “Anna Lee”", Not(Is(Field.NAME, "Anna Lee"))),
        ("name contains Анна", Contains(Field.NAME, "Анна")),
        ('name is "not"', Is(Field.NAME, "not")),
        ('name is not "or"', Not(Is(Field.NAME, "or"))),
        ("name is is", Is(Field.NAME, "is")),
        ("name contains contains", Contains(Field.NAME, "contains")),
        ("tag is donor", DONOR),
        ("tag is tag", Is(Field.TAG, "tag")),
        ("tag contains don", Contains(Field.TAG, "don")),
        ("source is “Substack export”", Is(Field.SOURCE, "Substack export")),
        ("source contains Substack", Contains(Field.SOURCE, "Substack")),
        ("frequency is Monthly", Is(Field.FREQUENCY, "monthly")),
        ("newsletter is not weekly-letter", Not(Is(Field.NEWSLETTER, "weekly-letter"))),
        ("field city is Berlin", AnswerIs("city", "Berlin")),
        ('field "favourite colour" is not red', Not(AnswerIs("favourite colour", "red"))),
        ("field City contains “New York”", AnswerContains("City", "New York")),
        ("field field is field", AnswerIs("field", "field")),
        ("joined since 2026-01-31", JoinedSince(DAY)),
        ("joined since 1 day ago", JoinedSince(Ago(1))),
        ("joined before 2 Weeks AGO", Not(JoinedSince(Ago(14)))),
        ("clicked since 90 days ago", Attended(Attention.CLICKED, since=Ago(90))),
        ("opened at least 3 times since 36500 days ago", Attended(Attention.OPENED, 3, Ago(36_500))),
        ("gave at least 50 since 52 weeks ago", Gave(50, Ago(364))),
        ("joined before 2026-01-31", Not(JoinedSince(DAY))),
        ("opened", Attended(Attention.OPENED)),
        ("clicked since 2026-01-31", Attended(Attention.CLICKED, since=DAY)),
        ("opened at least 3 times", Attended(Attention.OPENED, 3)),
        ("clicked at least 1 time since 2026-01-31", Attended(Attention.CLICKED, 1, DAY)),
        ("opened issue 12", AttendedIssue(Attention.OPENED, IssueNumber(12))),
        ("clicked issue 3 of volume 2", AttendedIssue(Attention.CLICKED, IssueNumber(3, 2))),
        ("got issue 012", Got(IssueNumber(12))),
        ("not got issue 3 of volume 2", Not(Got(IssueNumber(3, 2)))),
        ("gave", Gave()),
        ("gave since 2026-01-31", Gave(since=DAY)),
        ("gave at least 50", Gave(50)),
        ("gave at least 50 since 2026-01-31", Gave(50, DAY)),
        ("tag is donor and tag is member and gave", Every((DONOR, MEMBER, Gave()))),
        ("tag is donor or tag is member or gave", Either((DONOR, MEMBER, Gave()))),
        ("not tag is donor and gave", Every((Not(DONOR), Gave()))),
        ("not (tag is donor and gave)", Not(Every((DONOR, Gave())))),
        ("not not gave", Not(Not(Gave()))),
        ("((gave))", Gave()),
        ("(gave and tag is donor) or tag is member", Either((Every((Gave(), DONOR)), MEMBER))),
        ("gave\r\n AND\t(\u3000tag is donor OR tag is member)", Every((Gave(), Either((DONOR, MEMBER))))),
        (
            "language is ru and (tag is donor or clicked since 2026-01-31) and not got issue 12",
            Every((RUSSIAN, Either((DONOR, Attended(Attention.CLICKED, since=DAY))), Not(Got(IssueNumber(12))))),
        ),
    ],
)
def test_a_sentence_says_whom_it_means(text: str, tree: Tree) -> None:
    assert parse(text) == tree


_VALUE = "A value is missing here; one that is a word of this language stands in quotes."
_NUMBER = "A whole number from 1 to 999999999 belongs here."
_BETWEEN = (
    "This does not belong here. Between two conditions stands “and” or “or”; a value of several words stands in quotes."
)
_MIXED = "“and” beside “or” can be read in two ways; please put what belongs together in brackets."
_BEGIN = (
    "A condition begins with “language”, “name”, “tag”, “source”, “frequency”, “newsletter”, “field”, “joined”, "
    "“opened”, “clicked”, “gave” or “got”."
)


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("", 1, "Nothing is chosen yet; write a condition, such as: language is ru."),
        ("   ", 4, "Nothing is chosen yet; write a condition, such as: language is ru."),
        ("age is 5", 1, _BEGIN),
        ('""', 1, _BEGIN),
        ("“tag” is donor", 1, _BEGIN),
        ("()", 2, _BEGIN),
        ("gave and", 9, _BEGIN),
        ("gave or , gave", 9, _BEGIN),
        ("gave and not", 13, _BEGIN),
        ("; drop table subscribers", 1, _BEGIN),
        ("tag", 4, "After “tag” stands “is”, “is not” or “contains”."),
        ("tag = donor", 5, "After “tag” stands “is”, “is not” or “contains”."),
        ("language contains r", 10, "After “language” stands “is” or “is not”."),
        ("tag is", 7, _VALUE),
        ("tag is (donor)", 8, _VALUE),
        ("tag is and gave", 8, _VALUE),
        ("tag contains not", 14, _VALUE),
        ("tag is not not donor", 12, _VALUE),
        ('tag is ""', 8, "Between these quotes stands nothing."),
        ("name contains “ ”", 15, "Between these quotes stands nothing."),
        ("tag is donor member", 14, _BETWEEN),
        ("tag is donor, member", 13, _BETWEEN),
        ("(tag is donor member)", 15, _BETWEEN),
        ("clicked before 2026-01-31", 9, _BETWEEN),
        ("name is x' or 1=1 --", 15, _BEGIN),
        ("gave)", 5, "This bracket ends nothing."),
        ("gave and (gave or (gave)", 10, "This bracket never ends."),
        ("gave and gave or gave", 15, _MIXED),
        ("gave or (gave or gave and gave)", 23, _MIXED),
        ("language is russian", 13, "“russian” is not the code of a language, such as ru or zh."),
        ("language is not рус", 17, "“рус” is not the code of a language, such as ru or zh."),
        (f"language is {'x' * 60}", 13, f"“{'x' * 40}…” is not the code of a language, such as ru or zh."),
        ("frequency is weekly", 14, "A frequency is “every”, “monthly” or “quarterly”."),
        ("field is Berlin", 10, "After the name of a field stands “is”, “is not” or “contains”."),
        ("field city", 11, "After the name of a field stands “is”, “is not” or “contains”."),
        ("field", 6, _VALUE),
        ("field city is", 14, _VALUE),
        ("joined since 90 days", 21, "“ago” belongs here."),
        ("joined since 90 months ago", 14, "A day belongs here, such as 2026-01-31 or 90 days ago."),
        ("joined since 0 days ago", 14, _NUMBER),
        ("joined since 36501 days ago", 14, "This is more than a hundred years ago."),
        ("joined since 999999999 weeks ago", 14, "This is more than a hundred years ago."),
        ("joined 2026-01-31", 8, "After “joined” stands “before” or “since”."),
        ("joined since", 13, "A day belongs here, such as 2026-01-31 or 90 days ago."),
        ("joined since yesterday", 14, "A day belongs here, such as 2026-01-31 or 90 days ago."),
        ("joined since 20260131", 14, "A day belongs here, such as 2026-01-31 or 90 days ago."),
        ("joined since ２０２６-01-31", 14, "A day belongs here, such as 2026-01-31 or 90 days ago."),
        ("joined since 2026-02-30", 14, "There is no such day."),
        ("joined since 0000-01-01", 14, "There is no such day."),
        ("joined since 0001-01-01", 14, "A day lies in the years 1900 to 2199."),
        ("joined since 9999-12-31", 14, "A day lies in the years 1900 to 2199."),
        ("opened at 3 times", 11, "“least” belongs here."),
        ("opened at least times", 17, _NUMBER),
        ("opened at least 3", 18, "“times” belongs here."),
        ("opened at least -3 times", 17, _NUMBER),
        ("opened at least ٣ times", 17, _NUMBER),
        ("opened at least 0 times", 17, _NUMBER),
        ("gave at least 12.50", 15, _NUMBER),
        ("gave at least 1000000000", 15, _NUMBER),
        ("got 12", 5, "“issue” belongs here."),
        ("got issue", 10, _NUMBER),
        ("got issue 000", 11, _NUMBER),
        ("got issue 3 of 2", 16, "“volume” belongs here."),
    ],
)
def test_what_is_no_segment_is_refused_with_the_column(text: str, column: int, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text)
    assert refused.value.message == f"Column {column}: {sentence}"


@pytest.mark.parametrize(
    ("text", "place"),
    [("age is 5\nor gave", "Line 1, column 1"), ("gave\r\nand age is 5\nand gave", "Line 2, column 5")],
)
def test_a_text_of_several_lines_is_refused_with_the_line(text: str, place: str) -> None:
    with pytest.raises(BadInput, match=f"^{place}: A condition begins with"):
        parse(text)


@pytest.mark.parametrize("frequency", MailFrequency)
def test_every_frequency_can_be_asked_for(frequency: MailFrequency) -> None:
    assert parse(f"frequency is {frequency}") == Is(Field.FREQUENCY, frequency)


def test_case_60_ten_thousand_conditions_are_refused_before_any_is_read() -> None:
    text = " or ".join(["\0 broken"] * 10_000)
    with pytest.raises(BadInput) as refused:
        parse(text)
    assert refused.value.message == f"A segment has at most 2000 characters; this one has {len(text)}."


def test_a_segment_may_be_as_long_as_the_bound_and_no_longer() -> None:
    text = f"name is {'x' * (LONGEST - len('name is '))}"
    assert parse(text) == Is(Field.NAME, text.removeprefix("name is "))
    with pytest.raises(BadInput, match="at most 2000 characters"):
        parse(f"{text}x")


def test_a_segment_may_have_as_many_conditions_as_the_bound_and_none_beyond_is_read() -> None:
    most = " or ".join(["gave"] * MOST_CLAUSES)
    assert parse(most) == Either((Gave(),) * MOST_CLAUSES)
    with pytest.raises(BadInput, match=rf"^Column {len(most) + 5}: A segment has at most 20 conditions"):
        parse(f"{most} or broken")


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("not ", ""), ("not (", ")")])
def test_brackets_and_nots_may_stand_inside_one_another_as_deep_as_the_bound(opening: str, closing: str) -> None:
    fitting = DEEPEST // len(opening.replace(" ", "").replace("not", "n"))
    assert parse(opening * fitting + "gave and gave" + closing * fitting)
    with pytest.raises(BadInput, match="brackets and nots stand inside one another"):
        parse(opening * (fitting + 1) + "gave" + closing * (fitting + 1))


@pytest.mark.parametrize("text", ["(" * LONGEST, "not " * (LONGEST // 4), "(not " * (LONGEST // 5)])
def test_a_text_of_nothing_but_depth_is_refused_like_any_other(text: str) -> None:
    with pytest.raises(BadInput, match="brackets and nots stand inside one another"):
        parse(text)


VOCABULARY = """
    language name tag source frequency newsletter field joined opened clicked gave got is not contains before since at
    least times days ago issue of volume and or not ( ) , " « 2026-01-31 2026-02-31 3 0 ru monthly donor Анна
"""


@given(st.text() | st.lists(st.sampled_from(VOCABULARY.split()), max_size=30).map(" ".join))
def test_any_text_is_a_segment_or_is_refused_in_a_sentence(text: str) -> None:
    with suppress(BadInput):
        parse(text)


NUMBERS = st.integers(1, 999_999_999)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31)) | st.builds(Ago, st.integers(1, 36_500))
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="«»"), min_size=1, max_size=8).map(
    lambda text: normalize("NFC", text)
)
ISSUES = st.builds(IssueNumber, NUMBERS, st.none() | NUMBERS)
CLAUSES = st.one_of(
    st.builds(Is, st.sampled_from((Field.NAME, Field.TAG, Field.SOURCE)), TEXTS),
    st.builds(Is, st.just(Field.LANGUAGE), st.sampled_from(("en", "zh", "pt-br"))),
    st.builds(Contains, st.sampled_from((Field.NAME, Field.TAG, Field.SOURCE)), TEXTS),
    st.builds(AnswerIs, TEXTS, TEXTS),
    st.builds(AnswerContains, TEXTS, TEXTS),
    st.builds(JoinedSince, DAYS),
    st.builds(Attended, st.sampled_from(Attention), NUMBERS, st.none() | DAYS),
    st.builds(AttendedIssue, st.sampled_from(Attention), ISSUES),
    st.builds(Got, ISSUES),
    st.builds(Gave, st.integers(0, 999_999_999), st.none() | DAYS),
)


def join(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Return trees that are one of ``parts``, or one level deeper."""
    pairs = st.tuples(parts, parts)
    return st.one_of(parts, st.builds(Not, parts), st.builds(Every, pairs), st.builds(Either, pairs))


@given(join(join(join(CLAUSES))))
def test_whatever_a_segment_can_mean_can_be_written(tree: Tree) -> None:
    assert parse(write(tree)) == tree


def write(tree: Tree) -> str:
    """Return the sentence for a tree, with a bracket around every part."""
    match tree:
        case Not(part):
            return f"not ({write(part)})"
        case Every(parts) | Either(parts):
            return (" and " if isinstance(tree, Every) else " or ").join(f"({write(part)})" for part in parts)
        case Is(field, text) | Contains(field, text):
            return f"{field} {type(tree).__name__} «{text}»"
        case AnswerIs(name, text) | AnswerContains(name, text):
            return f"field «{name}» {'is' if isinstance(tree, AnswerIs) else 'contains'} «{text}»"
        case _:
            return write_deed(tree)


def write_deed(clause: JoinedSince | Attended | AttendedIssue | Got | Gave) -> str:
    """Return the sentence for what a person did."""
    match clause:
        case JoinedSince(day):
            return f"joined {write_since(day)}"
        case Attended(attention, at_least, since):
            return f"{attention} at least {at_least} times {write_since(since)}"
        case AttendedIssue(attention, issue):
            return f"{attention} {write_issue(issue)}"
        case Got(issue):
            return f"got {write_issue(issue)}"
        case Gave(at_least, since):
            return f"gave {f'at least {at_least}' if at_least else ''} {write_since(since)}"


def write_issue(issue: IssueNumber) -> str:
    """Return an issue's number as a segment says it."""
    return f"issue {issue.number}" + (f" of volume {issue.volume}" if issue.volume else "")


def write_since(day: Day | None) -> str:
    """Return how a segment says since when, or nothing for ever."""
    if isinstance(day, Ago):
        return f"since {day.days} days ago"
    return f"since {day}" if day else ""
