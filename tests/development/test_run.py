"""`postrider run` as it is: from an empty folder to a service that works, and back to nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from service.development.attach import start_servers_for_command
from service.development.inbox import count_mails
from service.development.ports import find_free_port
from service.development.postgres import check_database
from service.development.running import find_birth, find_running
from service.settings import ROOT

RUN = """
import os, sys
from pathlib import Path
from service.development.console import Console
from service.development.launch import run_service
run_service(os.environ, int(sys.argv[1]), Console(sys.stdout), Path(sys.argv[2]))
"""
NAMED = ("POSTRIDER_ENV", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY", "PUBLIC_URL", "INBOX_DIR")
PATIENCE = 180


def test_one_command_brings_everything_up_and_one_ctrl_c_takes_it_down(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMED:
        monkeypatch.delenv(name, raising=False)
    port = find_free_port()
    argv = [sys.executable, "-c", RUN, str(port), str(folder)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    with process.stdout:
        try:
            said = _read_until(process, "Ctrl-C stops everything.")

            assert f"http://localhost:{port}/dev/inbox" in said
            sign_in = json.loads((folder / "staff-sign-in.json").read_text())
            assert f"sign in as {sign_in['address']} with {sign_in['password']}" in said
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
                assert answer.status == 200
            running = find_running(folder)
            assert running
            with start_servers_for_command(folder):
                check_database(os.environ["DATABASE_URL"])
            _wait_for_sample_mails(folder / "inbox")
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
    assert (process.wait(PATIENCE), rest.splitlines()[-1]) == (0, "Stopped.")
    assert [pid for pid in running.children if find_birth(pid)] == []
    assert not (folder / "running.json").exists()


def _read_until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended without saying {words!r}:\n{said}")


def _wait_for_sample_mails(inbox: Path) -> None:
    """Fail unless the sample's first issue lands in the inbox: sent by a worker, over SMTP, to the catcher."""
    deadline = time.monotonic() + PATIENCE
    while count_mails(inbox) < 2:
        assert time.monotonic() < deadline, "the workers sent nothing"
        time.sleep(0.1)
