"""The list of readers on the desk: found, narrowed, paged, counted; and adding one by hand."""

import re

import pytest
from sqlalchemy import func, select

from service.jobs import Job
from service.staff.models import AuditEntry
from service.subscribers import finding
from service.subscribers.bounded import TookTooLong
from service.subscribers.models import Subscriber
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import SignUp
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.web.desk.browsing import Desk, words_of
from tests.web.desk.readership import BROUGHT, COMPLAINED, JANE, LEFT, PENDING, STOPPED, Readership

_ROW = re.compile(r'<th scope="row"[^>]*><a href="/desk/readers/\d+"><bdi>([^<]+)</bdi>')


def names(page: str) -> list[str]:
    """Return the addresses of a page's table."""
    return _ROW.findall(page)


def test_everybody_is_listed_newest_first_and_nobody_who_was_erased(desk: Desk, readership: Readership) -> None:
    assert readership
    page = desk.read("/desk/readers")
    assert names(page) == [BROUGHT, COMPLAINED, STOPPED, LEFT, PENDING, JANE]
    assert page.count("Must not be mailed</span>") == 2


def test_figures_are_drawn_and_say_the_same_in_words(desk: Desk, readership: Readership) -> None:
    page = desk.read("/desk/readers")
    assert 'aria-label="Crossings: gets it 3, not confirmed yet 1, left 2."' in page
    assert re.search(r'aria-label="Joined and left by month: joined 7, left 2\.', page)
    assert f'href="/desk/readers?newsletter={readership.newsletter_id}&state=unsubscribed">2 left</a>' in page


def test_filters_narrow_the_list_and_come_back_filled_in(desk: Desk, readership: Readership) -> None:
    page = desk.read(f"/desk/readers?newsletter={readership.newsletter_id}&state=unsubscribed")
    assert names(page) == [LEFT]
    assert '<option value="unsubscribed" selected>' in page
    assert names(desk.read("/desk/readers?search=Sons")) == [JANE]
    assert names(desk.read("/desk/readers?search=МАШ")) == [BROUGHT]
    assert "Nobody fits what you ask for." in desk.read("/desk/readers?search=<script>")
    assert names(desk.read("/desk/readers?newsletter=x&state=no&before=999999999999999999999")) != []


def test_older_pages_are_reached_by_key(desk: Desk, readership: Readership, open_transaction: OpenTransaction) -> None:
    assert readership
    with open_transaction() as session:
        session.add_all(
            Subscriber(address=a, mailed_address=a, address_key=a) for a in (f"n{n}@example.org" for n in range(60))
        )
    first = desk.read("/desk/readers?search=example")
    (older,) = re.findall(r'rel="next" href="([^"]+)">Older', first)
    second = desk.read(older)
    assert (len(names(first)), len(names(second))) == (50, 16)
    assert set(names(first)).isdisjoint(names(second))
    assert 'href="/desk/readers?search=example">Newest' in second


def test_a_look_that_takes_too_long_is_a_sentence(
    desk: Desk, readership: Readership, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert readership

    def give_up(*_: object) -> None:
        raise TookTooLong("There are too many.")

    monkeypatch.setattr("service.web.desk.readers.count_states", give_up)
    assert "too many readers to count while you wait" in desk.read("/desk/readers")
    monkeypatch.setattr(finding, "_page", give_up)
    assert "too many readers to look through while you wait" in desk.read("/desk/readers?search=jane")


MARK = {"mark": "desk-one", "language": "ru", "way": "in person"}


def test_somebody_added_by_hand_gets_a_letter_and_is_not_active(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    form = {"address": "new@example.org", "newsletter": str(readership.newsletter_id), **MARK}
    for _ in range(2):
        answer = desk.post("/desk/readers/add", **form)
        assert (answer.status_code, answer.location) == (302, "/desk/readers")
    with open_transaction() as session:
        sign_up = session.scalars(select(SignUp).where(SignUp.address == "new@example.org")).one()
        assert session.scalars(select(AuditEntry.subject)).all() == [f"sign-up:{sign_up.id}"] * 2
        assert session.scalar(select(func.count()).where(Subscriber.address == "new@example.org")) == 0
        handle_sign_up(session, sign_up.id)
        reader_id = session.scalars(select(Subscriber.id).where(Subscriber.address == "new@example.org")).one()
    assert published_jobs.of(Job.HANDLE_SIGN_UP) == [(sign_up.id,)]
    page = desk.read(f"/desk/readers/{reader_id}")
    assert "Not confirmed yet" in page
    assert "Pat Publisher entered a sign-up, asked in person" in page


def test_whom_nobody_knows_can_be_added_from_the_search(desk: Desk, readership: Readership) -> None:
    assert readership
    page = desk.read("/desk/readers?search=new@example.org")
    assert 'href="/desk/readers/add?address=new@example.org"' in page
    assert 'value="new@example.org"' in desk.read("/desk/readers/add?address=new@example.org")


def test_an_address_with_something_around_it_is_offered_without_and_writes_no_letter_yet(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    form = {"address": "New Reader <new@example.org>", "newsletter": str(readership.newsletter_id), **MARK}
    answer = desk.post("/desk/readers/add", **form)
    assert answer.status_code == 422
    assert "without a name and without" in words_of(answer)
    assert "Only the address itself is left here." in words_of(answer)
    assert 'value="new@example.org"' in words_of(answer)
    with open_transaction() as session:
        assert session.scalars(select(SignUp).where(SignUp.address == "new@example.org")).all() == []


BAD = [
    ({"address": "no address"}, "An e-mail address"),
    ({"newsletter": ""}, "Please choose a newsletter."),
    ({"way": ""}, "How the wish came must be one of"),
    ({"address": STOPPED}, "Lift that first"),
    ({"address": COMPLAINED}, "Only the person can change that"),
    ({"mark": "somebody-else’s"}, "Please load the page again."),
]


@pytest.mark.parametrize(("wrong", "sentence"), BAD)
def test_a_form_that_will_not_do_comes_back_with_all_that_was_typed(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction, wrong: dict[str, str], sentence: str
) -> None:
    form = {"address": "new@example.org", "newsletter": str(readership.newsletter_id), **MARK, **wrong}
    answer = desk.post("/desk/readers/add", **form)
    assert answer.status_code in {409, 422}
    assert sentence in words_of(answer)
    assert f'value="{form["address"]}"' in words_of(answer)
    with open_transaction() as session:
        assert session.scalars(select(AuditEntry)).all() == []
