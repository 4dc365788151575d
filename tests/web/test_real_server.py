"""Case 55 at the server that production runs: slow, endless and swollen requests hold nobody up and take no memory."""

import gzip
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from select import select

import pytest

from service.development.children import Child
from service.development.ports import find_free_port
from service.development.programs import make_web
from service.web.arrival import HELD
from service.web.server import ROOM
from tests.waiting import wait_until
from tests.web.knocking import PIECE, ask, find_memory, hear, hear_all, knock, knock_often, make_head, pour, status_of

ANSWERED = "/static/mark.svg"  # asks neither the database nor Redis: a slow machine would be told as their absence
GET = make_head(ANSWERED, method="GET")
FORM = "Content-Type: application/x-www-form-urlencoded"
GIGABYTE = 10**9
SWELLS = 30_000_000  # bytes by which the server may grow beside what it holds: threads, buffers, pages seen first
SLOW = {
    "nothing at all": b"",
    "half a head": make_head("/give")[:-2],
    "half a body": make_head("/give", FORM, "Content-Length: 1000") + b"address=",
    "half a body behind zeros": make_head("/give", FORM, "Content-Length: 000000001000") + b"address=",
    "half a chunk behind zeros": make_head("/give", FORM, "Transfer-Encoding: chunked") + b"0000000ff\r\naddress=",
    "half a chunk": make_head("/give", FORM, "Transfer-Encoding: chunked") + b"ff\r\naddress=",
    "the begin of a gigabyte": make_head("/give", FORM, f"Content-Length: {GIGABYTE}") + b"address=",
    "an answer and no farewell": make_head(ANSWERED, "Connection: close", method="GET"),
}
MANY = 100  # connections; without a common room they would take 400 megabytes
DOORS = ("/give", "/subscribe", "/crossings/subscribe", "/subscribe.json", "/webhooks/stripe", "/unsubscribe/x")


@dataclass(frozen=True)
class Server:
    """A running web server."""

    port: int
    pid: int


def start(stack: ExitStack, environment: dict[str, str], logs: Path, worker_class: str = "") -> Server:
    """Start the web server, with another worker if one is named."""
    port = find_free_port()
    web = make_web(environment, port)
    argv = tuple(worker_class if word.endswith("PatientWorker") and worker_class else word for word in web.argv)
    child = Child(replace(web, argv=argv, log=logs / f"web-{port}.log"))
    stack.callback(child.stop)
    child.wait_until_ready()
    return Server(port, child.pid)


