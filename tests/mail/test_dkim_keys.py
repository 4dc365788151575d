"""Keys on disk: made so that only their owner reads them, and refused in a sentence where they can't sign."""

from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from service.errors import BadInput
from service.mail.dkim import DkimKeys
from service.mail.dkim_keys import KINDS, KeyKind, load_keys, make_key, split_record
from service.settings import BadSettings, DkimKey
from tests.mail.golden_mails import MOMENT
from tests.mail.keys import ED25519, RSA, verify
from tests.mail.test_dkim import PLAIN


def _store(file: Path, key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> bytes:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    file.write_bytes(pem)
    return pem


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_key_signs_once_it_is_configured(kind: KeyKind, tmp_path: Path) -> None:
    made = make_key(kind, "Crossings.test", "s1", tmp_path / "key.pem")
    keys = DkimKeys.load([DkimKey("crossings.test", "s1", tmp_path / "key.pem")])
    assert [key.record for key in keys.keys] == [made.record]
    assert verify(keys.sign("letter@crossings.test", PLAIN, MOMENT), made) == [True]


def test_a_new_key_is_for_its_owners_eyes_and_overwrites_nothing(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    make_key("ed25519", "crossings.test", "s1", file)
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(BadInput, match="is there already; a key is never overwritten"):
        make_key("ed25519", "crossings.test", "s1", file)
    assert file.read_bytes() == before
    with pytest.raises(BadInput, match="can't be written: No such file or directory"):
        make_key("ed25519", "crossings.test", "s1", tmp_path / "nowhere" / "key.pem")


def test_each_file_that_can_not_sign_gets_its_sentence_and_none_is_quoted(tmp_path: Path) -> None:
    _store(tmp_path / "short", generate_private_key(65537, 1024))  # noqa: S505 - that is what is refused
    _store(tmp_path / "ec", generate_ec(SECP256R1()))
    pem = _store(tmp_path / "locked", RSA.private, BestAvailableEncryption(b"secret"))
    (tmp_path / "torn").write_bytes(pem[:300])
    (tmp_path / "words").write_text("my secret words")
    names = ["short", "ec", "locked", "torn", "words", "gone"]
    with pytest.raises(BadSettings) as refused:
        load_keys([DkimKey("crossings.test", name, tmp_path / name) for name in names])
    assert str(refused.value).splitlines() == [
        "DKIM_KEYS: the key of short@crossings.test has 1024 bits; 2048 are the least that receivers trust.",
        "DKIM_KEYS: the key of ec@crossings.test is neither RSA nor Ed25519.",
        "DKIM_KEYS: the key of locked@crossings.test is locked by a password; "
        "store it without one, readable by its owner alone.",
        "DKIM_KEYS: the key of torn@crossings.test is no private key in PEM form.",
        "DKIM_KEYS: the key of words@crossings.test is no private key in PEM form.",
        "DKIM_KEYS: the key of gone@crossings.test can't be read: No such file or directory.",
    ]


def test_a_record_is_what_receivers_look_for() -> None:
    assert RSA.host == "r1._domainkey.crossings.test"
    version, kind, public = RSA.record.split("; ")
    assert (version, kind) == ("v=DKIM1", "k=rsa")
    read = load_der_public_key(b64decode(public.removeprefix("p=")))
    assert read.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) == RSA.private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    public = ED25519.record.removeprefix("v=DKIM1; k=ed25519; p=")
    assert len(b64decode(public)) == 32  # RFC 8463 section 4.2: the raw key


def test_a_record_is_split_into_strings_that_a_zone_can_hold() -> None:
    strings = split_record(RSA.record).removeprefix('"').removesuffix('"').split('" "')
    assert len(strings) == 2
    assert max(map(len, strings)) == 255
    assert "".join(strings) == RSA.record
