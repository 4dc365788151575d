"""To whom an issue goes: only these, not those, by words that are frozen at release and hold for who joins later."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries import audiences, planning
from service.deliveries.audiences import tend_audience
from service.deliveries.missing import count_missing, send_to_missing
from service.deliveries.models import Delivery
from service.deliveries.planning import NOBODY_CHOSEN, release_issue
from service.deliveries.segments.choosing import Choice, check_choice, choose_readers, find_choice
from service.deliveries.segments.counting import count_chosen
from service.deliveries.segments.naming import read_segment
from service.deliveries.segments.saved import add_segment, change_segment
from service.deliveries.starting import start_each_due_issue, withdraw_issue
from service.deliveries.states import DeliveryState
from service.errors import BadInput, Conflict, NotFound
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.segments.models import Segment
from service.subscribers.states import MailFrequency, SubscriptionState
from service.subscribers.suppression import suppress
from service.subscribers.suppression_models import SuppressionReason
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

LANGUAGES = {"anna": "ru", "boris": "ru", "claire": "fr", "dora": "de", "emil": "de"}
TAGGED = {"boris", "dora"}
HOLD = timedelta(minutes=2)


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A draft with five readers of three languages, two of whom are tagged as board."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        for name in LANGUAGES:
            join(session, newsletter.id, name)
        return make_issue(session, newsletter).id


def join(session: Session, newsletter_id: int, name: str, language: str = "") -> None:
    """Let somebody become a reader."""
    reader = make_reader(session, newsletter_id, f"{name}@example.org").subscriber
    reader.language = language or LANGUAGES[name]
    reader.tags = ["board"] if name in TAGGED else []


def choose(open_transaction: OpenTransaction, issue_id: int, only: str = "", without: str = "") -> None:
    """Save segments and let the draft go by them."""
    with open_transaction() as session:
        ids = [add_segment(session, words, words).id if words else None for words in (only, without)]
        choose_readers(session, issue_id, *ids)


def release(open_transaction: OpenTransaction, issue_id: int, hold: timedelta = HOLD) -> int:
    """Release the issue as a request would; returns how many people it is for."""
    with open_transaction() as session:
        return release_issue(session, issue_id, PUBLIC_URL, hold=hold)


def list_recipients(open_transaction: OpenTransaction, issue_id: int) -> list[str]:
    """Return whose copies there are."""
    with open_transaction() as session:
        copies = select(Delivery.recipient).where(Delivery.issue_id == issue_id).order_by(Delivery.recipient)
        return [recipient.removesuffix("@example.org") for recipient in session.scalars(copies)]


def start(services: Services, open_transaction: OpenTransaction) -> None:
    """Let the time of every held issue have come."""
    with open_transaction() as session:
        session.execute(update(Issue).where(Issue.state == IssueState.HELD).values(starts_at=func.now()))
    start_each_due_issue(services.factory)


CHOICES = [
    ("", "", ["anna", "boris", "claire", "dora", "emil"]),
    ("language is ru", "", ["anna", "boris"]),
    ("", "language is ru", ["claire", "dora", "emil"]),
    ("language is ru or language is de", "tag is board", ["anna", "emil"]),
]


@pytest.mark.parametrize(("only", "without", "names"), CHOICES)
def test_an_issue_goes_only_to_these_and_not_to_those(
    open_transaction: OpenTransaction, issue_id: int, only: str, without: str, names: list[str]
) -> None:
    choose(open_transaction, issue_id, only, without)
    with open_transaction() as session:
        counted = count_chosen(session, session.get_one(Issue, issue_id))
        assert (counted.chosen, counted.whole) == (len(names), len(LANGUAGES))
    assert release(open_transaction, issue_id) == len(names)
    assert list_recipients(open_transaction, issue_id) == names


@pytest.mark.parametrize(("only", "without", "names"), CHOICES)
def test_a_large_audience_is_planned_in_parts_by_the_same_words(
    services: Services, open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch,
    only: str, without: str, names: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(planning, "AT_ONCE", 1)
    monkeypatch.setattr(audiences, "PART", 2)
    choose(open_transaction, issue_id, only, without)
    assert release(open_transaction, issue_id) == len(names)
    assert list_recipients(open_transaction, issue_id) == []
    tend_audience(services.factory, issue_id)
    assert list_recipients(open_transaction, issue_id) == names


def test_the_words_are_frozen_at_release_and_choose_who_joins_later_too(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    choose(open_transaction, issue_id, "language is ru", "tag is board")
    release(open_transaction, issue_id)
    with open_transaction() as session:
        for segment in session.scalars(select(Segment)):
            change_segment(session, segment.id, segment.name, "language is fr")
        newsletter_id = session.get_one(Issue, issue_id).newsletter_id
        join(session, newsletter_id, "fyodor", "ru")
        join(session, newsletter_id, "gilles", "fr")
    start(services, open_transaction)
    assert list_recipients(open_transaction, issue_id) == ["anna", "fyodor"]
    with open_transaction() as session:
        join(session, newsletter_id, "hanna", "ru")
        join(session, newsletter_id, "ingrid", "de")
        assert count_missing(session, session.get_one(Issue, issue_id)) == 1
        assert send_to_missing(session, issue_id) == 1
    assert list_recipients(open_transaction, issue_id) == ["anna", "fyodor", "hanna"]
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert find_choice(session, issue) == Choice("language is ru", "tag is board")


def test_an_issue_that_is_taken_back_forgets_the_words_and_goes_by_the_segments_as_they_are_then(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    choose(open_transaction, issue_id, "language is ru")
    release(open_transaction, issue_id)
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
        issue = session.get_one(Issue, issue_id)
        assert (issue.segment_text, issue.excluded_segment_text) == (None, None)
        segment_id = issue.segment_id
        assert segment_id is not None
        change_segment(session, segment_id, "French", "language is fr")
    release(open_transaction, issue_id)
    assert list_recipients(open_transaction, issue_id) == ["claire"]


def test_days_ago_are_counted_from_the_release(open_transaction: OpenTransaction, issue_id: int) -> None:
    choose(open_transaction, issue_id, "joined since 7 days ago")
    joined_at: datetime = now() - timedelta(days=5)
    with open_transaction() as session:
        session.execute(update(Subscription).where(Subscription.id == 1).values(confirmed_at=joined_at))
    release(open_transaction, issue_id, timedelta())
    with open_transaction() as session:
        session.execute(update(Issue).values(released_at=now() - timedelta(days=30)))
        session.execute(
            update(Subscription).where(Subscription.id == 2).values(confirmed_at=now() - timedelta(days=20))
        )
        assert count_missing(session, session.get_one(Issue, issue_id)) == 1


def test_a_choice_adds_nobody_who_left_must_not_be_mailed_or_wants_fewer(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        newsletter = session.get_one(Issue, issue_id).newsletter
        release_issue(session, make_issue(session, newsletter, number=2).id, PUBLIC_URL)
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
        people = dict(
            session.execute(select(Subscriber.address_key, Subscription).join(Subscriber.subscriptions)).all()
        )
        people["anna@example.org"].state = SubscriptionState.UNSUBSCRIBED
        people["boris@example.org"].frequency = MailFrequency.MONTHLY
        suppress(session, "claire@example.org", SuppressionReason.STAFF)
    choose(open_transaction, issue_id, "not name is x")
    release(open_transaction, issue_id)
    assert list_recipients(open_transaction, issue_id) == ["dora", "emil"]


def test_an_issue_that_nobody_is_chosen_for_is_not_released(open_transaction: OpenTransaction, issue_id: int) -> None:
    choose(open_transaction, issue_id, "language is zh")
    with pytest.raises(Conflict) as refused:
        release(open_transaction, issue_id)
    assert refused.value.message == NOBODY_CHOSEN


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("age is 5", "Column 1: A condition begins with"),
        ("got issue 12", "Crossings has no issue 12 that is sent from here."),
        ("opened issue 1 of volume 9", "Crossings has no issue 1 of volume 9 that is sent from here."),
        ("not newsletter is harbour", "There is no newsletter “harbour” here; the names are: crossings."),
        ("gave or field shoe is 42", "No reader has a field “shoe”; small letters and capitals make a difference"),
    ],
)
@pytest.mark.parametrize("place", ["only", "without"])
def test_words_that_cannot_be_read_or_name_what_is_not_there_are_a_stop_and_refuse_the_release(
    open_transaction: OpenTransaction, issue_id: int, words: str, sentence: str, place: str
) -> None:
    choose(open_transaction, issue_id, **{place: "gave"})
    with open_transaction() as session:
        session.execute(update(Segment).values(text=words))  # as an older program may have saved it
        (problem,) = check_choice(session, session.get_one(Issue, issue_id))
        assert problem.sentence.startswith(f"Its readers can’t be chosen by “{words}”. {sentence}")
    with pytest.raises(BadInput, match="Its readers can’t be chosen by"):
        release(open_transaction, issue_id)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.DRAFT


def test_a_number_that_two_volumes_have_needs_its_volume(open_transaction: OpenTransaction, issue_id: int) -> None:
    choose(open_transaction, issue_id, "not got issue 1")
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert check_choice(session, issue) == []
        make_issue(session, issue.newsletter, number=2).volume = 2
        session.flush()
        session.execute(update(Issue).where(Issue.volume == 2).values(number=1))
        (problem,) = check_choice(session, issue)
        assert "There are 2 issues 1; name the volume, such as: issue 1 of volume 2." in problem.sentence


def test_past_issues_take_no_number_from_ours(open_transaction: OpenTransaction, issue_id: int) -> None:
    choose(open_transaction, issue_id, "not got issue 1")
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        past = make_issue(session, issue.newsletter, number=2)
        past.volume, past.number, past.state = 2021, 1, IssueState.PAST
        session.flush()
        assert check_choice(session, issue) == []
        with pytest.raises(BadInput, match="has no issue 1 of volume 2021 that is sent from here"):
            read_segment(session, "got issue 1 of volume 2021", issue.newsletter_id)


def test_choosing_again_changes_nothing_and_choosing_otherwise_ends_a_review(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        segment_id = add_segment(session, "Russian", "language is ru").id
        revisions = [
            choose_readers(session, issue_id, *chosen).revision
            for chosen in ((segment_id, None), (segment_id, None), (None, segment_id), (None, None))
        ]
    assert revisions == [revisions[0], revisions[0], revisions[0] + 1, revisions[0] + 2]


def test_only_a_draft_is_chosen_for_and_only_by_a_segment_that_is_there(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session, pytest.raises(NotFound, match="deleted meanwhile"):
        choose_readers(session, issue_id, 99, None)
    release(open_transaction, issue_id)
    with open_transaction() as session, pytest.raises(Conflict, match="has been released"):
        choose_readers(session, issue_id, None, None)


def test_nobody_changes_the_words_between_their_review_and_the_release(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    choose(open_transaction, issue_id, "language is ru", "tag is board")
    with open_transaction() as session:
        find_choice(session, session.get_one(Issue, issue_id), is_held=True)
        for segment_id in (1, 2):
            with open_transaction() as other:
                other.execute(text("set local lock_timeout = '20ms'"))
                with pytest.raises(OperationalError, match="lock timeout"):
                    change_segment(other, segment_id, "English", "language is en")
                other.rollback()