@pytest.fixture(scope="module")
def environment(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the server is told; nothing that these tests send leaves a row."""
    return {
        **os.environ,
        "POSTRIDER_ENV": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a test key of more than thirty-two characters",
        "PUBLIC_URL": "http://letters.test",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "JOURNAL_DIR": str(tmp_path_factory.mktemp("journal")),
        "STRIPE_KEY": "sk_test_0123456789abcdef",  # with a processor the form of gifts is read
        "STRIPE_WEBHOOK_SECRETS": "whsec_0123456789abcdef0123456789abcdef",
    }


@pytest.fixture(scope="module")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server as production starts it."""
    with ExitStack() as stack:
        yield start(stack, environment, tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def hasty_server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, whose patience and room end soon."""
    with ExitStack() as stack:
        yield start(stack, environment, tmp_path_factory.mktemp("web"), "tests.web.hasty.HastyWorker")


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_case_55_forty_slow_clients_hold_nobody_up(server: Server, sent: bytes) -> None:
    with ExitStack() as stack:
        knock_often(stack, server.port, 40, sent)
        assert [ask(server.port, GET) for _ in range(3)] == [200, 200, 200]


def test_case_55_who_is_slow_gets_an_answer_in_the_end(server: Server) -> None:
    whole = make_head("/give", FORM, "Content-Length: 9") + b"address=x"
    with knock(server.port, whole[:20]) as line:
        assert ask(server.port, GET) == 200
        line.sendall(whole[20:-1])
        assert ask(server.port, GET) == 200
        line.sendall(whole[-1:])
        assert status_of(hear(line)) == ask(server.port, whole)


@pytest.mark.parametrize("sent", [SLOW["half a head"], SLOW["half a body"], SLOW["half a chunk"]])
def test_case_55_a_request_that_never_ends_is_told_so(hasty_server: Server, sent: bytes) -> None:
    assert ask(hasty_server.port, sent) == 408


def test_case_55_where_too_many_wait_the_oldest_must_go(hasty_server: Server) -> None:
    with ExitStack() as stack:
        lines = knock_often(stack, hasty_server.port, 100, SLOW["half a body"])
        assert status_of(hear(lines[0])) == 408
        assert ask(hasty_server.port, GET) == 200


def test_case_55_where_they_send_too_much_the_largest_must_go(hasty_server: Server) -> None:
    head = make_head("/give", FORM, f"Content-Length: {HELD - 1000}")
    with ExitStack() as stack:
        lines = knock_often(stack, hasty_server.port, 3, head + b"x" * 3_000_000)
        assert 408 in [status_of(hear(line)) for line in lines]


def test_case_55_a_body_as_large_as_any_that_is_waited_for_arrives_whole(server: Server) -> None:
    head = make_head("/webhooks/stripe", FORM, "Content-Length: 3999800")
    body = b"x" * 3_999_800
    assert len(head + body) < HELD
    with knock(server.port, head, body[:-1]) as line:
        assert ask(server.port, GET) == 200
        line.sendall(body[-1:])
        assert status_of(hear(line)) == 413  # the page's own word


@pytest.mark.parametrize(
    "body", [b"9\r\naddress=x\r\n0\r\n\r\n", b"1\r\na\r\n8;kind=x\r\nddress=x\r\n0\r\nX-Note: x\r\n\r\n"]
)
def test_a_body_in_chunks_says_the_same_as_one_with_a_length(server: Server, body: bytes) -> None:
    plain = make_head("/crossings/subscribe", FORM, "Content-Length: 9", "Connection: close") + b"address=x"
    chunks = make_head("/crossings/subscribe", FORM, "Transfer-Encoding: chunked") + body
    with knock(server.port, chunks + plain) as line:
        heard = hear_all(line)
    assert heard.count(b"HTTP/1.1 404") == 2  # there is no such newsletter: both were read, and nothing was left over


def test_a_client_that_asks_to_continue_may_go_on_at_once(server: Server) -> None:
    head = make_head("/crossings/subscribe", FORM, "Content-Length: 9", "Expect: 100-continue")
    with knock(server.port, head, b"address=x") as line:
        answers = hear(line) + hear(line)
    assert b"HTTP/1.1 404" in answers


def test_a_client_of_the_old_protocol_is_answered_and_hung_up_on(server: Server) -> None:
    with knock(server.port, f"GET {ANSWERED} HTTP/1.0\r\n\r\n".encode()) as line:
        heard = hear_all(line)
    assert (status_of(heard), heard.count(b"HTTP/1.")) == (200, 1)


def test_a_server_that_stops_answers_what_is_on_its_way_and_waits_for_nothing_else(
    environment: dict[str, str], tmp_path: Path
) -> None:
    whole = make_head("/crossings/subscribe", FORM, "Content-Length: 9") + b"address=x"
    with ExitStack() as stack:
        server = start(stack, environment, tmp_path)
        silent = stack.enter_context(knock(server.port))
        line = stack.enter_context(knock(server.port, whole[:-1]))
        assert ask(server.port, GET) == 200  # by now both are known
        os.kill(server.pid, signal.SIGTERM)
        assert hear(silent) == b""
        line.sendall(whole[-1:])
        assert status_of(hear(line)) == 404


def test_several_requests_on_one_line_are_answered_in_turn(server: Server) -> None:
    with knock(server.port, GET, GET[:9]) as line:
        assert status_of(hear(line)) == 200
        line.sendall(GET[9:] + GET)
        line.sendall(make_head("/nowhere", "Connection: close", method="GET"))
        heard = hear_all(line)
    assert (heard.count(b"HTTP/1.1 200"), heard.count(b"HTTP/1.1 404")) == (2, 1)


@pytest.mark.parametrize("path", DOORS)
def test_case_55_a_gigabyte_that_is_announced_is_refused_unread(server: Server, path: str) -> None:
    before = find_memory(server.pid)
    status, _ = pour(server.port, make_head(path, FORM, f"Content-Length: {GIGABYTE}"), PIECE, GIGABYTE // 5)
    assert status in {400, 404, 413, 422}
    assert find_memory(server.pid) < before + SWELLS


@pytest.mark.parametrize("path", DOORS)
def test_case_55_a_gigabyte_in_chunks_is_refused_after_some_megabytes(server: Server, path: str) -> None:
    before = find_memory(server.pid)
    chunk = b"10000\r\n" + PIECE + b"\r\n"
    status, _ = pour(server.port, make_head(path, FORM, "Transfer-Encoding: chunked"), chunk, GIGABYTE // 5)
    assert status in {400, 404, 413, 422}
    assert find_memory(server.pid) < before + SWELLS


def test_case_55_what_is_swollen_is_not_blown_up(server: Server) -> None:
    before = find_memory(server.pid)
    bomb = gzip.compress(b"x" * 90_000_000)
    fields = (FORM, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
    assert [ask(server.port, make_head(path, *fields), bomb) for path in ("/give", "/subscribe")] != [200, 200]
    assert find_memory(server.pid) < before + SWELLS


def test_case_55_all_that_wait_share_one_room(server: Server) -> None:
    before = find_memory(server.pid)
    head = make_head("/give", FORM, f"Content-Length: {HELD - 1000}")
    with ExitStack() as stack:
        lines = list(knock_often(stack, server.port, MANY, head))
        for line in lines:
            with suppress(ConnectionError):  # who has sent most may be gone already
                line.sendall(bytes(HELD - 2000))
        # Most of it is in the kernel's hands yet; who was refused for the others' sake hears so.
        wait_until(lambda: len(select(lines, [], [], 0)[0]) >= MANY - ROOM // HELD, "all but those who have room to go")
        assert ask(server.port, GET) == 200
        # What grows leaves holes behind, at worst as large as itself.
        assert find_memory(server.pid) < before + 2 * ROOM + SWELLS < before + MANY * HELD
