"""The open pixel and the link redirector. Owns that a reader always gets the picture and the page, whatever fails.

Keeps no IP and no user agent: only the kind of program that asked. Redirects go only to links of a sealed issue.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import partial

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from service.db import SessionFactory, transaction
from service.errors import NotFound
from service.tokens import Purpose
from service.tracking.models import Agent
from service.tracking.recording import find_link, record_hit
from service.tracking.verdict import agent_of
from service.web.links import DEAD_LINK, read_link
from service.web.services import get_services
from service.web.transaction import unit_of_work

log = logging.getLogger(__name__)

# One transparent pixel, GIF89a: the smallest that every mail program draws (43 bytes).
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
PATIENCE = 0.3  # seconds that a reader may wait for our records before the answer goes out without them
RECORDERS = 4  # threads, and so connections, that a database that hangs can hold up
MOST_WAITING = 10_000  # hits; a few megabytes

blueprint = Blueprint("tracking", __name__)
_recorders = ThreadPoolExecutor(RECORDERS, thread_name_prefix="hits")
_room = threading.BoundedSemaphore(MOST_WAITING)


@blueprint.get("/o/<token>.gif")
def show_pixel(token: str) -> Response:
    """Answer with the pixel, and note an open if the token is ours."""
    ids = get_services().signer.read(Purpose.TRACK, token)
    if ids is not None:
        _note_hit(*ids, link_number=None)
    response = Response(PIXEL, content_type="image/gif")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # webmail shows it on its own pages
    return response


@blueprint.get("/c/<token>/<int(max=99999):number>")
def follow_link(token: str, number: int) -> AnyResponse:
    """Send the reader to a link of the issue, and note the click."""
    issue_id, delivery_id = read_link(Purpose.TRACK, token)
    with unit_of_work() as session:
        link = find_link(session, issue_id, number)
    if link is None:
        raise NotFound(DEAD_LINK)
    _note_hit(issue_id, delivery_id, link_number=number)
    response = redirect(link.url)
    response.headers["Referrer-Policy"] = "no-referrer"  # the target must not learn the reader's token
    return response


def _note_hit(issue_id: int, delivery_id: int, *, link_number: int | None) -> None:
    """Note a hit in another thread, and wait for it no longer than a reader would."""
    if not _room.acquire(blocking=False):
        log.error("a hit on issue %s is lost: %s others wait for the database", issue_id, MOST_WAITING)
        return
    agent = agent_of(request.user_agent.string, request.method)
    writing = _recorders.submit(partial(_write_hit, get_services().factory, issue_id, delivery_id, link_number, agent))
    writing.add_done_callback(lambda _: _room.release())
    try:
        writing.result(PATIENCE)
    except NotYet:
        log.warning("a hit on issue %s is still waiting for the database", issue_id)


def _write_hit(factory: SessionFactory, issue_id: int, delivery_id: int, link_number: int | None, agent: Agent) -> None:
    try:
        with transaction(factory) as session:
            record_hit(session, issue_id, delivery_id, link_number, agent)
    except Exception:
        log.exception("a hit on issue %s was not recorded", issue_id)
