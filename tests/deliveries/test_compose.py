"""One reader's copy: whose it is, where it goes, and that it is the same bytes at every attempt."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.addresses import parse_address
from service.deliveries.claiming import Claim
from service.deliveries.compose import Composer, Links
from service.deliveries.planning import release_issue
from service.errors import BadInput, NotFound
from service.issues.models import Edition, Issue
from service.mail.dkim import DkimKeys
from service.mail.dkim_keys import SigningKey
from service.mail.verp import Errand, MailKind, Returned, ReturnPaths
from service.tokens import Purpose, TokenSigner
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.mail.golden_mails import (
    CYRILLIC,
    LINKS,
    MOMENT,
    RETURNS,
    SIGNER,
    make_claim,
    make_composer,
    make_sealed,
    make_template,
)
from tests.mail.keys import DOMAIN, ED25519, RSA, make_rsa_key, verify

COMPOSER = make_composer(keys=DkimKeys())  # unsigned, as most tests here look at other bytes
LONGEST = "a" * 64


def _parts(content: bytes) -> str:
    """Return the text and the HTML of a mail, decoded."""
    parts = message_from_bytes(content, policy=policy.default).iter_parts()
    return "\n".join(part.get_content() for part in parts)


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("jane@example.org", b"jane@example.org"),
        ("  jane@example.org\t", b"jane@example.org"),
        ("Jane.Doe@Example.ORG", b"Jane.Doe@example.org"),
        ("JANE@EXAMPLE.ORG", b"JANE@example.org"),
        ("jane+news@example.org", b"jane+news@example.org"),
        ("o'brien@example.org", b"o'brien@example.org"),
        ("a_b-c@example.org", b"a_b-c@example.org"),
        ("j#$&'*+/?^`{|}~@example.org", b"j#$&'*+/?^`{|}~@example.org"),
        (f"{LONGEST}@example.org", f"{LONGEST}@example.org".encode()),
        ("jane@münchen.example", b"jane@xn--mnchen-3ya.example"),
        ("jane@xn--mnchen-3ya.example", b"jane@xn--mnchen-3ya.example"),
        ("jane@straße.de", b"jane@xn--strae-oqa.de"),
        ("jane@MÜNCHEN.example", b"jane@xn--mnchen-3ya.example"),
        ("info@例え.jp", b"info@xn--r8jz45g.jp"),
        ("jane@пример.рф", b"jane@xn--e1afmkfd.xn--p1ai"),
        ("jane@EXAMPLE。org", b"jane@example.org"),
        ("jane@sub.例え.jp", b"jane@sub.xn--r8jz45g.jp"),
    ],
)
def test_an_address_as_typed_goes_to_these_envelope_bytes_and_this_to_header(typed: str, mailed: bytes) -> None:
    mail = COMPOSER.compose(make_claim(recipient=parse_address(typed).mailed))
    assert mail.recipient.encode() == mailed
    assert re.findall(rb"\r\nTo: (.*)\r\n", mail.content) == [mailed]


@pytest.mark.parametrize("recipient", ["почта@xn--e1afmkfd.xn--p1ai", "用户@example.org", "josé@example.org"])
def test_a_local_part_in_another_script_stands_as_it_is_and_only_in_to(recipient: str) -> None:
    mail = make_composer().compose(make_claim(recipient=recipient))
    assert mail.recipient == recipient
    assert re.findall(rb"\r\nTo: (.*)\r\n", mail.content) == [recipient.encode()]
    assert mail.content.replace(recipient.encode(), b"").isascii()
    assert verify(mail.content) == [True, True]


@pytest.mark.parametrize(
    "recipient", ["jane@example.org\r\nBcc: x@y.test", "jane", "a b@example.org", "a,b@example.org"]
)
def test_an_address_that_is_none_costs_nobody_else_a_copy(recipient: str) -> None:
    with pytest.raises(BadInput, match="can't stand in a mail header"):
        COMPOSER.compose(make_claim(recipient=recipient))
    with pytest.raises(BadInput, match="can't stand in a mail header"):
        COMPOSER.sign_ahead(make_claim(recipient=recipient))
    assert COMPOSER.compose(make_claim()).content


def test_case_39_a_copy_holds_its_own_name_token_and_links_and_nobody_elses() -> None:
    chance = random.Random(39)  # noqa: S311 - which readers are compared is no secret
    composer = make_composer(make_template(CYRILLIC * 3), keys=DkimKeys())
    readers = [
        replace(make_claim(number, f"reader-{number}@example.org", f"Name{number}x"), subscription_id=number + 5000)
        for number in range(1, 301)
    ]
    copies = [(claim, _marks(claim.delivery_id, claim.subscription_id), _read(composer, claim)) for claim in readers]
    for _ in range(1000):
        (one, own, text), (other, foreign, _) = chance.sample(copies, 2)
        assert all(mark in text for mark in (f"Name{one.delivery_id}x", one.recipient, *own))
        assert not any(mark in text for mark in (f"Name{other.delivery_id}x", other.recipient, *foreign))


def _marks(delivery_id: int, subscription_id: int) -> list[str]:
    links = LINKS.for_copy(12, delivery_id, subscription_id, None)
    bounce, leave = RETURNS.both_of(MailKind.DELIVERY, delivery_id)
    urls = [links.unsubscribe_url, links.view_url, f"{links.click_url_prefix}1", links.pixel_url or ""]
    return [*urls, bounce, leave, f"<issue-12.copy-{delivery_id}@letters.crossings.test>"]


def _read(composer: Composer, claim: Claim) -> str:
    """Return all that a copy shows or carries: envelope, headers, and both parts decoded."""
    mail = composer.compose(claim)
    head = mail.content.partition(b"\r\n\r\n")[0].decode()
    return f"{mail.sender}\n{mail.recipient}\n{head}\n{_parts(mail.content)}"


def test_a_copy_is_the_same_bytes_at_every_attempt_and_in_every_process() -> None:
    claim = make_claim()
    first = make_composer().compose(claim)
    assert make_composer().compose(replace(claim, fence=9, attempts=3)) == first
    assert re.findall(rb"\r\nDate: (.*)\r\n", first.content) == [b"Thu, 29 Feb 2024 06:30:00 +0000"]
    assert f"\r\nMessage-ID: <{COMPOSER.message_id(claim)}>\r\n".encode() in first.content
    assert first.key == claim.delivery_id


def test_bounces_come_back_to_the_copy_itself() -> None:
    mail = COMPOSER.compose(make_claim(77))
    assert RETURNS.read(mail.sender) == Returned(Errand.BOUNCE, MailKind.DELIVERY, 77)
    mailto = re.findall(rb"<mailto:([^>]+)>", mail.content)
    assert [RETURNS.read(address.decode()) for address in mailto] == [
        Returned(Errand.UNSUBSCRIBE, MailKind.DELIVERY, 77)
    ]


def test_without_a_return_domain_bounces_go_to_the_sender_and_only_the_link_unsubscribes() -> None:
    mail = make_composer(returns=ReturnPaths(SIGNER)).compose(make_claim())
    assert mail.sender == f"letter@{DOMAIN}"
    assert b"mailto:u-" not in mail.content
    assert re.search(rb"\r\nList-Unsubscribe: <https://[^<>,\s]+>\r\n\r\n", mail.content)
    assert verify(mail.content) == [True, True]


def test_who_is_thanked_gets_the_thanks() -> None:
    asks, thanks = make_template(greeting="Please give."), make_template(greeting="Thank you.")
    composer = make_composer(replace(asks, thanks=thanks.asks))
    assert "Please give." in _parts(composer.compose(make_claim()).content)
    assert "Thank you." in _parts(composer.compose(replace(make_claim(), is_thanked=True)).content)


def test_a_mail_is_stuffed_already_and_ends_with_a_line_end() -> None:
    content = COMPOSER.compose(make_claim(name=".\r\n.\r\n")).content
    assert b"\r\n." not in content
    assert content.endswith(b"--\r\n")


SEALED = make_sealed()
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.mark.parametrize(
    "make_other",
    [
        lambda: make_composer(make_template(greeting="Dear {{name|reader}},")),
        lambda: make_composer(replace(make_template(), thanks=make_template("Thanks. ").asks)),
        lambda: make_composer(sealed=SEALED._replace(dated_at=MOMENT + timedelta(seconds=1))),
        lambda: make_composer(sealed=SEALED._replace(message_host="other.test")),
        lambda: make_composer(sealed=SEALED._replace(subject="Another subject")),
        lambda: make_composer(sealed=SEALED._replace(list_name="Another name")),
        lambda: make_composer(sealed=SEALED._replace(reply_address=f"other@{DOMAIN}")),
        lambda: make_composer(keys=DkimKeys([RSA])),
        lambda: make_composer(keys=DkimKeys([make_rsa_key(selector="r2"), ED25519])),
        lambda: make_composer(keys=DkimKeys()),
        lambda: make_composer(keys=DkimKeys([RSA, SigningKey(DOMAIN, "e1", OTHER_KEY)])),
        lambda: make_composer(returns=ReturnPaths(SIGNER, "other.test")),
        lambda: make_composer(returns=ReturnPaths(SIGNER)),
        lambda: make_composer(links=Links(SIGNER, "https://other.test")),
        lambda: make_composer(
            links=Links(TokenSigner(("another key of more than thirty-two characters",)), LINKS.public_url)
        ),
    ],
    ids=[
        *("fallback", "thanks", "date", "host", "subject", "list name", "reply address", "one key less", "selector"),
        *("no keys", "another key", "return domain", "no return domain", "public url", "secret key"),
    ],
)
def test_whatever_a_copys_bytes_depend_on_signatures_are_made_under_it(make_other: Callable[[], Composer]) -> None:
    assert make_other().made_under != make_composer().made_under


def test_signatures_that_another_version_would_write_otherwise_are_made_under_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = make_composer().made_under
    monkeypatch.setattr("service.mail.dkim._LINE", 60)
    assert make_composer().made_under != before


def test_the_same_facts_in_another_process_are_made_under_the_same_name() -> None:
    assert make_composer(keys=DkimKeys([ED25519, RSA])).made_under == make_composer().made_under
    assert re.fullmatch(r"[0-9a-f]{32}", make_composer().made_under)


def test_where_nobody_signs_there_is_nothing_to_make_ahead() -> None:
    assert (make_composer().signs, COMPOSER.signs) == (True, False)
    assert COMPOSER.sign_ahead(make_claim()) == b""
    assert COMPOSER.compose(make_claim(), b"").content.startswith(b"Date: ")


class _Sums:
    """Stands where the bench's meter would."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []

    def add(self, section: str, seconds: float) -> None:
        self.told.append((section, seconds))


