"""What goes out while senders are killed: an issue, whose policy is to hold, or letters, whose policy is to resend.

Owns how each is made, sent by one process, swept, and read afterwards. Never kills anybody.
"""

import os
from collections.abc import Iterator
from typing import Protocol

from sqlalchemy import cast, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from service.db import transaction
from service.deliveries.letter_marks import free_abandoned_letters
from service.deliveries.letters import list_due_letters
from service.deliveries.models import Delivery
from service.deliveries.planning import add_missing, release_issue
from service.deliveries.recovery import recover_journals
from service.deliveries.starting import start_each_due_issue
from service.deliveries.states import DeliveryState
from service.deliveries.sweep import sweep
from service.development.bench.crowd import add_readers, add_sign_ups
from service.development.bench.specimen import add_specimen, add_specimen_newsletter
from service.development.bench.verdict import Told
from service.development.sample_gifts import add_organisation
from service.errors import Unavailable
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import use_publisher
from service.mail.models import Letter, LetterKind, LetterState
from service.settings import Settings
from service.subscribers.signup_models import SignUp
from service.wiring import Services, wire

_SIZE, _LINKS = 30_000, 10


class Errand(Protocol):
    """One kind of work. ``send`` and ``sweep`` are called in forked processes, the others in the first one."""

    connections: int

    def prepare(self, recipients: int) -> None:
        """Store all that is to be sent."""

    def send(self) -> None:
        """Send what waits, as a worker would when it is nudged."""

    def sweep(self) -> None:
        """Look for what dead senders left, as the tick does."""

    def is_done(self) -> bool:
        """Whether nothing waits any more."""

    def tell(self) -> Iterator[Told]:
        """Return what the rows say of each mail."""


class Hands:
    """The services of whichever process asks, built at its first question: a forked one must not share connections."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing is opened yet."""
        self._settings = settings
        self._by_process: dict[int, Services] = {}

    def get(self) -> Services:
        """Return this process's own services. Nothing that they publish is nudged: the rows alone must do."""
        if os.getpid() not in self._by_process:
            self._by_process[os.getpid()] = wire(self._settings, pool_size=2)
            use_publisher(lambda *_: None)
        return self._by_process[os.getpid()]


class IssueErrand:
    """An issue to all recipients."""

    def __init__(self, hands: Hands, connections: int) -> None:
        """Take whose services to use and how many connections each sender may have."""
        self._hands, self.connections = hands, connections
        self._issue_id = 0

    def prepare(self, recipients: int) -> None:
        """Release it, to start at once."""
        services = self._hands.get()
        base_url = services.settings.public_url
        with transaction(services.factory) as session:
            add_organisation(session)
            newsletter = add_specimen_newsletter(session, "faults")
            add_readers(session, recipients, newsletter)
            issue = add_specimen(session, newsletter, _SIZE, _LINKS, base_url)
            release_issue(session, issue.id, base_url, services.signer)
            add_missing(session, issue)  # a large audience too: nobody here plans in the background
            self._issue_id = issue.id
        start_each_due_issue(services.factory)

    def send(self) -> None:
        """Do what the bulk worker does at its start and at a nudge."""
        services = self._hands.get()
        recover_journals(services.factory, services.settings.journal_dir)
        services.sender.send_waiting(self._issue_id)

    def sweep(self) -> None:
        """Recover the journals of the dead, and sweep."""
        services = self._hands.get()
        recover_journals(services.factory, services.settings.journal_dir)
        with transaction(services.factory) as session:
            sweep(session)

    def is_done(self) -> bool:
        """Whether the issue is sent.

        Raises:
            Unavailable: it paused, which nothing here gives it a reason to.
        """
        with transaction(self._hands.get().factory) as session:
            issue = session.get_one(Issue, self._issue_id)
            if issue.state is IssueState.PAUSED:
                raise Unavailable(f"The issue paused: {issue.pause_reason}")
            return issue.state is IssueState.SENT

    def tell(self) -> Iterator[Told]:
        """Return each copy's state."""
        with transaction(self._hands.get().factory) as session:
            rows = select(Delivery.message_id, Delivery.recipient, Delivery.state)
            for message_id, recipient, state in session.execute(rows.where(Delivery.issue_id == self._issue_id)):
                is_uncertain = state is DeliveryState.UNCERTAIN
                yield Told(message_id or "", recipient, is_sent=state is DeliveryState.SENT, is_uncertain=is_uncertain)


class LettersErrand:
    """A confirmation to each recipient."""

    connections = 1  # a letter at a time

    def __init__(self, hands: Hands) -> None:
        """Take whose services to use."""
        self._hands = hands

    def prepare(self, recipients: int) -> None:
        """Store the letters, as sign-ups would."""
        with transaction(self._hands.get().factory) as session:
            add_organisation(session)
            add_sign_ups(session, recipients, add_specimen_newsletter(session, "faults"))
            about = cast(func.jsonb_build_object("sign_up", SignUp.id), JSONB)
            letters = select(literal(LetterKind.CONFIRM.value), SignUp.mailed_address, about)
            session.execute(insert(Letter).from_select(["kind", "recipient", "about"], letters))

    def send(self) -> None:
        """Deliver the letters that are due, each process in an order of its own."""
        services = self._hands.get()
        with transaction(services.factory) as session:
            due = list_due_letters(session)
        for letter_id in due[:: 1 if os.getpid() % 2 else -1]:
            services.letter_sender.deliver(letter_id)

    def sweep(self) -> None:
        """Free the letters of the dead, and sweep: letters whose lease ran out are due again."""
        services = self._hands.get()
        free_abandoned_letters(services.factory, services.settings.journal_dir)
        with transaction(services.factory) as session:
            sweep(session)

    def is_done(self) -> bool:
        """Whether no letter waits or is on its way."""
        with transaction(self._hands.get().factory) as session:
            waiting = select(Letter.id).where(Letter.state.in_([LetterState.QUEUED, LetterState.SENDING])).limit(1)
            return session.scalar(waiting) is None

    def tell(self) -> Iterator[Told]:
        """Return each letter's state."""
        with transaction(self._hands.get().factory) as session:
            for message_id, recipient, state in session.execute(
                select(Letter.message_id, Letter.recipient, Letter.state)
            ):
                yield Told(message_id or "", recipient, is_sent=state is LetterState.SENT, is_uncertain=False)
