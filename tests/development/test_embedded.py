"""The servers over a folder: they start for whoever we are, keep what was committed, and say what is wrong."""

import os
import pwd
import signal
import subprocess
import traceback
import warnings
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
import redis

from service.development import postgres_binaries, unprivileged, valkey
from service.development.children import Child
from service.development.embedded import Servers, run_servers
from service.development.postgres import PostgresServer, check_database
from service.development.postgres_binaries import choose_installation
from service.development.running import find_birth
from service.development.unprivileged import find_readable_copy, find_server_account, make_shelf
from service.development.valkey import ValkeyServer, check_broker
from service.errors import Conflict, Unavailable
from tests.waiting import wait_until


def _connect(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_both_servers_answer_and_keep_their_data_over_a_restart(folder: Path) -> None:
    with run_servers(folder) as servers, _connect(servers.database_url) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('да')")
        with redis.Redis.from_url(servers.redis_url) as broker:
            broker.set("kept", "是")

    with run_servers(folder) as servers, _connect(servers.database_url) as connection:
        assert connection.execute("select word from kept").fetchall() == [("да",)]
        with redis.Redis.from_url(servers.redis_url) as broker:
            assert broker.get("kept") == "是".encode()


def test_a_committed_row_survives_the_killing_of_postgres(folder: Path) -> None:
    server = PostgresServer(folder / "postgres")
    child = Child(server.prepare())
    child.wait_until_ready()
    with _connect(server.url) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept select 'row ' || n from generate_series(1, 1000) n")
        helpers = [pid for (pid,) in connection.execute("select pid from pg_stat_activity")]
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait()
    # They end by themselves, soon after; a server that starts before that says that their memory is still in use.
    wait_until(lambda: not any(map(find_birth, helpers)), "the killed server's own processes to end")

    again = PostgresServer(folder / "postgres")
    child = Child(again.prepare())
    try:
        child.wait_until_ready()
        with _connect(again.url) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (1000,)
    finally:
        child.stop()


def test_both_ask_for_a_password(folder: Path) -> None:
    with run_servers(folder, durable=False) as servers:
        with pytest.raises(Unavailable, match="password authentication failed"):
            check_database(servers.database_url.replace("postrider:", "postrider:not"))
        with pytest.raises(Unavailable, match="REDIS_URL: the broker does not answer"):
            check_broker(servers.redis_url.replace("redis://:", "redis://:not"))
        check_database(servers.database_url)
        check_broker(servers.redis_url)


def test_a_second_server_over_the_same_data_is_refused(folder: Path) -> None:
    with run_servers(folder, durable=False), pytest.raises(Conflict, match=r"already running over .* \(process \d+\)"):
        PostgresServer(folder / "postgres").prepare()


def test_letters_fold_their_case_in_every_script_and_sort_by_code_point(servers: Servers) -> None:
    with _connect(servers.database_url) as connection:
        folded = connection.execute("select lower('ÄЖΩ'), upper('é')").fetchone()
        ordered = connection.execute("select w from unnest(array['é', 'b', 'B', 'a', 'ж']) w order by w").fetchall()

    assert folded == ("äжω", "É")
    assert [word for (word,) in ordered] == ["B", "a", "b", "é", "ж"]


def test_data_of_another_major_version_is_left_alone_with_a_way_out(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("9\n")

    with pytest.raises(Conflict) as refusal:
        choose_installation(folder)

    assert "was written by PostgreSQL 9, which PostgreSQL" in refusal.value.message
    assert "pg_dump of PostgreSQL 9" in refusal.value.message
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_an_installed_version_that_fits_the_data_is_chosen(folder: Path) -> None:
    majors = [one.major for one in postgres_binaries.list_installations()]
    (folder / "PG_VERSION").write_text(f"{majors[-1]}\n")

    assert choose_installation(folder).major == majors[-1]


def test_a_machine_without_servers_hears_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "list_installations", lambda: iter(()))
    monkeypatch.setattr(valkey, "find_spec", lambda _: None)
    monkeypatch.setattr(valkey, "which", lambda _: None)

    with pytest.raises(Unavailable, match=r"no PostgreSQL 15 or later .* set DATABASE_URL"):
        PostgresServer(folder / "postgres").prepare()
    with pytest.raises(Unavailable, match=r"no Valkey or Redis .* set REDIS_URL"):
        ValkeyServer(folder / "valkey").prepare()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    server = PostgresServer(folder / "postgres", durable=False)
    program = server.prepare()
    (folder / "postgres" / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    child = Child(program)
    try:
        with pytest.raises(Unavailable, match=r'(?s)postgres ended at once.*"no_such_setting"'):
            child.wait_until_ready()
    finally:
        child.stop()


def _start_and_exit(account: pwd.struct_passwd, folder: Path) -> NoReturn:
    """Become this account, start the servers, and end the process: with 0 if they answered."""
    code = 1
    try:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        with run_servers(folder, durable=False) as servers:
            check_database(servers.database_url)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, pytest must not go on in this process
        traceback.print_exc()
    finally:
        os._exit(code)


if os.geteuid() == 0:  # what only root can set up; for anybody else the tests above are the plain user's

    def test_as_a_plain_user_the_servers_start_with_that_users_rights(folder: Path) -> None:
        plain = pwd.getpwnam("nobody")
        os.chown(folder, plain.pw_uid, plain.pw_gid)
        with warnings.catch_warnings():
            # Python 3.12 warns of threads that a fork loses; the child needs none. A fork and no new process, because
            # a plain user may not be able to read this Python.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _start_and_exit(plain, folder)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

        assert (folder / "postgres" / "data").stat().st_uid == plain.pw_uid
        assert (folder / "valkey").stat().st_uid == plain.pw_uid

    def test_as_root_in_a_closed_checkout_the_servers_start_and_the_folders_stay_closed(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        monkeypatch.setattr(unprivileged, "SHARED", folder)
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)

        with run_servers(closed / "var") as servers, _connect(servers.database_url) as connection:
            connection.execute("create table kept (word text)")
        with run_servers(closed / "var") as servers, _connect(servers.database_url) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (0,)

        assert closed.stat().st_mode & 0o777 == 0o700
        assert not (closed / "var" / "postgres").exists()

    def test_as_root_binaries_in_a_closed_folder_are_copied_with_their_libraries(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        monkeypatch.setattr(unprivileged, "SHARED", folder)
        package = tmp_path / "site-packages" / "server_wheel"
        (package / "pginstall" / "bin").mkdir(parents=True)
        (package / "pginstall" / "bin" / "postgres").write_text("#!/bin/sh\ncat ../../../server_wheel.libs/words\n")
        (package / "pginstall" / "bin" / "postgres").chmod(0o700)
        (tmp_path / "site-packages" / "server_wheel.libs").mkdir()
        (tmp_path / "site-packages" / "server_wheel.libs" / "words").write_text("found")
        account = find_server_account()
        assert account

        copy = find_readable_copy(package / "pginstall", account)

        said = subprocess.run(
            ["./postgres"], cwd=copy / "bin", user=account.uid, group=account.gid, capture_output=True, check=True
        )
        assert said.stdout == b"found"
        assert find_readable_copy(package / "pginstall", account) == copy

    def test_as_root_a_shared_folder_that_somebody_else_made_is_not_trusted(folder: Path) -> None:
        shelf = make_shelf(folder / "shelf")
        os.chown(shelf, 65534, 65534)

        with pytest.raises(Conflict, match="belongs to somebody else"):
            make_shelf(shelf)
