"""`postrider bench send` and `bench faults` on tiny runs of the real thing: what programs read from them, exactly."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import postrider
from service.development.bench import faults, references

KEYS = ["messages_per_second", "reference", "reference_per_second", "ratio", "cpu_us", "peak_mb"]


def _run(*words: str) -> Result:
    return CliRunner().invoke(postrider, ["bench", *words], catch_exceptions=False)


@pytest.fixture
def quick_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Postfix's load generator is not on every machine that runs the tests: one that only waits stands for it."""
    stand_in = tmp_path / "smtp-source"
    stand_in.write_text("#!/bin/sh\nexec sleep 0.1\n")
    stand_in.chmod(0o755)
    # Few mails, so that the ratio has digits enough to be compared.
    monkeypatch.setattr(references, "SESSIONS", {1: 40, 4: 120, 16: 120})
    monkeypatch.setattr(references, "_FOLDERS", str(tmp_path))


@pytest.mark.usefixtures("quick_reference")
def test_an_unsigned_send_prints_its_figures_alone_as_json() -> None:
    result = _run("send", "--recipients", "200", "--json")

    figures = json.loads(result.stdout)
    assert list(figures) == KEYS
    assert list(figures["cpu_us"]) == ["personalise", "sign", "smtp", "database"]
    assert figures["reference"] == "smtp-source, best of -s 1, 4, 16"
    assert figures["messages_per_second"] > 0
    assert figures["ratio"] == pytest.approx(figures["messages_per_second"] / figures["reference_per_second"], rel=0.1)
    assert figures["peak_mb"] > 10
    assert figures["cpu_us"]["smtp"] > 0
    assert figures["cpu_us"]["sign"] == 0


def test_a_presigned_send_says_how_long_signing_took_and_is_held_against_the_unsigned() -> None:
    result = _run("send", "--recipients", "100", "--sign", "ed25519", "--presigned", "--processes", "1")

    told, *_, last = result.stdout.splitlines()
    figures = json.loads(last)
    assert told.startswith("100 signatures made ahead in ")
    assert figures["reference"] == "the same unsigned"
    assert figures["cpu_us"]["sign"] == 0


@pytest.fixture
def slow_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sink takes eight times as long as the kills should: on a busy machine these come late."""
    pace = faults._pace  # noqa: SLF001 - what it says is to be multiplied
    monkeypatch.setattr(faults, "_pace", lambda order, errand: 8 * pace(order, errand))


@pytest.mark.usefixtures("slow_sink")
@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_faults_end_without_a_person_and_print_what_they_did(policy: str) -> None:
    result = _run("faults", "--kills", "3", "--recipients", "200", "--policy", policy, "--seed", "7", "--json")

    figures = json.loads(result.stdout)
    assert list(figures) == ["lost", "duplicated", "uncertain", "seconds", "seed"]
    assert (figures["lost"], figures["seed"]) == (0, 7)
    if policy == "hold":
        assert figures["duplicated"] == 0
        assert figures["uncertain"] <= 3 * 8


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--presigned"], "--presigned needs --sign"),
        (["--sink", "mail.example.org:25"], "must be 127.0.0.1:PORT"),
        (["--sign", "rsa512"], "'rsa512' is not one of"),
    ],
)
def test_a_command_that_can_not_be_is_refused_in_a_sentence(words: list[str], sentence: str) -> None:
    result = _run("send", *words)

    assert result.exit_code == 2
    assert sentence in result.stderr
