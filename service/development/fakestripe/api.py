"""The API over HTTP: a request is authenticated, checked, answered under the lock, and sometimes made to go wrong.

Owns that order and the shape of answers. Never knows a resource.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe
from flask import Blueprint, Response, jsonify, request

from service.development.fakestripe.account import Account, Cause
from service.development.fakestripe.catalogue import ROUTES
from service.development.fakestripe.expanding import expand
from service.development.fakestripe.faults import Fault, Faults, Trouble
from service.development.fakestripe.forms import unfold
from service.development.fakestripe.keys import check_key, check_version
from service.development.fakestripe.paging import cut_page
from service.development.fakestripe.parameters import read_params
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.replays import find_replay, fingerprint, keep_replay
from service.development.fakestripe.route import Params, Route
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.timeline import catch_up

_FAILURES = {
    Trouble.ERROR: (500, "api_error", "Sorry! There was an error while talking to Stripe; a test asked for it."),
    Trouble.BUSY: (429, "invalid_request_error", "Request rate limit exceeded; a test asked for it."),
    Trouble.CONFLICT: (
        409,
        "idempotency_error",
        "There is currently another in-progress request using this idempotency key; a test asked for it.",
    ),
}


@dataclass(frozen=True)
class _Answer:
    status: int
    body: JsonObject
    is_replay: bool = False
    # Whether the request was carried out: only then is its answer kept for its idempotency key.
    has_begun: bool = False


def make_api(account: Account, faults: Faults, after_change: Callable[[], None]) -> Blueprint:
    """Return the API of an account.

    Args:
        account: whose.
        faults: what goes wrong on purpose.
        after_change: called after every request that may have changed something, without the lock.
    """
    api = Blueprint("api", __name__)
    for route in ROUTES:
        view = _make_view(account, faults, after_change, route)
        api.add_url_rule(route.path, f"{route.method} {route.path}".replace(".", ""), view, methods=[route.method])

    @api.route("/v1/<path:path>", methods=["GET", "POST", "DELETE"])
    def answer_unknown(path: str) -> Response:
        """Say that there is no such entrance here."""
        problem = StripeProblem(
            f"Unrecognized request URL ({request.method}: /v1/{path}). This test Stripe does not have it.",
            status=404,
        )
        return _respond(_Answer(problem.status, problem.body), account)

    return api


def _make_view(
    account: Account, faults: Faults, after_change: Callable[[], None], route: Route
) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        fault = faults.take(request.method, request.path)
        if fault and not fault.after_effect:
            return _go_wrong(account, faults, fault)
        answer = _answer(account, route, list(ids.values()))
        if request.method != "GET":
            after_change()
        if fault:
            return _go_wrong(account, faults, fault)
        return _respond(answer, account)

    return view


def _answer(account: Account, route: Route, ids: list[str]) -> _Answer:
    with account.lock:
        account.cause = Cause(account.ids.new("req", 14), request.headers.get("Idempotency-Key"))
        try:
            return _answer_keyed(account, route, ids)
        except StripeProblem as problem:
            return _Answer(problem.status, problem.body)
        finally:
            account.cause = Cause()


def _answer_keyed(account: Account, route: Route, ids: list[str]) -> _Answer:
    check_key(request.headers)
    check_version(request.headers, stripe.api_version)
    catch_up(account)
    form = _read_form()
    key = request.headers.get("Idempotency-Key") if route.method == "POST" else None
    mark = fingerprint(request.method, request.path, form)
    kept = find_replay(account, key, mark) if key else None
    if kept:
        return _Answer(kept["status"], kept["body"], is_replay=True)
    params = read_params(form, route.takes, route.plays)
    answer = _carry_out(account, route, ids, params)
    if key:
        keep_replay(account, key, mark, answer.status, answer.body)
    return answer


def _carry_out(account: Account, route: Route, ids: list[str], params: Params) -> _Answer:
    try:
        found: Any = route.answer(account, params, *ids)
        body = cut_page(found, params, request.path) if route.is_list else found
        return _Answer(200, expand(account, body, params.get("expand", [])))
    except StripeProblem as problem:
        return _Answer(problem.status, problem.body)


def _read_form() -> dict[str, Any]:
    sent = request.form if request.method == "POST" else request.args
    return unfold((name, value) for name, value in sent.items(multi=True))


def _go_wrong(account: Account, faults: Faults, fault: Fault) -> Response:
    if fault.trouble is Trouble.HANG:
        faults.hang(fault.seconds)
    if fault.trouble in {Trouble.HANG, Trouble.CUT}:
        return _cut_off()
    status, kind, message = _FAILURES[fault.trouble]
    body = StripeProblem(message, kind=kind).body
    key = request.headers.get("Idempotency-Key")
    if fault.trouble is Trouble.ERROR and key and request.method == "POST":
        with account.lock:
            keep_replay(account, key, fingerprint(request.method, request.path, _read_form()), status, body)
    return _respond(_Answer(status, body), account)


def _cut_off() -> Response:
    """End the connection without an answer; werkzeug's server lends its socket to the request."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


def _respond(answer: _Answer, account: Account) -> Response:
    response = jsonify(answer.body)
    response.status_code = answer.status
    with account.lock:
        response.headers["Request-Id"] = account.ids.new("req", 14)
    response.headers["Stripe-Version"] = stripe.api_version
    key = request.headers.get("Idempotency-Key")
    if key and request.method == "POST" and key.isascii():
        response.headers["Idempotency-Key"] = key
    if answer.is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response
