"""Single letters between outbox and relay: resent when in doubt, given back when the process stops, never lost."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import func, text, update

from service.adapters.smtp import SmtpRelay
from service.adapters.smtp.session import SmtpSession
from service.alarms.models import Alarm
from service.clock import now
from service.deliveries import letters
from service.deliveries.guard import Guard
from service.deliveries.kept import KeptSessions, Lent
from service.deliveries.letters import ATTEMPTS, CRASHES_BEFORE_ASIDE, LetterSender, list_due_letters
from service.errors import Conflict
from service.jobs import Job, use_publisher
from service.mail.events import Outcome
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import post_letter
from service.mail.transport import Witness
from service.mail.verp import Errand, MailKind, Returned
from service.routes.buckets import DatabaseLimiter
from service.routes.choosing import Routes
from service.routes.limiter import SharedLimiter
from service.routes.models import Pace
from service.settings import DkimKey, Settings, parse_routes
from service.wiring import Services, wire
from tests.factories.publication import make_issue, make_newsletter
from tests.faults.relay import LoggingRelay, run_relay
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.fixtures.smtp import SmtpSink
from tests.waiting import wait_until

READER = "pat@example.org"
LOST = {"receipt": 4711}


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[LoggingRelay]:
    """A relay that can hold its answers and hang up."""
    with run_relay(tmp_path / "relay") as server:
        yield server


class CountedRelay(SmtpRelay):
    """Counts how often a session was opened."""

    opened = 0

    def open(self, witness: Witness | None = None, connections: int | None = None) -> SmtpSession:
        """Open one more."""
        CountedRelay.opened += 1
        return super().open(witness, connections)


@pytest.fixture
def through(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], LetterSender]]:
    """Makes a letter sender over the relays at these addresses."""
    monkeypatch.setattr(CountedRelay, "opened", 0)
    made = []

    def make(urls: str) -> LetterSender:
        relays = [(route, CountedRelay(route, "letters.test")) for route in parse_routes(urls)]
        limiter = DatabaseLimiter(services.factory)
        routes = Routes(relays, services.factory, SharedLimiter(limiter, limiter))
        parts = (services.composers, services.guard, "letters.test", services.settings.journal_dir)
        made.append(LetterSender(services.factory, routes, *parts))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


@pytest.fixture
def letter_id(open_transaction: OpenTransaction) -> int:
    """A letter that waits to be delivered."""
    return _post(open_transaction, READER)


def _post(open_transaction: OpenTransaction, recipient: str) -> int:
    with open_transaction() as session:
        slug = recipient.partition("@")[0]
        issue_id = make_issue(session, make_newsletter(session, slug)).id
        return post_letter(session, LetterKind.TEST, recipient, {"issue": issue_id}).id


def _read(open_transaction: OpenTransaction, letter_id: int) -> Letter:
    with open_transaction() as session:
        return session.get_one(Letter, letter_id)


def _is_waiting(letter: Letter) -> bool:
    return letter.state is LetterState.QUEUED and letter.next_attempt_at > now()


def test_a_letter_without_an_answer_is_sent_again_at_once_and_says_why(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int,
    published_jobs: PublishedJobs,
) -> None:  # fmt: skip
    smtp_sink.cut_after_data()
    services.letter_sender.deliver(letter_id)
    doubtful = _read(open_transaction, letter_id)
    assert (doubtful.state, doubtful.attempts, bool(doubtful.reply_text)) == (LetterState.QUEUED, 1, True)
    assert published_jobs.of(Job.DELIVER_LETTER) == [(letter_id,)]
    services.letter_sender.deliver(letter_id)
    assert smtp_sink.recipients == [READER, READER]  # twice is better than never
    assert _read(open_transaction, letter_id).state is LetterState.SENT


def test_after_a_second_silence_a_letter_waits_for_an_ill_relay_must_not_send_it_a_dozen_times(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int
) -> None:
    smtp_sink.cut_after_data(times=2)
    for _ in range(3):
        services.letter_sender.deliver(letter_id)
    assert len(smtp_sink.recipients) == 2
    assert _is_waiting(_read(open_transaction, letter_id))


def test_letters_share_a_connection_and_one_that_died_in_between_costs_no_attempt(
    through: Callable[[str], LetterSender], relay: LoggingRelay, open_transaction: OpenTransaction
) -> None:
    sender = through(relay.url)
    ids = [_post(open_transaction, f"reader-{number}@example.org") for number in range(3)]
    sender.deliver(ids[0])
    sender.deliver(ids[1])
    assert CountedRelay.opened == 1
    relay.hang_up()
    sender.deliver(ids[2])
    letters_sent = [_read(open_transaction, one) for one in ids]
    assert [(one.state, one.attempts) for one in letters_sent] == [(LetterState.SENT, 1)] * 3


def test_a_relay_that_dies_under_a_kept_connection_is_replaced_by_the_spare_within_the_same_attempt(
    through: Callable[[str], LetterSender], tmp_path: Path, smtp_sink: SmtpSink, open_transaction: OpenTransaction
) -> None:
    with run_relay(tmp_path / "dying") as dying:
        sender = through(f"main={dying.url} spare={smtp_sink.url}?weight=0")
        sender.deliver(_post(open_transaction, READER))
        assert len(dying.accepted) == 1
    letter_id = _post(open_transaction, "sam@example.org")
    sender.deliver(letter_id)
    assert smtp_sink.recipients == ["sam@example.org"]
    assert _read(open_transaction, letter_id).attempts == 1


def test_an_idle_connection_is_left_after_half_a_minute(services: Services) -> None:
    seconds = [0.0]
    kept = KeptSessions(services.routes, clock=lambda: seconds[0])
    first = kept.lend(READER)
    kept.take_back(first)
    seconds[0] = 29.0
    again = kept.lend(READER)
    assert again.session is first.session
    kept.take_back(again)
    seconds[0] = 60.0
    other = kept.lend(READER)
    assert other.session is not first.session
    assert not first.session.is_open
    kept.take_back(other)
    kept.close_idle(longest=0)
    assert not other.session.is_open


def test_no_relay_is_no_attempt_and_the_letter_says_so(
    through: Callable[[str], LetterSender], open_transaction: OpenTransaction, letter_id: int
) -> None:
    through("smtp://127.0.0.1:1").deliver(letter_id)
    letter = _read(open_transaction, letter_id)
    assert _is_waiting(letter)
    assert (letter.attempts, letter.fence) == (0, 0)
    assert (letter.reply_text or "").startswith("No relay takes mail now")


def test_a_route_that_rests_is_no_attempt(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int
) -> None:
    with open_transaction() as session:
        session.add(Pace(route="main", domain="", quiet_until=now() + timedelta(minutes=5), reason="421"))
    services.letter_sender.deliver(letter_id)
    assert smtp_sink.recipients == []
    letter = _read(open_transaction, letter_id)
    assert (_is_waiting(letter), letter.attempts) == (True, 0)


def test_what_a_relay_says_to_a_letter_is_learnt_for_all_mail(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    learnt: list[tuple[str, str, int | None]] = []

    def learn(_: Routes, route: str, answers: list[tuple[str, Outcome]]) -> None:
        learnt.extend((route, recipient, outcome.code) for recipient, outcome in answers)

    monkeypatch.setattr(Routes, "learn", learn)
    smtp_sink.refuse(READER, "450 4.7.1 Slower please")
    services.letter_sender.deliver(letter_id)
    assert learnt == [("main", READER, 450)]
    assert _is_waiting(_read(open_transaction, letter_id))


def test_a_process_that_stops_gives_a_letter_back_that_has_not_begun_to_leave(
    through: Callable[[str], LetterSender], relay: LoggingRelay, open_transaction: OpenTransaction, letter_id: int,
    published_jobs: PublishedJobs,
) -> None:  # fmt: skip
    relay.hold_go_ahead()
    through(relay.url).deliver(letter_id, should_stop=lambda: True)
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.attempts, letter.lease_until) == (LetterState.QUEUED, 0, None)
    assert letter.next_attempt_at <= now()
    assert published_jobs.of(Job.DELIVER_LETTER) == [(letter_id,)]
    assert relay.accepted == []


def test_a_process_that_stops_waits_for_the_answer_to_a_letter_that_is_out(
    through: Callable[[str], LetterSender], relay: LoggingRelay, open_transaction: OpenTransaction, letter_id: int
) -> None:
    relay.hold_answers()
    asked = threading.Event()

    def should_stop() -> bool:
        asked.set()
        return True

    sending = threading.Thread(target=through(relay.url).deliver, args=(letter_id, should_stop))
    sending.start()
    relay.wait_until_holding()
    wait_until(asked.is_set, "the sender to ask whether to stop")
    relay.give_answers()
    sending.join()
    assert _read(open_transaction, letter_id).state is LetterState.SENT
    assert len(relay.accepted) == 1


@pytest.mark.parametrize(
    ("hold", "may_go_at_once"), [(LoggingRelay.hold_go_ahead, False), (LoggingRelay.hold_answers, True)]
)
def test_case_29_a_relay_that_never_comes_to_an_end_holds_a_letter_only_until_its_deadline(
    through: Callable[[str], LetterSender], relay: LoggingRelay, open_transaction: OpenTransaction, letter_id: int,
    monkeypatch: pytest.MonkeyPatch, hold: Callable[[LoggingRelay], None], may_go_at_once: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(letters, "monotonic", lambda: monotonic() + (letters.DEADLINE if relay.held else 0.0))
    hold(relay)
    through(relay.url).deliver(letter_id)
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.attempts) == (LetterState.QUEUED, 1)
    assert (letter.next_attempt_at <= now()) is may_go_at_once
    assert "the relay" in (letter.reply_text or "")


def test_case_29_a_letter_that_its_relay_holds_does_not_delay_another(
    through: Callable[[str], LetterSender], relay: LoggingRelay, open_transaction: OpenTransaction, letter_id: int
) -> None:
    other_id = _post(open_transaction, "sam@example.org")
    relay.hold_answers()
    slow = through(relay.url)
    waiting = threading.Thread(target=slow.deliver, args=(letter_id,))
    waiting.start()
    relay.wait_until_holding()
    other = threading.Thread(target=slow.deliver, args=(other_id,))
    other.start()
    relay.wait_until_holding(connections=2)
    assert [mail.recipient for mail in relay.accepted] == [READER, "sam@example.org"]
    relay.give_answers()
    for thread in (waiting, other):
        thread.join()


def test_a_relay_that_refuses_us_blames_no_reader(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int
) -> None:
    smtp_sink.refuse_data("550 5.7.1 Your mail looks like an advertisement")
    services.letter_sender.deliver(letter_id)
    assert _is_waiting(_read(open_transaction, letter_id))


def test_a_letter_is_given_up_after_its_last_attempt(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int
) -> None:
    smtp_sink.refuse(READER, "450 4.2.1 Not now")
    with open_transaction() as session:
        session.execute(update(Letter).values(attempts=ATTEMPTS - 1))
    services.letter_sender.deliver(letter_id)
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.reply_code) == (LetterState.FAILED, 450)


def test_a_letter_that_is_refused_for_good_is_looked_at_for_a_paper_and_one_that_waits_is_not(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    told: list[int] = []
    monkeypatch.setattr(letters, "tell_of_undelivered", lambda _, letter: told.append(letter.id))
    smtp_sink.refuse(READER, "450 4.2.1 Not now")
    services.letter_sender.deliver(letter_id)
    assert told == []
    smtp_sink.refuse(READER, "550 5.1.1 No such user")
    with open_transaction() as session:
        session.execute(update(Letter).values(next_attempt_at=func.now()))
    services.letter_sender.deliver(letter_id)
    assert told == [letter_id]


def test_letters_that_are_due_are_found_oldest_first(open_transaction: OpenTransaction) -> None:
    ids = [_post(open_transaction, f"reader-{number}@example.org") for number in range(3)]
    with open_transaction() as session:
        session.execute(update(Letter).where(Letter.id == ids[0]).values(attempts=1))  # its row lies behind the others
    with open_transaction() as session:
        for way in ("indexscan", "bitmapscan"):  # which would bring them in order by chance
            session.execute(text(f"set local enable_{way} = off"))
        assert list_due_letters(session, limit=2) == ids[:2]


def test_a_letter_that_can_not_be_written_is_in_nobody_s_hands(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        letter_id = post_letter(session, LetterKind.TEST, READER, {"issue": 4711}).id
    services.letter_sender.deliver(letter_id)
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.lease_until) == (LetterState.FAILED, None)


def test_case_11_a_letter_that_kills_its_sender_is_set_aside_and_staff_hear_of_a_paper(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        letter_id = post_letter(session, LetterKind.RECEIPT, READER, LOST).id
        session.execute(
            update(Letter).values(
                state=LetterState.SENDING,
                crashes=CRASHES_BEFORE_ASIDE - 1,
                lease_until=func.now() - timedelta(seconds=1),
            )
        )
    services.letter_sender.deliver(letter_id)
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.reply_text) == (LetterState.FAILED, "Set aside: its sender died 3 times.")
    with open_transaction() as session:
        assert session.query(Alarm).one().key == f"letter:{letter_id}"


def test_a_sender_that_comes_back_too_late_records_nothing(
    through: Callable[[str], LetterSender], relay: LoggingRelay, open_transaction: OpenTransaction, letter_id: int
) -> None:
    relay.hold_answers()
    sender = through(relay.url)
    late = threading.Thread(target=sender.deliver, args=(letter_id,))
    late.start()
    relay.wait_until_holding()
    with open_transaction() as session:
        session.execute(update(Letter).values(fence=Letter.fence + 1, reply_text="another's"))
    relay.give_answers()
    late.join()
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.reply_text) == (LetterState.SENDING, "another's")


def test_a_copy_of_the_database_sends_no_letter(
    services: Services, smtp_sink: SmtpSink, open_transaction: OpenTransaction, letter_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(_: Guard) -> None:
        raise Conflict("This is a copy.")

    monkeypatch.setattr(Guard, "refuse_foreign", refuse)
    services.letter_sender.deliver(letter_id)
    assert smtp_sink.recipients == []
    letter = _read(open_transaction, letter_id)
    assert (letter.state, letter.attempts) == (LetterState.QUEUED, 0)


def test_a_session_that_can_take_no_more_is_not_kept(services: Services) -> None:
    kept = KeptSessions(services.routes)
    lent = kept.lend(READER)
    lent.session.close()
    kept.take_back(lent)
    other = kept.lend(READER)
    assert other.session is not lent.session
    kept.take_back(replace(other, is_used=False))
    again: Lent = kept.lend(READER)
    assert again.is_used
    again.session.close()


def test_a_letter_is_signed_and_its_bounces_say_whose_they_are(
    settings: Settings, open_transaction: OpenTransaction, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    key, file = ed25519.Ed25519PrivateKey.generate(), tmp_path / "dkim.pem"
    file.touch(0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signing = replace(settings, dkim_keys=(DkimKey("pat.test", "one", file),), return_domain="bounces.test")
    services = wire(signing)
    use_publisher(PublishedJobs())
    letter_id = _post(open_transaction, READER)
    services.letter_sender.deliver(letter_id)
    services.close()
    (mail,) = smtp_sink.messages
    assert "d=pat.test" in dict(mail.headers)["DKIM-Signature"]
    returned = services.composers.returns.read(mail.envelope.sender)
    assert returned == Returned(Errand.BOUNCE, MailKind.LETTER, letter_id)
