"""Every word of the grammar asked of real rows: whom it means, and that no text of staff becomes SQL."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from service.deliveries.segments.compiling import compile_tree
from service.deliveries.segments.ground import Ground, find_ground
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.segments.grammar import DEEPEST, MOST_CLAUSES, parse
from service.subscribers.segments.tree import (
    Ago,
    AnswerContains,
    AnswerIs,
    Attended,
    AttendedIssue,
    Attention,
    Contains,
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
from tests.deliveries.segments.population import NOW, OTHER_SLUG, PEOPLE, SLUG, ZONE, choose, settle
from tests.fixtures.services import OpenTransaction

POSTGRESQL = create_engine("postgresql+psycopg://").dialect
GROUND = Ground(1, ZONE, "usd", NOW.date())


def ask(session: Session, newsletter_id: int, tree: Tree, part: tuple[int, int] | None = None) -> list[str]:
    """Return the keys of the people whom the database chooses, sorted."""
    condition = compile_tree(tree, find_ground(session, newsletter_id, NOW, part))
    people = select_audience(newsletter_id).where(condition).with_only_columns(Subscriber.address_key)
    if part is not None:
        people = people.where(Subscription.id.between(*part))
    return sorted(address.removesuffix("@example.org") for address in session.scalars(people))


MEANINGS = {
    "language is ru": ["anna", "anya"],
    "language is zh-hant": ["mei"],
    "language is zh": ["mei"],
    "name is “anna lee”": ["anna"],
    "name contains АНН": ["anya"],
    "name contains 梅": ["mei"],
    "tag is donor": ["anna"],
    "tag is board": ["anna"],
    "tag contains donor": ["anna", "anya"],
    "tag is 耐心": ["mei"],
    "tag is “don,or”": [],
    "source is footer": ["rune"],
    "source contains substack": ["anna"],
    "source contains %": ["anya"],
    "source contains _": ["anya"],
    "field city is berlin": ["anna"],
    "field City is berlin": ["rune"],
    "field city contains “йорк”": ["anya"],
    "field colour is red": ["anya"],
    "frequency is monthly": ["rune"],
    "newsletter is harbour": ["after"],
    "joined since 2026-01-31": ["after", "keen"],
    "joined since 2026-01-30": ["after", "before", "keen"],
    "joined since 7 days ago": ["keen"],
    "joined since 6 days ago": [],
    "joined since 1 week ago": ["keen"],
    "opened": ["keen", "proxied"],
    "clicked": ["keen", "proxied"],
    "opened at least 2 times": ["keen"],
    "opened at least 3 times": ["keen"],
    "opened at least 4 times": [],
    "opened since 2026-11-20": ["keen"],
    "opened since 2026-11-21": [],
    "clicked since 30 days ago": [],
    "opened issue 2": ["keen"],
    "opened issue 1 of volume 1": ["keen", "proxied"],
    "opened issue 1 of volume 2": ["keen"],
    "clicked issue 2": [],
    "got issue 2": ["anna", "keen"],
    "got issue 1 of volume 1": ["anna", "keen", "proxied", "scanned"],
    "gave": ["abroad", "keen", "proxied"],
    "gave at least 50": ["keen"],
    "gave at least 49": ["keen", "proxied"],
    "gave at least 75": ["keen"],
    "gave at least 76": [],
    "gave at least 30 since 2026-11-01": [],
    "gave at least 25 since 2026-11-01": ["keen"],
    "gave since 2026-11-20": ["keen"],
    "(opened or gave) and not (clicked and gave at least 50)": ["abroad", "proxied"],
}


def test_each_word_means_these_people_and_with_not_all_the_others(open_transaction: OpenTransaction) -> None:
    everybody = {person.key for person in PEOPLE}
    with open_transaction() as session:
        newsletter_id = settle(session).id
        asked = {words: ask(session, newsletter_id, parse(words)) for words in MEANINGS}
        refused = {words: ask(session, newsletter_id, parse(f"not ({words})")) for words in MEANINGS}
    assert asked == MEANINGS
    assert refused == {words: sorted(everybody - set(keys)) for words, keys in MEANINGS.items()}


@pytest.mark.parametrize(("words", "keys"), MEANINGS.items())
def test_the_oracle_reads_each_word_as_the_table_does(words: str, keys: list[str]) -> None:
    assert sorted(choose(parse(words))) == keys


TEXTS = ("donor", "Board", "Анна", "berlin", "red", "o", "%", "_", "\\", "'", "x' or 1=1 --", "); --", "$1", ":name")
DAYS = st.sampled_from([date(2026, 1, 30), date(2026, 1, 31), date(2026, 11, 20), date(2199, 12, 31), Ago(7), Ago(6)])
ISSUES = st.builds(IssueNumber, st.integers(1, 3), st.sampled_from([None, 1, 2]))
WORDS = st.sampled_from([Field.NAME, Field.TAG, Field.SOURCE])
NAMES = st.sampled_from(["city", "City", "colour", "no such", "' -> 'x"])
CLAUSES = st.one_of(
    st.builds(Is, WORDS, st.sampled_from(TEXTS)),
    st.builds(Contains, WORDS, st.sampled_from(TEXTS)),
    st.builds(AnswerIs, NAMES, st.sampled_from(TEXTS)),
    st.builds(AnswerContains, NAMES, st.sampled_from(TEXTS)),
    st.builds(Is, st.just(Field.LANGUAGE), st.sampled_from(["en", "ru", "zh"])),
    st.builds(Is, st.just(Field.FREQUENCY), st.sampled_from(MailFrequency)),
    st.builds(Is, st.just(Field.NEWSLETTER), st.sampled_from([SLUG, OTHER_SLUG, "none"])),
    st.builds(JoinedSince, DAYS),
    st.builds(Attended, st.sampled_from(Attention), st.integers(1, 4), st.none() | DAYS),
    st.builds(AttendedIssue, st.sampled_from(Attention), ISSUES),
    st.builds(Got, ISSUES),
    st.builds(Gave, st.sampled_from([0, 25, 50, 75, 999_999_999]), st.none() | DAYS),
)


def join(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Return trees that are one of ``parts``, or one level deeper."""
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(parts, st.builds(Not, parts), st.builds(Every, several), st.builds(Either, several))


