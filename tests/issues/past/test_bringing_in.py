"""An archive of another house becomes past issues: once, sealed, in the order of dates, and nobody gets any of them."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.deliveries.missing import send_to_missing
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.resending import send_again
from service.deliveries.starting import start_each_due_issue, withdraw_issue
from service.deliveries.sweep import sweep
from service.errors import Conflict
from service.issues.editing import change_item, create_issue, delete_issue
from service.issues.models import Edition, Finding, Issue, Item, Manuscript
from service.issues.past.deciding import bring_in, take_back
from service.issues.past.models import Archive, ArchivedPost
from service.issues.past.running import run_archive
from service.issues.past.sealing import seal_past_issue
from service.issues.queries import (
    find_neighbours,
    get_newsletter,
    get_public_issue,
    issue_label,
    list_public_issues,
)
from service.issues.states import IssueState, ItemKind
from service.jobs import Job
from tests.factories.publication import make_issue
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.issues.past.conftest import SLUG, BringIn
from tests.issues.past.exports import pack_substack, row, write_ghost, write_substack
from workers.sweeping import sweep_everything

SITE = "https://letters.example.org"


def labels(open_transaction: OpenTransaction) -> dict[str, str]:
    """Return the number of each issue that is out, by title."""
    with open_transaction() as session:
        issues = list_public_issues(session, get_newsletter(session, SLUG).id)
        return {issue.title: issue_label(issue) for issue in issues}


def page_of(open_transaction: OpenTransaction, label: str) -> str:
    with open_transaction() as session:
        return get_public_issue(session, SLUG, label)[1].web_html


def test_substack_s_posts_become_past_issues_numbered_within_their_year(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    came = bring(write_substack(tmp_path / "export.zip"), SITE)
    assert came.counts == {"added": 3, "skipped": 5}
    assert labels(open_transaction) == {"The second log": "2021-1", "码头来信": "2021-2", "Долгая зима": "2022-1"}
    with open_transaction() as session:
        first = session.get_one(Issue, came.posts["The second log"].issue_id)
        assert (first.state, first.language, first.issued_on) == (IssueState.PAST, "en", date(2021, 3, 5))
        assert (first.preheader, first.audience, first.released_at) == ("What pilots write down", None, None)
        languages = {issue.title: issue.language for issue in session.scalars(select(Issue))}
        assert languages == {"The second log": "en", "码头来信": "zh", "Долгая зима": "ru"}
        assert session.get_one(Issue, came.posts["Долгая зима"].issue_id).preheader == "О реке & о льде"


def test_headings_notes_links_quotes_and_lists_are_kept(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    bring(write_substack(tmp_path / "export.zip"), SITE)
    page = page_of(open_transaction, "2021-1")
    for kept in (
        "<strong>second log</strong>",
        '<a href="https://pilots.test/log?page=2">it is public</a>',
        "<h2>What the second log says</h2>",
        "<blockquote><p>Nothing arrives on time but the tide.</p></blockquote>",
        "<li>the date</li>",
        "Volume <em>four</em> is lost.",
        'role="doc-endnotes"',
        '<a href="https://cdn.test/large.jpeg">Picture: The harbor at night</a>',
        "The harbor in 1911",
        'First published at <a href="https://letters.example.org/p/the-second-log">',
    ):
        assert kept in page
    assert "<img" not in page
    assert "Subscribe" not in page
    assert "Впервые опубликовано" in page_of(open_transaction, "2022-1")
    assert "首发于" in page_of(open_transaction, "2021-2")


def test_ghost_s_posts_keep_their_authors_and_tell_what_was_personal(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    came = bring(write_ghost(tmp_path / "ghost.json"), SITE)
    assert came.counts == {"added": 3, "skipped": 4}
    page = page_of(open_transaction, "2020-1")
    assert "By Ilse Varga and Иван Петров" in page
    assert f'Dear reader, see <a href="{SITE}/post-2/">the other one</a>.' in page
    assert any("filled in for each reader" in warning for warning in came.posts["A quiet quay"].warnings)
    assert any("mail only" in warning for warning in came.posts["安静的码头"].warnings)
    picture = f'<a href="{SITE}/content/images/2020/ice.jpg">Изображение</a>'
    assert picture in page_of(open_transaction, "2020-2")
    assert "lexical" in came.posts["Lexical only"].reason


@pytest.mark.parametrize("write", [write_substack, write_ghost])
def test_bringing_the_same_archive_in_again_changes_nothing_and_says_so(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path, write: object
) -> None:
    assert callable(write)
    path = write(tmp_path / "export")
    bring(path)
    before = labels(open_transaction)
    again = bring(path)
    assert again.counts["unchanged"] == 3
    assert "added" not in again.counts
    assert all("here already" in post.reason for post in again.posts.values() if post.outcome.value == "unchanged")
    assert labels(open_transaction) == before


def test_what_stays_out_is_named_with_its_reason(examine: BringIn, tmp_path: Path) -> None:
    posts = examine(write_substack(tmp_path / "export.zip")).posts
    assert "draft" in posts["Not yet"].reason
    assert "paying readers" in posts["For members"].reason
    assert "page" in posts["About"].reason
    assert "not in the archive" in posts["Lost on the way"].reason
    assert "future" in posts["Tomorrow"].reason


def test_examining_alone_makes_no_issue(open_transaction: OpenTransaction, examine: BringIn, tmp_path: Path) -> None:
    came = examine(write_substack(tmp_path / "export.zip"))
    assert came.counts == {"new": 3, "skipped": 5}
    assert any("lies on another server" in warning for warning in came.posts["The second log"].warnings)
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Issue)) == 0


def test_numbers_of_our_own_issues_and_of_past_ones_never_clash(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    with open_transaction() as session:
        newsletter = get_newsletter(session, SLUG)
        make_issue(session, newsletter, 7).volume = 2021  # a house that counts its volumes by years
    bring(write_substack(tmp_path / "export.zip"))
    with open_transaction() as session:
        newsletter = get_newsletter(session, SLUG)
        numbers = {issue.title: issue_label(issue) for issue in session.scalars(select(Issue))}
        assert numbers["The second log"] == "2021-8"
        assert issue_label(create_issue(session, newsletter)) == "2021-10"


def test_a_newsletter_with_nothing_but_past_issues_begins_with_number_one(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    bring(write_substack(tmp_path / "export.zip"))
    with open_transaction() as session:
        assert issue_label(create_issue(session, get_newsletter(session, SLUG))) == "1"


def test_past_issues_and_ours_stand_in_one_row_by_their_days(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    bring(write_substack(tmp_path / "export.zip"))
    with open_transaction() as session:
        newsletter = get_newsletter(session, SLUG)
        make_issue(session, newsletter, 7, "A draft")
        all_out = list_public_issues(session, newsletter.id)
        assert [issue.title for issue in all_out] == ["Долгая зима", "码头来信", "The second log"]
        assert list_public_issues(session, newsletter.id, 2) == all_out[:2]
        first, second, third = all_out
        beside = [find_neighbours(session, issue) for issue in all_out]
        assert beside == [(None, second), (first, third), (second, None)]


def test_what_is_taken_back_while_somebody_reads_it_spoils_no_page(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    came = bring(write_substack(tmp_path / "export.zip"))
    with open_transaction() as session:
        read, _ = get_public_issue(session, SLUG, "2022-1")
        with open_transaction() as other:
            take_back(other, came.id)
        assert find_neighbours(session, read) == (None, None)


def test_what_one_archive_takes_back_another_can_bring_in(
    open_transaction: OpenTransaction, bring: BringIn, examine: BringIn, tmp_path: Path
) -> None:
    export = write_substack(tmp_path / "export.zip")
    first, second = bring(export).id, examine(export)
    assert second.counts["unchanged"] == 3
    with open_transaction() as session:
        take_back(session, first)
        bring_in(session, second.id)
    run_archive(open_transaction.services.factory, second.id)
    assert set(labels(open_transaction).values()) == {"2021-1", "2021-2", "2022-1"}


def test_a_post_s_own_id_of_any_length_is_taken(bring: BringIn, tmp_path: Path) -> None:
    long = "".join(sha256(bytes([number])).hexdigest() for number in range(150))  # which no index can hold, nor pack
    export = pack_substack(tmp_path / "export.zip", [row(long, "2022-02-02", "Long")], {long: "<p>Words.</p>"})
    assert bring(export).counts == {"added": 1}


def test_a_past_issue_is_sealed(open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path) -> None:
    issue_id = bring(write_substack(tmp_path / "export.zip")).posts["The second log"].issue_id
    assert issue_id is not None
    with open_transaction() as session:
        item = session.scalars(select(Item).where(Item.issue_id == issue_id).limit(1)).one()
        edition = session.get_one(Edition, issue_id)
        assert edition.content_hash
        assert edition.template == b""
    with open_transaction() as session, pytest.raises(Conflict, match="sealed"):
        change_item(
            session, item.id, 1, kind=ItemKind.NOTE, title="", byline=[], language="en", markdown="Something else"
        )
    with open_transaction() as session, pytest.raises(Conflict, match="sealed"):
        delete_issue(session, issue_id)


def test_a_past_issue_is_never_sent_to_anybody(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path, newsletter_id: int
) -> None:
    with open_transaction() as session:
        make_readers(session, newsletter_id, 5)
    issue_id = bring(write_substack(tmp_path / "export.zip")).posts["The second log"].issue_id
    assert issue_id is not None
    with open_transaction() as session:
        # Whatever a mended row or an old program may have left there: no time makes it go.
        session.execute(update(Issue).values(starts_at=func.now(), audience=5))
    acts: list[Callable[[Session], object]] = [
        lambda session: release_issue(session, issue_id, PUBLIC_URL),
        lambda session: send_to_missing(session, issue_id, None),
        lambda session: send_again(session, issue_id, [1], None),
        lambda session: withdraw_issue(session, issue_id, None),
    ]
    for act in acts:
        with open_transaction() as session, pytest.raises(Conflict, match="past issue"):
            act(session)
    start_each_due_issue(open_transaction.services.factory)
    with open_transaction() as session:
        sweep(session)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.PAST
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
        assert session.scalar(select(func.count()).select_from(Batch)) == 0


def test_taking_an_archive_back_leaves_nothing_of_it_and_everything_else(
    open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    kept = bring(write_ghost(tmp_path / "ghost.json")).posts["A quiet quay"].issue_id
    came = bring(write_substack(tmp_path / "export.zip"))
    again = bring(write_substack(tmp_path / "export.zip"))
    with open_transaction() as session:
        assert take_back(session, again.id) == 0  # it brought nothing: those are the first archive's
    with open_transaction() as session:
        assert take_back(session, came.id) == 3
    with open_transaction() as session:
        assert kept in set(session.scalars(select(Issue.id)))
        for table, column in ((Issue, Issue.id), (Edition, Edition.issue_id), (Item, Item.issue_id)):
            left = set(session.scalars(select(column)))
            assert len(left) == 3, table
        assert set(session.scalars(select(ArchivedPost.archive_id))) == set(session.scalars(select(Archive.id)))
        sources = set(session.scalars(select(Manuscript.id)))
        assert set(session.scalars(select(Finding.manuscript_id))) <= sources
        assert len(sources) == 3
    assert bring(write_substack(tmp_path / "export.zip")).counts["added"] == 3


def test_a_run_that_ends_anywhere_leaves_whole_issues_and_the_next_goes_on(
    open_transaction: OpenTransaction, examine: BringIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_id = examine(write_substack(tmp_path / "export.zip")).id
    with open_transaction() as session:
        bring_in(session, archive_id)
    factory = open_transaction.services.factory
    sealed: list[str] = []

    def die_at_the_second(issue: Issue, html: str) -> Edition:
        sealed.append(issue.title)
        if len(sealed) == 2:
            raise KeyboardInterrupt
        return seal_past_issue(issue, html)

    monkeypatch.setattr("service.issues.past.running.seal_past_issue", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_archive(factory, archive_id)
    with open_transaction() as session:
        assert list(session.scalars(select(Issue.title))) == ["The second log"]
        assert session.scalar(select(func.count()).select_from(Edition)) == 1
    run_archive(factory, archive_id)
    run_archive(factory, archive_id)
    assert set(labels(open_transaction)) == {"The second log", "码头来信", "Долгая зима"}


def test_whoever_finds_an_archive_in_work_leaves_it_to_the_other(
    open_transaction: OpenTransaction, examine: BringIn, tmp_path: Path
) -> None:
    archive_id = examine(write_substack(tmp_path / "export.zip")).id
    with open_transaction() as session:
        bring_in(session, archive_id)
    with open_transaction() as other:
        other.get_one(Archive, archive_id, with_for_update=True)
        run_archive(open_transaction.services.factory, archive_id)  # returns, and does not wait
        assert labels(open_transaction) == {}
    run_archive(open_transaction.services.factory, archive_id)
    assert len(labels(open_transaction)) == 3


def test_an_archive_whose_worker_is_gone_is_found_by_the_sweep(
    open_transaction: OpenTransaction, examine: BringIn, published_jobs: PublishedJobs, tmp_path: Path
) -> None:
    archive_id = examine(write_substack(tmp_path / "export.zip")).id
    published_jobs.jobs.clear()
    sweep_everything(open_transaction.services)
    assert published_jobs.of(Job.RUN_ARCHIVE) == []  # it waits for staff
    with open_transaction() as session:
        bring_in(session, archive_id)
    published_jobs.jobs.clear()
    sweep_everything(open_transaction.services)
    assert published_jobs.of(Job.RUN_ARCHIVE) == [(archive_id,)]


def test_an_archive_is_brought_in_once(open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path) -> None:
    archive_id = bring(write_substack(tmp_path / "export.zip")).id
    with open_transaction() as session, pytest.raises(Conflict, match="already"):
        bring_in(session, archive_id)
