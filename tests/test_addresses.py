"""What one address may look like, which spellings are one person, and that the envelope is what was stored."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import addresses
from service.addresses import BadAddress, Fault, parse_address
from service.errors import BadInput
from service.mail.headers import recipient_header

# As typed, as mailed, and the person's key.
ACCEPTED = [
    ("jane@example.org", "jane@example.org", "jane@example.org"),
    (" Jane.Doe@Example.ORG ", "Jane.Doe@example.org", "jane.doe@example.org"),
    ("jane+news@example.org", "jane+news@example.org", "jane+news@example.org"),
    ("jane_doe-1@mail.example.co.uk", "jane_doe-1@mail.example.co.uk", "jane_doe-1@mail.example.co.uk"),
    ("o'hara@example.org", "o'hara@example.org", "o'hara@example.org"),
    ("'a@x.org", "'a@x.org", "'a@x.org"),
    ("=1+1@x.org", "=1+1@x.org", "=1+1@x.org"),
    ("-a@x.org", "-a@x.org", "-a@x.org"),
    ("a&b@x.org", "a&b@x.org", "a&b@x.org"),
    ("{a}|b~`c^$#*/?@x.org", "{a}|b~`c^$#*/?@x.org", "{a}|b~`c^$#*/?@x.org"),
    ("jane@straße.de", "jane@xn--strae-oqa.de", "jane@xn--strae-oqa.de"),
    ("jane@STRASSE.de", "jane@strasse.de", "jane@strasse.de"),
    ("jane@пример.рф", "jane@xn--e1afmkfd.xn--p1ai", "jane@xn--e1afmkfd.xn--p1ai"),
    ("jane@XN--E1AFMKFD.XN--P1AI", "jane@xn--e1afmkfd.xn--p1ai", "jane@xn--e1afmkfd.xn--p1ai"),
    ("jane@例え.jp", "jane@xn--r8jz45g.jp", "jane@xn--r8jz45g.jp"),
    ("jane@bücher。de", "jane@xn--bcher-kva.de", "jane@xn--bcher-kva.de"),
    ("jane@ｅxample.org", "jane@example.org", "jane@example.org"),
    ("x" * 64 + "@example.org", "x" * 64 + "@example.org", "x" * 64 + "@example.org"),
    ("a@" + "b" * 63 + ".org", "a@" + "b" * 63 + ".org", "a@" + "b" * 63 + ".org"),
    ("a@1.2.3.example", "a@1.2.3.example", "a@1.2.3.example"),
    ("jane@example.org\r\n", "jane@example.org", "jane@example.org"),
    ("jane@exa\u0338mple.org", "jane@xn--example-gte.org", "jane@xn--example-gte.org"),
    # Look-alikes: Cyrillic "раураl", one Cyrillic letter among Latin ones, Greek omicron, Latin alpha.
    ("a@раураl.com", "a@xn--l-7sba6dbr.com", "a@xn--l-7sba6dbr.com"),
    ("a@pаypal.com", "a@xn--pypal-4ve.com", "a@xn--pypal-4ve.com"),
    ("a@gοogle.com", "a@xn--gogle-rce.com", "a@xn--gogle-rce.com"),
    ("a@pɑypal.com", "a@xn--pypal-0jc.com", "a@xn--pypal-0jc.com"),
]

# What is refused, and a word of the sentence that says why.
REFUSED = [
    ("", "write an e-mail address"),
    ("   ", "write an e-mail address"),
    ("jane", "exactly one @"),
    ("jane@", "not an e-mail address"),
    ("@example.org", "not an e-mail address"),
    ("a@b@example.org", "exactly one @"),
    ("<a@x.org>b@y.org", "exactly one @"),
    ("a@x.org,b@y.org", "one address only"),
    ("a@x.org;b@y.org", "one address only"),
    ("Jane <jane@x.org>", "without a name"),
    ("<jane@x.org>", "without a name"),
    ("a,b@x.org", "not an e-mail address"),
    ("a;b@x.org", "not an e-mail address"),
    ("a:b@x.org", "not an e-mail address"),
    ("a\\b@x.org", "not an e-mail address"),
    ('"jane doe"@example.org', "no spaces"),
    ('"a"@x.org', "quotes"),
    ('"a@b"@x.org', "exactly one @"),
    ('a"b"@x.org', "quotes"),
    ("jane(x)@example.org", "comments"),
    ("jane@(x)example.org", "comments"),
    ("=?utf-8?q?collab=40evil.org=2c?=foo@example.org", "encoded words"),
    ("=?utf-8?b?YUB4Lm9yZw==?=@x.org", "encoded words"),
    ("a%b@x.org", "route"),
    ("victim%example.org@relay.org", "route"),
    ("host!user@x.org", "route"),
    ("@relay.org:a@x.org", "exactly one @"),
    ("jane@[127.0.0.1]", "IP address"),
    ("jane@[IPv6:::1]", "IP address"),
    ("jane@127.0.0.1", "not an e-mail address"),
    ("jane@localhost", "not an e-mail address"),
    ("jane@printer.local", "not an e-mail address"),
    ("jane@x.TEST", "not an e-mail address"),
    ("jane@x.onion", "not an e-mail address"),
    ("jane@example", "not an e-mail address"),
    ("jane@example..org", "not an e-mail address"),
    ("jane@.example.org", "not an e-mail address"),
    ("jane@example.org.", "without the signs"),
    ("jane@-example.org", "not an e-mail address"),
    ("jane@exa_mple.org", "not an e-mail address"),
    ("jane@xn--a", "not an e-mail address"),
    (".jane@x.org", "not an e-mail address"),
    ("jane.@x.org", "not an e-mail address"),
    ("ja..ne@x.org", "not an e-mail address"),
    ("x" * 65 + "@example.org", "not an e-mail address"),
    ("a@" + "b" * 64 + ".org", "not an e-mail address"),
    ("jane@" + "a" * 250 + ".org", "at most 254"),
    ("jane@example.org\r\nBcc: x@y.org", "no spaces or control"),
    ("jane\r\n@example.org", "no spaces or control"),
    ("ja\x00ne@example.org", "no spaces or control"),
    ("ja\x0bne@example.org", "no spaces or control"),
    ("ja\x7fne@example.org", "no spaces or control"),
    ("ja ne@example.org", "no spaces or control"),
    ("ja\u00a0ne@example.org", "no spaces or control"),
    ("ja\u200bne@example.org", "no spaces or control"),
    ("ja\u202ene@example.org", "no spaces or control"),
    ("jane\u2028@example.org", "no spaces or control"),
    ("жанна@example.org", "letters other than a to z"),
    ("é@x.org", "letters other than a to z"),
    ("ａ@x.org", "letters other than a to z"),
    ("jane@💩.org", "not an e-mail address"),
    ("jane＠x.org", "plain @"),
]


@pytest.mark.parametrize(("typed", "mailed", "key"), ACCEPTED)
def test_an_address_has_one_envelope_form_and_one_key(typed: str, mailed: str, key: str) -> None:
    address = parse_address(typed)
    assert (address.mailed, address.key) == (mailed, key)


@pytest.mark.parametrize(("typed", "sentence"), REFUSED)
def test_case_44_what_a_mail_program_could_misread_is_refused_in_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=re.escape(sentence)) as refusal:
        parse_address(typed)
    assert refusal.value.message.endswith(".")


# An address and what stands around it, as people paste it.
AROUND = [
    ("mailto:a@b.org", Fault.MAILTO, "a@b.org"),
    ("MailTo:Jane.Doe@B.org?subject=Hello", Fault.MAILTO, "Jane.Doe@B.org"),
    ("<mailto:a@b.org>", Fault.MAILTO, "a@b.org"),
    ("Jane Doe <a@b.org>", Fault.NAMED, "a@b.org"),
    ('"Doe, Jane" <a@b.org>,', Fault.NAMED, "a@b.org"),
    ("<a@b.org>", Fault.NAMED, "a@b.org"),
    ("Jane\u202e <a@b.org>", Fault.NAMED, "a@b.org"),
    ("a@b.org,", Fault.SIGNS, "a@b.org"),
    ("a@b.org;", Fault.SIGNS, "a@b.org"),
    ("a@b.org.", Fault.SIGNS, "a@b.org"),
    ("(a@b.org)", Fault.SIGNS, "a@b.org"),
    ("'a@b.org'", Fault.SIGNS, "a@b.org"),
    ("“a@b.org”", Fault.SIGNS, "a@b.org"),
    ("«a@пример.рф»", Fault.SIGNS, "a@пример.рф"),
    ("jane＠x.org", Fault.WIDE_AT, "jane@x.org"),
    ("a@b.org, c@d.org", Fault.SEVERAL, ""),
    ("a@b.org c@d.org", Fault.SEVERAL, ""),
    ("a@b.org；c@d.org", Fault.SEVERAL, ""),
]


@pytest.mark.parametrize(("typed", "fault", "offered"), AROUND)
def test_an_address_with_something_around_it_is_refused_and_offered_without(
    typed: str, fault: Fault, offered: str
) -> None:
    with pytest.raises(BadAddress) as refusal:
        parse_address(typed)
    assert (refusal.value.fault, refusal.value.offered) == (fault, offered)
    assert not offered or parse_address(offered).typed == offered


@pytest.mark.parametrize(
    "typed",
    ["a@b.org <c@d.org>", "<a@b.org>c@d.org", "mailto:", "<>", "mailto:a%b@c.org", "a b@c.org", "<" * 2000 + "a@b.org"],
)
def test_what_may_be_somebody_elses_address_is_never_offered(typed: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_address(typed)
    assert not isinstance(refusal.value, BadAddress)


@pytest.mark.parametrize("typed", [typed for typed, _, _ in ACCEPTED])
def test_case_44_the_envelope_equals_what_was_stored_and_is_one_address(typed: str) -> None:
    mailed = parse_address(typed).mailed
    assert mailed.isascii()
    assert not set(parse_address(typed).typed) & set("\\\t\r\n")  # COPY's signs, which an import leaves unescaped
    assert parse_address(mailed).mailed == mailed
    assert recipient_header(mailed) == f"To: {mailed}\r\n".encode()


@pytest.mark.parametrize("typed", [typed for typed, _, _ in ACCEPTED if not typed.isascii()])
def test_case_45_a_look_alike_domain_is_stored_as_punycode(typed: str) -> None:
    address = parse_address(typed)
    domain = address.mailed.rpartition("@")[2]
    assert domain == address.key.rpartition("@")[2]
    assert domain == "example.org" or "xn--" in domain


@pytest.mark.parametrize(
    "spellings",
    [
        ("Jane@Example.org", "jane@example.ORG", "JANE@EXAMPLE.ORG "),
        ("jane@straße.de", "JANE@STRAßE.DE", "jane@xn--strae-oqa.de"),
        ("jane@бухгалтерия.рф", "jane@БУХГАЛТЕРИЯ.РФ"),
    ],
)
def test_two_spellings_are_one_person(spellings: tuple[str, ...]) -> None:
    assert len({parse_address(spelling).key for spelling in spellings}) == 1


@given(
    st.from_regex(r"[a-zA-Z0-9_+'=%.-]{1,12}@([a-zA-Z0-9-]{1,8}\.){0,3}[a-zA-Z0-9-]{1,8}", fullmatch=True)
    | st.from_regex(r"a@x\.(arpa|invalid|local|localhost|onion|test|TEST|tests|org)", fullmatch=True)
)
def test_the_short_way_says_what_the_long_way_says(typed: str) -> None:
    def answer() -> object:
        try:
            return parse_address(typed)
        except BadInput as refusal:
            return refusal.message

    short = answer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "_PLAIN_LONGEST", 0)
        assert short == answer()


@pytest.mark.parametrize(
    "typed",
    ["jane@x.org", "Jane.Doe+news@Mail-1.Example.co.uk", "reader5.1234@mail1234.example.org", "o'neil_2@x-y.io"],
)
def test_the_address_of_nearly_everybody_takes_the_short_way(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(addresses, "validate_email", None)
    assert parse_address(typed).typed == typed
