"""Readers of one language in every state, with the links that their mails hold, and a page for each failure."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

from flask import Flask, abort
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db import transaction
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.errors import TooMany, Unavailable
from service.issues.models import Issue, Newsletter
from service.issues.states import ItemKind
from service.languages.sentences import for_readers
from service.subscribers.defence import MOST_PER_NETWORK
from service.subscribers.models import Subscription
from service.subscribers.own_page import sign_own_link
from service.subscribers.signup_models import SignUp, SignUpRules
from service.subscribers.states import SubscriptionState
from service.tokens import Purpose
from service.wiring import Services
from tests.browser.gallery.houses import HOUSES, House
from tests.browser.gallery.sights import Need
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_change, make_question, make_reader, make_sign_up
from tests.web.signing_up import make_mark

ISSUES = 3
ADDRESS = "wilhelmine.von-oberschlesien-hardenberg@wasserwirtschaftsunternehmen.example.org"
NEW_ADDRESS = "konstantin@пример.example.org"
NETWORK = "127.0.0.0/24"  # where the tests' browser comes from
SLUG, SECOND, THIRD = "first", "second", "third"


@dataclass
class Stage:
    """What the paths of the sights name; ``values`` are filled in by ``set_stage``."""

    services: Services
    language: str
    values: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        """Return ``text`` with what it names in braces; a form's mark is a fresh one each time."""
        return text.format_map(self.values | {"mark": make_mark(self.services) if "{mark}" in text else ""})

    def meet(self, need: Need, *, begins: bool) -> None:
        """Let what a sight needs begin, or be over."""
        with transaction(self.services.factory) as session:
            match need:
                case Need.WORK:
                    session.execute(update(SignUpRules).values(asks_for_work=begins))
                case Need.CROWD if begins:
                    for number in range(MOST_PER_NETWORK):
                        make_sign_up(session, f"crowd-{number}@example.org", 1).network = NETWORK
                case Need.CROWD:
                    session.execute(delete(SignUp).where(SignUp.network == NETWORK))
                case Need.LEAVING:
                    state = DeliveryState.SENDING if begins else DeliveryState.QUEUED
                    session.execute(update(Delivery).values(state=state))


def set_stage(services: Services, language: str) -> Stage:
    """Store two newsletters of one language and one of another, and their readers; return the stage."""
    stage = Stage(services, language)
    house = HOUSES[language]
    with transaction(services.factory) as session:
        first = _found(session, SLUG, house, house.name, language)
        second = _found(session, SECOND, house, house.second_name, language)
        other_language = "zh" if language != "zh" else "ru"
        third = _found(session, THIRD, HOUSES[other_language], HOUSES[other_language].name, other_language)
        make_question(session, "city", **{language: house.free_question})
        make_question(session, "profession", *house.choices, **{language: house.question})
        people = _invite(session, first, second, language)
        issues = [_write_issue(session, first, house, number) for number in range(1, ISSUES + 1)]
        draft = _write_issue(session, first, house, ISSUES + 1)
        for issue in issues:
            release_issue(session, issue.id, services.settings.public_url)
        stage.values = _hold(stage, session, people, draft) | {"third_slug": third.slug}
    return stage


def add_failures(app: Flask) -> None:
    """Give the application a page for each failure that a test can't bring about from outside."""

    def too_many() -> NoReturn:
        raise TooMany(for_readers("That was more than one person usually asks for. Please try again tomorrow."))

    def unavailable() -> NoReturn:
        raise Unavailable(for_readers("Our records don’t answer at this moment. Please try again in a minute."))

    def unexpected() -> NoReturn:
        raise ZeroDivisionError("on purpose")

    def too_large() -> NoReturn:
        abort(413)

    for view in (too_many, unavailable, unexpected, too_large):
        app.add_url_rule(f"/problems/{view.__name__}", f"problems.{view.__name__}", view)


@dataclass
class _People:
    reader: Subscription
    late: Subscription
    gone: Subscription
    leaver: Subscription
    resting: Subscription
    sign_ups: dict[str, SignUp]


