"""PostgreSQL as a child process on a free loopback port, with its data in a folder of ours.

Owns the cluster's making and the server's flags. Never asks for anything beyond PostgreSQL 15 without extensions.

Whoever can reach the port must know a password (scram-sha-256), because any local account can reach a loopback port. A
socket in a closed folder would do as well, but its path may have 103 bytes at most on macOS, and checkouts lie deep.
"""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from signal import SIGINT
from types import MappingProxyType

import psycopg

from service.development.children import Program
from service.development.ports import find_free_port
from service.development.postgres_binaries import OLDEST_MAJOR, Installation, choose_installation
from service.development.unprivileged import Account, find_readable_copy, find_server_account, find_server_folder
from service.errors import Conflict, Unavailable

USER = "postrider"
DATABASE = "postrider"
# Nothing of the person's own PG… settings; macOS's postgres does not start without a locale.
_ENVIRONMENT: Mapping[str, str] = MappingProxyType({"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"})
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """One server over one folder: ``prepare`` makes the data and says what to start, ``url`` is where it listens."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """Take the folder to keep the data in; ``durable=False`` trades a power cut's safety for speed (tests)."""
        self._wanted = folder
        self._durable = durable
        self.port = find_free_port()
        self._password = ""

    @property
    def url(self) -> str:
        """The address of the server's one database, in SQLAlchemy's form."""
        return f"postgresql+psycopg://{USER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> Program:
        """Make the cluster if there is none yet, and return the program that serves it.

        Raises:
            Unavailable: no PostgreSQL here, or it could not make a cluster.
            Conflict: the data is of another major version, is served already, or is not ours.
        """
        account = find_server_account()
        folder = find_server_folder(self._wanted, account)
        data = folder / "data"
        installation = choose_installation(data)
        binaries = find_readable_copy(installation.folder, account) / "bin"
        password_file = folder / "password"
        if not data.exists():
            _write_password(password_file, account)
            _make_cluster(binaries, installation, data, password_file, account)
        _refuse_served(data)
        self._password = password_file.read_text().strip()
        return Program(
            name="postgres",
            argv=(str(binaries / "postgres"), "-D", str(data), *self._flags()),
            environment=_ENVIRONMENT,
            is_ready=self._answers,
            # A fast shutdown: open connections end, committed data is kept (PostgreSQL manual, 18.5).
            stop_signal=SIGINT,
            stop_within=timedelta(seconds=20),
            death_signal=SIGINT,
            account=account,
            log=self._wanted.parent / "postgres.log",
        )

    def _flags(self) -> list[str]:
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "log_timezone=UTC"]
        if not self._durable:
            settings += _FORGETFUL
        return ["-p", str(self.port), *(word for setting in settings for word in ("-c", setting))]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url.replace("+psycopg", "", 1), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def check_database(url: str) -> None:
    """Do nothing if this PostgreSQL answers and is one that we can use.

    Raises:
        Unavailable: it does not answer, or is too old; the sentence holds no password.
    """
    plain = url.replace("+psycopg", "", 1)
    try:
        with psycopg.connect(plain, connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as problem:
        raise Unavailable(f"DATABASE_URL: the database does not answer: {str(problem).strip()}") from None
    if version < OLDEST_MAJOR:
        raise Unavailable(f"DATABASE_URL: this is PostgreSQL {version}; Postrider needs {OLDEST_MAJOR} or later.")


def _write_password(path: Path, account: Account | None) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(24))
    if account:
        os.chown(path, account.uid, account.gid)


def _make_cluster(
    binaries: Path, installation: Installation, data: Path, password_file: Path, account: Account | None
) -> None:
    """Make the cluster and its database aside, then put it in place: a half-made one is never started."""
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    initdb = [binaries / "initdb", "-D", unfinished, "-U", USER, f"--pwfile={password_file}", "--auth=scram-sha-256"]
    _run([*map(str, initdb), "--encoding=UTF8", "--no-sync", *_locale_flags(installation.major)], account)
    single = [binaries / "postgres", "--single", "-D", unfinished, "postgres"]
    _run([str(word) for word in single], account, f"CREATE DATABASE {DATABASE};\n")
    unfinished.rename(data)


def _locale_flags(major: int) -> list[str]:
    """Sort by code point, fold case in every script: the same on all machines, with no help from their locales."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--lc-collate=C", f"--lc-ctype={'en_US.UTF-8' if sys.platform == 'darwin' else 'C.UTF-8'}"]


def _run(argv: list[str], account: Account | None, words: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - argv is built here
        argv,
        env=dict(_ENVIRONMENT),
        cwd="/",
        input=words,
        text=True,
        capture_output=True,
        check=False,
        start_new_session=True,  # the terminal's Ctrl-C is for us; we stop between steps
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise Unavailable(f"PostgreSQL could not make its data folder ({Path(argv[0]).name}): {said}")


def _refuse_served(data: Path) -> None:
    """Say so if a server is already at work over this data: two would need two folders."""
    lock = data / "postmaster.pid"
    if not lock.is_file():
        return
    pid = int(lock.read_text().split("\n", 1)[0])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return  # it was killed; the next start recovers
    except PermissionError:
        pass
    raise Conflict(f"PostgreSQL is already running over {data} (process {pid}); stop that program first.")
