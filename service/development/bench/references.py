"""What a figure of ours is held against: OpenSSL's own signing rate, and Postfix's load generator into the same sink.

Owns how the programs are called and read. Never measures Postrider.
"""

import os
import re
import subprocess
import time
from shutil import which

from service.errors import Unavailable

SIGNING_SECONDS = 3
# Without pipelining one session is four round trips a mail, so more of them at once are the fair reference; few mails
# are enough for the slow one.
SESSIONS = {1: 4_000, 4: 12_000, 16: 12_000}
_RATE = r"(?P<sign>[\d.]+)\s+(?P<verify>[\d.]+)\s*$"
_LINES = {
    "rsa2048": re.compile(rf"^rsa\s+2048 bits\s.*?{_RATE}", re.MULTILINE),
    "ed25519": re.compile(rf"^\s*253 bits EdDSA \(Ed25519\)\s.*?{_RATE}", re.MULTILINE),
}
_PACKAGES = {"openssl": "openssl", "smtp-source": "postfix"}
# Debian keeps Postfix's tools in folders that only root's PATH names.
_FOLDERS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def measure_signatures(kind: str, processes: int) -> float:
    """Return how many signatures of ``kind`` (rsa2048, ed25519) a second OpenSSL makes in so many processes.

    Raises:
        Unavailable: OpenSSL's program is not installed, or says something else than we can read.
    """
    command = ["speed", "-seconds", str(SIGNING_SECONDS), "-multi", str(processes), kind]
    return read_signatures(kind, _run("openssl", *command))


def read_signatures(kind: str, printed: str) -> float:
    """Return the signatures a second in what ``openssl speed`` printed.

    Raises:
        Unavailable: they are not in it.
    """
    found = _LINES[kind].search(printed)
    if not found:
        raise Unavailable(f"openssl speed printed no line for {kind}; it said: {printed[-300:].strip()}")
    return float(found["sign"])


def measure_smtp_source(host: str, port: int, size: int) -> float:
    """Return the mails a second of ``size`` bytes that ``smtp-source`` hands in, the best of 1, 4 and 16 sessions.

    Raises:
        Unavailable: it is not installed, or could not send.
    """
    return max(_time_smtp_source(f"{host}:{port}", size, sessions, mails) for sessions, mails in SESSIONS.items())


def _time_smtp_source(door: str, size: int, sessions: int, mails: int) -> float:
    words = ["-d", "-l", str(size), "-m", str(mails), "-s", str(sessions)]
    begins = time.monotonic()
    _run("smtp-source", *words, "-f", "bench@example.org", "-t", "reader@example.org", door)
    return mails / (time.monotonic() - begins)


def find_program(name: str) -> str:
    """Return where a program that we measure against is.

    Raises:
        Unavailable: it is not installed; the sentence holds the command to type.
    """
    found = which(name, path=_FOLDERS)
    if not found:
        raise Unavailable(
            f"{name} is not installed, and a figure needs it beside it: apt-get install {_PACKAGES[name]}"
        )
    return found


def _run(name: str, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - the program and its words are ours
        [find_program(name), *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"{name} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout + done.stderr
