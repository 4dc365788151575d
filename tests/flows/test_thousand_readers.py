"""An issue to a thousand readers through real workers: each gets one copy, every link is theirs alone."""

import http.client
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from sqlalchemy import ScalarSelect, func, select, update

from service.db import transaction
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import Progress, get_progress
from service.development.inbox import OpenedMail
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job, enqueue
from service.tracking.queries import Engagement, get_engagement
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.processes import RunningService
from tests.fixtures.smtp import SmtpSink
from tests.waiting import wait_until

READERS = 1001  # one more than a batch holds: the last reader's waits by itself, and they leave meanwhile
_FAR_AHEAD = func.now() + timedelta(hours=1)
OWN_LINK = re.compile(r"http://127\.0\.0\.1:\d+/(unsubscribe|view|c|o)/([A-Za-z0-9_-]{30,})")
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def test_a_thousand_readers_get_a_thousand_distinct_copies(running: RunningService, smtp_sink: SmtpSink) -> None:
    issue_id = _release(running)
    with _watched_invariant(running, issue_id) as seen:
        leaver = _unsubscribe_someone_who_waits(running, issue_id)
        wait_until(lambda: len(seen) > 3, "some looks at the issue on its way")
        _let_the_last_batch_go(running, issue_id)
        wait_until(lambda: _state(running, issue_id) is IssueState.SENT, "the issue to be sent", patience=300)

    progress = _progress(running, issue_id)
    mails = smtp_sink.messages
    assert all(progress.holds for progress in seen)
    assert (progress.sent, progress.skipped) == (READERS - 1, 1)
    assert Counter(mail.envelope.recipients[0] for mail in mails).most_common(1)[0][1] == 1
    assert len(mails) == READERS - 1
    assert leaver not in smtp_sink.recipients
    _assert_every_token_is_its_readers_own(mails)

    _open_and_click(mails[:5])
    wait_until(lambda: _engagement(running, issue_id).opened == 5, "five opens to be counted")
    wait_until(lambda: _clickers(running, issue_id) == 5, "five clicks to be counted")


def _assert_every_token_is_its_readers_own(mails: list[OpenedMail]) -> None:
    tokens = [{(kind, token) for kind, token in OWN_LINK.findall(mail.html + mail.text)} for mail in mails]
    assert {kind for kind, _ in tokens[0]} == {"unsubscribe", "view", "c", "o"}
    owners = Counter(token for own in tokens for token in own)
    assert set(owners.values()) == {1}  # in one mail only: all pairs of mails share no token
    assert len({dict(mail.headers)["Message-ID"] for mail in mails}) == len(mails)
    for mail, own in zip(mails, tokens, strict=True):
        header = OWN_LINK.search(dict(mail.headers)["List-Unsubscribe"])
        assert header is not None
        assert (header[1], header[2]) in own


def _open_and_click(mails: list[OpenedMail]) -> None:
    for mail in mails:
        pixel = re.search(r"http://127\.0\.0\.1:\d+/o/[\w-]+\.gif", mail.html)
        click = re.search(r"http://127\.0\.0\.1:\d+/c/[\w-]+/1(?!\d)", mail.html)
        assert pixel is not None
        assert click is not None
        urlopen(Request(pixel[0], headers=BROWSER), timeout=60).close()
        _follow_without_leaving(click[0])


def _follow_without_leaving(url: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path, headers=BROWSER)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (302, "https://a.test/one")
    connection.close()


@contextmanager
def _watched_invariant(running: RunningService, issue_id: int) -> Iterator[list[Progress]]:
    """Ask for the progress again and again while the issue goes out; the list holds every answer."""
    seen: list[Progress] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.append(_progress(running, issue_id))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _release(running: RunningService) -> int:
    with transaction(running.services.factory) as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, running.url)
        # As if another sender had it: else the copy may be gone before its reader has left.
        session.execute(update(Batch).where(Batch.id == _last_batch(issue.id)).values(lease_until=_FAR_AHEAD))
        return issue.id


def _let_the_last_batch_go(running: RunningService, issue_id: int) -> None:
    with transaction(running.services.factory) as session:
        session.execute(update(Batch).where(Batch.id == _last_batch(issue_id)).values(lease_until=None))
        enqueue(session, Job.SEND_ISSUE, issue_id)


def _last_batch(issue_id: int) -> ScalarSelect[int]:
    return select(func.max(Batch.id)).where(Batch.issue_id == issue_id).scalar_subquery()


def _unsubscribe_someone_who_waits(running: RunningService, issue_id: int) -> str:
    """Leave by the one-click POST of the last reader, whose copy is still queued while the first ones go out."""
    with transaction(running.services.factory) as session:
        last = session.scalars(
            select(Delivery).where(Delivery.issue_id == issue_id).order_by(Delivery.id.desc()).limit(1)
        ).one()
        values = running.services.links.for_copy(issue_id, last.id, last.subscription_id, None)
    answer = urlopen(Request(values.unsubscribe_url, data=b"List-Unsubscribe=One-Click", method="POST"), timeout=60)
    assert answer.status == 200
    answer.close()
    return last.recipient


def _progress(running: RunningService, issue_id: int) -> Progress:
    with transaction(running.services.factory) as session:
        return get_progress(session, issue_id)


def _state(running: RunningService, issue_id: int) -> IssueState:
    with transaction(running.services.factory) as session:
        return session.get_one(Issue, issue_id).state


def _engagement(running: RunningService, issue_id: int) -> Engagement:
    with transaction(running.services.factory) as session:
        return get_engagement(session, issue_id)


def _clickers(running: RunningService, issue_id: int) -> int:
    engagement = _engagement(running, issue_id)
    # A click within seconds of the delivery is judged a machine's; both are counted, and told apart.
    return engagement.clicked + engagement.machine_clicked