def test_any_segment_chooses_the_same_people_as_the_oracle_at_once_and_in_parts(
    open_transaction: OpenTransaction,
) -> None:
    with open_transaction() as session:
        newsletter_id = settle(session).id
        rows = session.execute(select(Subscriber.address_key, Subscription.id).join(Subscriber.subscriptions))
        ties = dict(rows.all())
        middle = ties["before@example.org"]

        @settings(max_examples=150)
        @given(join(join(CLAUSES)))
        def compare(tree: Tree) -> None:
            expected = sorted(choose(tree))
            assert ask(session, newsletter_id, tree) == expected
            early, late = (ask(session, newsletter_id, tree, part) for part in ((1, middle), (middle + 1, 10**9)))
            assert early == [key for key in expected if ties[f"{key}@example.org"] <= middle]
            assert sorted(early + late) == expected

        compare()


BOMBS = ("x' or 1=1 --", "'; drop table subscribers; --", "(a+)+$" * 50, "%" * 500, "$1", ":text", "%(text)s", "\\")


TAKE_TEXT: list[Callable[[str], Tree]] = [
    *(partial(Is, field) for field in (Field.NAME, Field.TAG, Field.SOURCE, Field.NEWSLETTER, Field.LANGUAGE)),
    *(partial(Contains, field) for field in (Field.NAME, Field.TAG, Field.SOURCE)),
    lambda text: AnswerIs(text, text),
    lambda text: AnswerContains(text, text),
]


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("tree", TAKE_TEXT)
def test_case_60_what_staff_write_is_a_parameter_and_never_sql(tree: Callable[[str], Tree], bomb: str) -> None:
    compiled = compile_tree(tree(bomb), GROUND).compile(dialect=POSTGRESQL)
    harmless = compile_tree(tree("harmless"), GROUND).compile(dialect=POSTGRESQL)
    assert str(compiled) == str(harmless)
    assert any(bomb in str(value) for value in compiled.params.values())


def test_case_60_bombs_choose_who_has_them_and_break_nothing(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        newsletter_id = settle(session).id
        for bomb in BOMBS:
            tree = Either((Is(Field.NAME, bomb), Contains(Field.TAG, bomb), AnswerIs(bomb, bomb)))
            assert ask(session, newsletter_id, tree) == sorted(choose(tree))
        assert ask(session, newsletter_id, Is(Field.TAG, "x' or 1=1 --")) == ["robert"]
        assert session.scalar(select(func.count()).select_from(Subscriber)) == len(PEOPLE)


def test_case_60_the_most_conditions_the_deepest_run(open_transaction: OpenTransaction) -> None:
    words = [
        "not (" * (DEEPEST // 2) + join.join([clause] * MOST_CLAUSES) + ")" * (DEEPEST // 2)
        for clause in ("opened at least 3 times", "gave at least 5", "got issue 1", "tag contains x")
        for join in (" and ", " or ")
    ]
    with open_transaction() as session:
        newsletter_id = settle(session).id
        asked = [ask(session, newsletter_id, parse(one)) for one in words]
    assert asked == [sorted(choose(parse(one))) for one in words]
