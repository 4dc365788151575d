"""Storing a sign-up: one form is one row, and nothing about the address is looked up."""

import pytest
from sqlalchemy import func, select

from service.errors import BadInput
from service.jobs import Job
from service.subscribers.models import Subscriber
from service.subscribers.signup import NothingChosen, SpentForm, store_sign_up
from service.subscribers.signup_models import SignUp
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.subscribers.conftest import JANE
from tests.subscribers.signing_up import make_wish, set_rules, sign_up

OTHER = "other@example.org"
THROW_AWAY = "jane@mailinator.com"


def test_a_sign_up_is_kept_as_it_came_and_a_worker_nudged(
    open_transaction: OpenTransaction, newsletter_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        sign_up(
            session, " Jane@Bücher.example ", [newsletter_id], name=" Jane \n Doe ", source="a\tfooter", language="fr"
        )
    with open_transaction() as session:
        (row,) = session.scalars(select(SignUp))
        assert (row.address, row.mailed_address) == ("Jane@Bücher.example", "Jane@xn--bcher-kva.example")
        assert row.address_key == "jane@xn--bcher-kva.example"
        assert (row.name, row.source, row.language, row.outcome) == ("Jane Doe", "a footer", "fr", None)
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 0
        assert published_jobs.of(Job.HANDLE_SIGN_UP) == [(row.id,)]


def test_an_outsiders_words_are_cut_to_a_bearable_length(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        row = sign_up(session, JANE, [newsletter_id], name="ж" * 9000, source="ж" * 9000)
        assert (len(row.name or ""), len(row.source)) == (100, 100)


def test_the_same_form_sent_again_is_stored_and_nudged_once(
    open_transaction: OpenTransaction, newsletter_id: int, published_jobs: PublishedJobs
) -> None:
    wish = make_wish(JANE, [newsletter_id])
    for address in (JANE, JANE.upper()):
        with open_transaction() as session:
            store_sign_up(session, make_wish(address, [newsletter_id], mark=wish.mark))
    with open_transaction() as session:
        assert len(session.scalars(select(SignUp.id)).all()) == 1
    assert len(published_jobs.of(Job.HANDLE_SIGN_UP)) == 1


def test_case_50_a_mark_is_good_for_one_address_and_one_choice(
    open_transaction: OpenTransaction, newsletter_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        mark = sign_up(session, JANE, [newsletter_id]).mark
    for replayed in (make_wish(OTHER, [newsletter_id], mark=mark), make_wish(JANE, [newsletter_id, 99], mark=mark)):
        with pytest.raises(SpentForm), open_transaction() as session:
            store_sign_up(session, replayed)
    with open_transaction() as session:
        assert session.scalars(select(SignUp.address_key)).all() == [JANE]
    assert len(published_jobs.of(Job.HANDLE_SIGN_UP)) == 1


def test_a_newsletter_that_is_named_twice_is_asked_for_once(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        assert sign_up(session, JANE, [newsletter_id, newsletter_id]).newsletter_ids == [newsletter_id]


def test_who_chooses_nothing_is_told_so(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session, pytest.raises(NothingChosen, match="choose a newsletter"):
        store_sign_up(session, make_wish(JANE, []))


def test_a_bad_address_is_refused_and_nothing_kept(
    open_transaction: OpenTransaction, newsletter_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session, pytest.raises(BadInput, match="exactly one @"):
        store_sign_up(session, make_wish("jane@@example.org", [newsletter_id]))
    assert published_jobs.jobs == []


def test_throw_away_addresses_are_refused_only_where_staff_say_so(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        sign_up(session, THROW_AWAY, [newsletter_id])
        set_rules(session, refuses_disposable=True)
        sign_up(session, JANE, [newsletter_id])
        with pytest.raises(BadInput, match="throw-away"):
            sign_up(session, THROW_AWAY, [newsletter_id])
