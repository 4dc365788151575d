"""The application's own processes: how each is started, known to be ready, and stopped. Never starts one."""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from signal import SIGQUIT
from urllib.request import urlopen

from service.development.children import Program
from service.development.ports import LOOPBACK, is_port_answering
from service.settings import ROOT

# The queues of ``service.adapters.celery``, a process for each: an issue going out never stands before a confirmation.
# Threads: a busy prefork worker can hang at a warm stop and then repeats finished tasks (Celery 5.7). One for an issue:
# its work is bound to the processor, so that a second would only take turns with it; another process is another core.
WORKERS = {"post": 8, "bulk": 1}
# A mail that is being sent is finished, not cut: longer than the worker's own timeout for one dialogue.
WORKER_STOPS_WITHIN = timedelta(seconds=40)

_CELERY = ("-m", "celery", "--quiet", "-A", "workers.app")
# Workers neither wait for nor watch each other: the rows say what is done.
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def make_preparation(environment: Mapping[str, str], sign_in_file: Path) -> Program:
    """Migrations and sample data; it ends."""
    return _python("database", ("-m", "service.development.preparation", str(sign_in_file)), environment)


def make_catcher(environment: Mapping[str, str], port: int) -> Program:
    """The mail catcher."""
    arguments = ("-m", "service.development.catcher", "--port", str(port), "--dir", environment["INBOX_DIR"])
    return replace(_python("mail", arguments, environment), is_ready=lambda: is_port_answering(port))


def make_test_stripe(environment: Mapping[str, str], port: int, web_port: int | None, var: Path) -> Program:
    """The test Stripe, which remembers its gifts as the database does; without a ``web_port`` it keeps its events."""
    door = f"http://{LOOPBACK}:{web_port}/webhooks/stripe" if web_port else ""
    told = ("--webhook-url", door, "--webhook-secret", environment["STRIPE_WEBHOOK_SECRETS"])
    kept = ("--state", str(var / "test-stripe.json"), "--methods", "card,us_bank_account")
    arguments = ("-m", "service.development.fakestripe", "--port", str(port), *told, *kept)
    return replace(_python("stripe", arguments, environment), is_ready=lambda: is_port_answering(port))


def make_workers(environment: Mapping[str, str], bulk: int = 1) -> list[Program]:
    """The Celery workers: one process for everything, and ``bulk`` for issues, best as many as there are cores."""
    names = ["bulk", *(f"bulk-{number}" for number in range(2, bulk + 1))]
    return [_make_worker(environment, "post", "post"), *(_make_worker(environment, "bulk", name) for name in names)]


def make_beat(environment: Mapping[str, str], var: Path) -> Program:
    """The one clock that wakes the workers."""
    schedule, made_at = var / "beat-schedule", time.time()
    arguments = (*_CELERY, "beat", "--pidfile=", "-s", str(schedule), "-l", "INFO")
    # Beat says nothing when it is up, but by then it has written its schedule.
    return replace(_python("beat", arguments, environment), is_ready=lambda: _is_written(schedule, made_at))


def make_web(environment: Mapping[str, str], port: int) -> Program:
    """The web server: one process with threads, and our own worker, which waits for slow clients outside these."""
    threads = ("--worker-class", "service.web.server.PatientWorker", "--threads", "8")
    # gunicorn 27 otherwise keeps a control socket in the person's home folder.
    manner = ("--no-control-socket", "--graceful-timeout", "8", "--log-level", "warning")
    arguments = ("-m", "gunicorn", *threads, *manner, "--bind", f"{LOOPBACK}:{port}", "service.web.app:create_app()")
    web = _python("web", arguments, environment)
    # Its quick stop, also when we are killed: a killed master would leave its worker holding the port for a moment.
    return replace(web, is_ready=lambda: _is_page_there(port), death_signal=SIGQUIT)


def _make_worker(environment: Mapping[str, str], queue: str, name: str) -> Program:
    threads = ("-P", "threads", "-c", str(WORKERS[queue]))
    arguments = (*_CELERY, "worker", "-Q", queue, "-n", f"{name}@%h", "-l", "INFO", *threads, *_ALONE)
    worker = _python(name, arguments, environment)
    return replace(worker, ready_line=" ready.", stop_within=WORKER_STOPS_WITHIN)


def _python(name: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Program:
    told = {**environment, "PYTHONUNBUFFERED": "1"}
    if os.geteuid() == 0:  # as in a container: Celery warns of it at length, but here tasks are only our own JSON
        told.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser privileges")
    return Program(name, (sys.executable, *arguments), told, folder=ROOT)


def _is_written(file: Path, since: float) -> bool:
    """Whether a file of this name was written since then; its suffix depends on the system's dbm."""
    for written in file.parent.glob(f"{file.name}*"):
        with suppress(FileNotFoundError):  # dbm.dumb deletes its files and makes them anew
            if written.stat().st_mtime >= since:
                return True
    return False


def _is_page_there(port: int) -> bool:
    try:
        with urlopen(f"http://{LOOPBACK}:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