def _found(session: Session, slug: str, house: House, name: str, language: str) -> Newsletter:
    newsletter = make_newsletter(session, slug, name)
    newsletter.language, newsletter.tagline = language, house.tagline
    newsletter.publisher, newsletter.postal_address = house.publisher, house.postal_address
    return newsletter


def _invite(session: Session, first: Newsletter, second: Newsletter, language: str) -> _People:
    def come(newsletter: Newsletter, address: str, state: SubscriptionState) -> Subscription:
        tie = make_reader(session, newsletter.id, address, HOUSES[language].byline)
        tie.state, tie.subscriber.language = state, language
        return tie

    active, pending = SubscriptionState.ACTIVE, SubscriptionState.PENDING
    reader = come(first, ADDRESS, active)
    asker = come(first, "asker@example.org", pending)
    for tie in (reader, asker):
        session.add(Subscription(subscriber_id=tie.subscriber_id, newsletter_id=second.id, state=tie.state))
    come(first, "pending@example.org", pending)
    people = _People(
        reader=reader,
        late=come(first, "late@example.org", pending),
        gone=come(first, "gone@example.org", SubscriptionState.UNSUBSCRIBED),
        leaver=come(first, "leaver@example.org", active),
        resting=come(first, "resting@example.org", active),
        sign_ups={
            "pending": make_sign_up(session, "pending@example.org", first.id, language=language),
            "pending_both": make_sign_up(session, "asker@example.org", first.id, second.id, language=language),
            "expired": make_sign_up(session, "late@example.org", first.id, language=language),
            "gone": make_sign_up(session, "gone@example.org", first.id, language=language),
        },
    )
    people.sign_ups["expired"].created_at = now() - timedelta(days=40)
    people.resting.paused_until = now() + timedelta(days=40)
    session.flush()
    return people


def _write_issue(session: Session, newsletter: Newsletter, house: House, number: int) -> Issue:
    issue = make_issue(session, newsletter, number, house.title)
    issue.language, issue.preheader = newsletter.language, house.preheader
    for item in issue.items:
        item.language = newsletter.language
        item.title = {ItemKind.BRIEF: house.title, ItemKind.FEATURE: house.feature}.get(item.kind, "")
        item.markdown = house.text
        item.byline = [house.byline] if item.byline else []
    return issue


def _hold(stage: Stage, session: Session, people: _People, draft: Issue) -> dict[str, str]:
    signer = stage.services.signer
    sign = signer.sign
    reader = people.reader.subscriber_id
    change = make_change(session, people.late.subscriber_id, NEW_ADDRESS)
    copy = session.scalars(select(Delivery.id).where(Delivery.subscription_id == people.reader.id)).first()
    assert copy is not None
    asked_at = int(now().timestamp())
    return {
        "language": stage.language,
        "slug": SLUG,
        "second_slug": SECOND,
        "new_address": NEW_ADDRESS,
        "reader_name": HOUSES[stage.language].byline,
        **{who: sign(Purpose.SIGN_UP, sign_up.id) for who, sign_up in people.sign_ups.items()},
        "leave": sign(Purpose.UNSUBSCRIBE, people.reader.id, copy),
        "leave_other": sign(Purpose.UNSUBSCRIBE, people.leaver.id, 0),
        "leave_resting": sign(Purpose.UNSUBSCRIBE, people.resting.id, 0),
        "choices": sign(Purpose.PREFERENCES, reader, copy),
        "choices_none": sign(Purpose.PREFERENCES, people.gone.subscriber_id, 0),
        "own": sign_own_link(signer, reader, ADDRESS, asked_at),
        "own_stale": sign_own_link(signer, reader, ADDRESS, asked_at - 7200),
        "own_other": sign_own_link(signer, people.gone.subscriber_id, "gone@example.org", asked_at),
        "address_old": sign(Purpose.ADDRESS_OLD, change.id),
        "address_new": sign(Purpose.ADDRESS_NEW, change.id),
        "view": sign(Purpose.VIEW, copy),
        "draft": sign(Purpose.PREVIEW, draft.id),
    }
