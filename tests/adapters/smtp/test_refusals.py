"""A session with a live relay that says no: to a connection, to a reader, to a mail; and that the others go on."""

import threading

import pytest

from service.adapters.smtp import Patience
from service.mail.events import About, OutcomeKind
from service.mail.transport import RelayAway
from tests.adapters.smtp.fakerelay import DEFAULTS, Answer, FakeRelay, Talk, run_relay
from tests.adapters.smtp.sending import LONG, finish, go_on_until, in_short, mail, relay_at, send

ACCEPTED = (OutcomeKind.ACCEPTED, 250, About.MAIL)


@pytest.mark.parametrize("where", ["greeting", "EHLO"])
def test_case_23_a_421_at_connect_says_that_the_relay_is_away(where: str) -> None:
    with run_relay(**{where: b"421 4.3.2 come back later\r\n"}) as relay, pytest.raises(RelayAway) as away:
        relay_at(relay).open()
    assert in_short(away.value.outcome) == (OutcomeKind.DEFERRED, 421, About.RELAY)
    assert away.value.message == "The mail relay main can't be used now (421 4.3.2 come back later)."


def test_case_23_a_421_for_one_more_connection_leaves_the_others_at_work() -> None:
    first = threading.Event()

    def take(talk: Talk) -> None:
        first.wait(LONG)
        talk.say(DEFAULTS["text"])

    busy: list[Answer] = [DEFAULTS["greeting"], *[b"421 4.7.0 too many connections\r\n"] * 3]
    with run_relay(greeting=busy, text=take) as relay:
        # With a rest that outlasts the test: after it, one more would be asked for.
        session = relay_at(relay, connections=4, patience=Patience(goodbye=LONG, rest=LONG * 10)).open()
        for key in range(20):
            session.take(mail(key))
        assert go_on_until(session, lambda: len(relay.talks) == 4, "three more connections") == []
        first.set()
        told = finish(session)
        session.close()
    assert len(told) == 20
    assert len(relay.talks) == 4


@pytest.mark.parametrize("where", ["MAIL", "RCPT", "DATA"])
def test_case_23_a_421_to_one_mail_is_its_own_and_the_others_go_on_over_a_new_connection(where: str) -> None:
    script: dict[str, Answer | list[Answer]] = {where: [b"421 4.7.0 slow down\r\n"]}
    with FakeRelay(script) as relay:
        session = relay_at(relay, connections=2).open()
        told = send(session, [mail(key) for key in range(10)])
        session.close()
    outcomes = [in_short(outcome) for outcome in told.values()]
    assert outcomes.count((OutcomeKind.DEFERRED, 421, About.RELAY)) == 1
    assert outcomes.count(ACCEPTED) == 9


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "451 4.7.1 greylisted", "452 4.2.2 full"])
def test_case_24_a_recipient_that_is_put_off_is_deferred_in_the_relays_words(reply: str) -> None:
    with run_relay(RCPT=[f"{reply}\r\n".encode()]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1), mail(2)])
        session.close()
    assert in_short(told[1]) == (OutcomeKind.DEFERRED, int(reply[:3]), About.RECIPIENT)
    assert told[1].text == reply[4:]
    assert in_short(told[2]) == ACCEPTED


@pytest.mark.parametrize(("reply", "is_policy"), [("550 5.1.1 user unknown", False), ("550 5.7.1 policy", True)])
def test_case_25_a_recipient_that_is_refused_and_a_policy_can_be_told_apart(reply: str, is_policy: bool) -> None:
    with run_relay(RCPT=[f"{reply}\r\n".encode()]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1), mail(2)])
        session.close()
    assert in_short(told[1]) == (OutcomeKind.REFUSED, 550, About.RECIPIENT)
    assert told[1].is_policy is is_policy
    assert in_short(told[2]) == ACCEPTED
    assert [taken.recipients for taken in relay.mails] == [["reader2@example.test"]]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("250 2.0.0 ok", OutcomeKind.ACCEPTED),
        ("251 2.1.5 forwarded", OutcomeKind.ACCEPTED),
        ("451 4.3.0 later", OutcomeKind.DEFERRED),
        ("552 5.3.4 too big", OutcomeKind.REFUSED),
    ],
)
def test_case_26_after_the_dot_the_answer_decides(reply: str, kind: OutcomeKind) -> None:
    with run_relay(text=[f"{reply}\r\n".encode()]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1), mail(2)])
        session.close()
    assert in_short(told[1]) == (kind, int(reply[:3]), About.MAIL)
    assert in_short(told[2]) == ACCEPTED
