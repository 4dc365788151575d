"""``postrider doors``: what sign-ups have to bring."""

from service.errors import BadInput
from tests.cli.conftest import Run


def test_what_stands_is_shown_and_what_is_told_is_changed(run: Run) -> None:
    assert run("doors").output == ("throw-away addresses: taken\nproof of work: under attack only\nattack mode: off\n")
    changed = run("doors", "--refuse-disposable", "--ask-for-work", "--attack", "90").output
    assert changed.startswith("throw-away addresses: sent back\nproof of work: always\nattack mode: until ")
    assert run("doors").output == changed
    assert run("doors", "--take-disposable", "--no-work", "--attack", "0").output.endswith("attack mode: off\n")


def test_an_attack_of_months_is_refused(run: Run) -> None:
    assert isinstance(run("doors", "--attack", "100000").exception, BadInput)
