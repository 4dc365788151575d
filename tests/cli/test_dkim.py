"""``postrider dkim``: a key made and shown on the command line is the one that signs."""

import re
from pathlib import Path

import pytest

from service.errors import BadInput
from service.mail.dkim import DkimKeys
from service.settings.sending import parse_dkim_keys
from tests.cli.conftest import Run
from tests.mail.golden_mails import MOMENT
from tests.mail.keys import ED25519, RSA
from tests.mail.test_dkim import PLAIN


def _record(printed: str) -> str:
    return "".join(re.findall(r'"([^"]*)"', printed))


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_what_new_prints_is_what_to_publish_and_what_to_set(run: Run, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key.pem"
    made = run("dkim", "new", "Crossings.test", "s1", "--kind", kind, "--output", str(file))
    assert made.exit_code == 0
    assert "s1._domainkey.crossings.test. IN TXT " in made.output
    setting = re.search(r"DKIM_KEYS=(.+)", made.output)
    assert setting
    keys = DkimKeys.load(parse_dkim_keys(setting[1]))
    assert [key.record for key in keys.keys] == [_record(made.output)]
    assert file.read_text() not in made.output
    assert keys.sign("letter@crossings.test", PLAIN, MOMENT) != PLAIN


def test_show_says_which_keys_sign(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the relay must sign" in run("dkim", "show").output
    for selector in ("s2", "s1"):
        run("dkim", "new", "crossings.test", selector, "--output", str(tmp_path / selector))
    listed = " ".join(f"{selector}@crossings.test={tmp_path / selector}" for selector in ("s2", "s1"))
    monkeypatch.setenv("DKIM_KEYS", listed)
    shown = run("dkim", "show").output
    assert "crossings.test: s2 (rsa) signs\n" in shown
    assert "crossings.test: s1 (rsa) is only still published\n" in shown
    assert shown.count("v=DKIM1; k=rsa; p=") == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["crossings.test", "s 1"], "SELECTOR: letters, digits and hyphens"),
        (["crossings.test", "s_1"], "SELECTOR: letters, digits and hyphens"),
        (["crossings", "s1"], "DOMAIN: the domain after the @"),
        (["letter@crossings.test", "s1"], "DOMAIN: the domain after the @"),
        (["cröss.test", "s1"], "DOMAIN: the domain after the @"),
        (["crossings.test.", "s1"], "DOMAIN: the domain after the @"),
    ],
)
def test_what_could_not_be_published_is_refused(run: Run, tmp_path: Path, words: list[str], sentence: str) -> None:
    refused = run("dkim", "new", *words, "--output", str(tmp_path / "key.pem"))
    assert isinstance(refused.exception, BadInput)
    assert sentence in str(refused.exception)
    assert list(tmp_path.glob("*.pem")) == []


def test_a_path_that_could_not_be_set_is_refused_before_a_key_is_made(run: Run, tmp_path: Path) -> None:
    refused = run("dkim", "new", "crossings.test", "s1", "--output", str(tmp_path / "my key.pem"))
    assert "can't have one in it" in str(refused.exception)
    assert list(tmp_path.glob("*.pem")) == []


def test_the_records_of_both_kinds_differ() -> None:
    assert RSA.record.startswith("v=DKIM1; k=rsa; p=MIIB")
    assert ED25519.record.startswith("v=DKIM1; k=ed25519; p=")
