"""What OpenSSL prints is read, and a program that is missing is named with the command that installs it."""

from pathlib import Path

import pytest

from service.development.bench import references
from service.development.bench.references import find_program, read_signatures
from service.errors import Unavailable

RSA_3_0 = """Forked child 0
+DTP:2048:private:rsa:3
+R1:10821:2048:3.00
Got: +F2:2:2048:3607.000000:53625.000000 from 1
version: 3.0.19
                  sign    verify    sign/s verify/s
rsa 2048 bits 0.000142s 0.000010s   7039.0 104671.0
"""
RSA_3_5 = """version: 3.5.1
                   sign    verify    encrypt   decrypt   sign/s verify/s
rsa  2048 bits 0.000290s 0.000009s   3450.5 117000.2
"""
EDDSA = """                              sign    verify    sign/s verify/s
 253 bits EdDSA (Ed25519)   0.0000s   0.0000s  52388.0  21851.0
"""


@pytest.mark.parametrize(
    ("kind", "printed", "rate"),
    [("rsa2048", RSA_3_0, 7039.0), ("rsa2048", RSA_3_5, 3450.5), ("ed25519", EDDSA, 52388.0)],
)
def test_the_signatures_a_second_are_read(kind: str, printed: str, rate: float) -> None:
    assert read_signatures(kind, printed) == rate


@pytest.mark.parametrize(("kind", "printed"), [("rsa2048", EDDSA), ("ed25519", RSA_3_0), ("rsa2048", "")])
def test_another_print_is_said_and_not_guessed(kind: str, printed: str) -> None:
    with pytest.raises(Unavailable, match=f"printed no line for {kind}"):
        read_signatures(kind, printed)


@pytest.mark.parametrize(
    ("program", "command"),
    [("openssl", "apt-get install openssl"), ("smtp-source", "apt-get install postfix")],
)
def test_a_missing_program_is_named_with_the_command_to_type(
    program: str, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(references, "_FOLDERS", str(tmp_path))

    with pytest.raises(Unavailable, match=f"^{program} is not installed.*{command}$"):
        find_program(program)
