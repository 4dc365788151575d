"""Which refusals name our host, and which are about a person."""

import pytest

from service.deliveries.host_blocks import names_our_host
from service.mail.events import About, OutcomeKind, outcome_of_reply

OF_OUR_HOST = [
    (554, "5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org; https://check.test/q/1"),
    (554, "5.7.1 <mx.letters.test[192.0.2.7]>: Client host rejected: Access denied"),
    (550, "5.7.1 Our IP policy: your server is on a list of those who are refused"),
    (550, "5.7.1 IP address blacklisted by recipient"),
    (550, "5.7.606 Access denied, banned sending IP [192.0.2.7]"),
    (550, "5.7.649 Go away"),
    (550, "5.7.25 What is your name?"),
    (550, "5.7.1 Connections not accepted. Fix reverse DNS for 192.0.2.7"),
    (550, "192.0.2.7 is blocked here"),
    (554, "Refused. Your mail server has sent too much, blocked for abuse"),
    (550, "Mail from 192.0.2.7 was not taken:\nits network is on our block list"),
    (550, "No PTR record found"),
    (550, "Rejected, see the RBL of example.org"),
]
OF_A_PERSON = [
    (550, "5.1.1 <jane@example.org>: Recipient address rejected: User unknown"),
    (550, "5.1.1 No such user; your IP 192.0.2.7 was logged and blocked"),
    (552, "5.2.2 The mailbox is full; listed by 192.0.2.7"),
    (550, "5.7.1 <jane@example.org>: Recipient address rejected: Access denied"),
    (550, "5.7.1 This person takes mail from colleagues only"),
    (550, "5.7.600 Not for you"),
    (550, "5.7.650 Not for you"),
    (550, "5.7.26 Not signed as its domain asks"),
    (550, "User unknown"),
    (550, "Mailbox disabled by its owner"),
    (550, "Requested action not taken: mailbox unavailable at 192.0.2.9"),
]


@pytest.mark.parametrize(("code", "text"), OF_OUR_HOST)
def test_a_refusal_that_names_the_sending_host_is_known_by_its_code_or_its_words(code: int, text: str) -> None:
    assert names_our_host(outcome_of_reply(code, text, About.RECIPIENT))


@pytest.mark.parametrize(("code", "text"), OF_A_PERSON)
def test_a_refusal_of_a_person_is_none(code: int, text: str) -> None:
    assert not names_our_host(outcome_of_reply(code, text, About.RECIPIENT))


@pytest.mark.parametrize("code", [250, 450])
def test_only_a_refusal_is_one(code: int) -> None:
    outcome = outcome_of_reply(code, OF_OUR_HOST[0][1], About.RECIPIENT)
    assert outcome.kind is not OutcomeKind.REFUSED
    assert not names_our_host(outcome)