def test_a_meter_is_told_of_signing_and_that_it_was_no_personalising() -> None:
    composer, sums = make_composer(), _Sums()
    composer.meter = sums
    stored = composer.sign_ahead(make_claim())
    composer.compose(make_claim(), stored)
    (section, spent), other = sums.told
    assert (section, spent > 0, other) == ("sign", True, ("personalise", -spent))
    composer.compose(make_claim())
    assert len(sums.told) == 4


def test_every_link_of_a_copy_is_its_own() -> None:
    values = LINKS.for_copy(12, 345, 945, None)
    for purpose, url, ids in (
        (Purpose.UNSUBSCRIBE, values.unsubscribe_url, (945, 345)),
        (Purpose.VIEW, values.view_url, (345,)),
        (Purpose.TRACK, values.click_url_prefix.removesuffix("/"), (12, 345)),
        (Purpose.TRACK, (values.pixel_url or "").removesuffix(".gif"), (12, 345)),
    ):
        assert SIGNER.read(purpose, url.rpartition("/")[2]) == ids


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A released issue with two readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 2)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id


def test_a_sealed_issue_is_composed_from_its_edition(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        composer = services.composers.load(session, issue_id)
    mail = composer.compose(replace(make_claim(), issue_id=issue_id))
    head = mail.content.partition(b"\r\n\r\n")[0]
    assert b"\r\nFrom: Crossings <letter@crossings.test>\r\n" in head
    assert b"\r\nReply-To: editor@crossings.test\r\n" in head
    assert b"\r\nList-ID: Crossings <crossings.letters.test>\r\n" in head
    assert f"issue-{issue_id}.copy-345@letters.test>".encode() in head
    assert "Dear Jane Doe," in _parts(mail.content)


def test_a_composer_is_kept_until_what_it_was_made_of_changes(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        kept = services.composers.load(session, issue_id)
        assert services.composers.load(session, issue_id) is kept
        session.get_one(Issue, issue_id).newsletter.name = "Renamed"
        session.flush()
        assert services.composers.load(session, issue_id) is kept  # what was sealed stays as it was
        session.get_one(Edition, issue_id).subject = "Another subject"
        session.flush()
        assert services.composers.load(session, issue_id).made_under != kept.made_under


def test_an_issue_that_is_not_sealed_is_not_composed(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        issue = make_issue(session, make_newsletter(session))
        with pytest.raises(NotFound, match="not sealed"):
            services.composers.load(session, issue.id)
