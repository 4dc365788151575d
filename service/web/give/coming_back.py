"""Where the processor's page leads back to: the thanks, or the form again. Looking changes no row, ever.

The redirect proves nothing: what is said here is what our rows say, and a worker is nudged to read the processor anew.
"""

from typing import Final

from flask import Response, request
from redis.exceptions import RedisError

from service.donations.funds import list_open_funds
from service.donations.models import Attempt
from service.donations.outcome import Outcome, find_attempt_of_page, tell_outcome
from service.jobs import Job, publish
from service.organisation.queries import find_organisation
from service.tokens import Purpose
from service.web.give.cookie import GIFT_COOKIE
from service.web.give.pages import blueprint, show_page
from service.web.language import choose_language
from service.web.services import get_services
from service.web.transaction import unit_of_work

MOST_LOOKS: Final = 30  # about two minutes; whoever waits longer is told that a mail will come
LONGEST_ID: Final = 200
NUDGE_EVERY: Final = 3  # seconds; our own page looks every four
WAYS_BACK: Final = ("amount", "frequency")


@blueprint.get("/give/thanks")
def show_thanks() -> Response:
    """Show how far the gift has come; only the giver's own browser is told how much, and where the receipt goes."""
    session_id = request.args.get("session_id", "")[:LONGEST_ID].replace("\x00", "")
    looks = _count_looks()
    with unit_of_work() as session:
        organisation, attempt = find_organisation(session), find_attempt_of_page(session, session_id)
        outcome = tell_outcome(session, attempt) if attempt is not None else None
        page = show_page(
            "give_thanks",
            organisation,
            attempt=attempt if attempt is not None and attempt.id == GIFT_COOKIE.read() else None,
            outcome=outcome,
            next_look={"session_id": session_id, "n": looks + 1, "lang": choose_language()},
            looks_again=outcome is Outcome.WAITING and looks < MOST_LOOKS,
        )
    if attempt is not None and outcome in {Outcome.WAITING, Outcome.CLOSED} and looks < MOST_LOOKS:
        _nudge(attempt)
    return page


@blueprint.get("/give/back")
def show_way_back() -> Response:
    """Say that nothing was charged, and lead back to the form with the amount kept."""
    ways = {name: request.args[name] for name in WAYS_BACK if name in request.args}
    with unit_of_work() as session:
        attempt_id = GIFT_COOKIE.read()
        attempt = session.get(Attempt, attempt_id) if attempt_id is not None else None
        if request.args.get("fund") in {fund.slug for fund in list_open_funds(session)}:
            ways["fund"] = request.args["fund"]
        ways |= {**_asker(attempt), "again": "1", "lang": choose_language()}
        return show_page("give_back", find_organisation(session), ways=ways)


def _nudge(attempt: Attempt) -> None:
    """Ask a worker to read the processor anew, once in a while however often the page is fetched.

    A mark in Redis says that somebody asked lately: a GET writes no row. Without Redis no job could leave anyway.
    """
    try:
        is_due = get_services().redis.set(f"postrider:nudged:{attempt.public_id}", 1, nx=True, ex=NUDGE_EVERY)
    except RedisError:
        return
    if is_due:
        publish(Job.SYNC_ATTEMPT, attempt.id)


def _asker(attempt: Attempt | None) -> dict[str, str]:
    """Return the link's token anew, so that a gift made at the second try still says what asked for it."""
    if attempt is None or attempt.issue_id is None:
        return {}
    return {"ask": get_services().signer.sign(Purpose.ASK, attempt.issue_id, attempt.item_id or 0)}


def _count_looks() -> int:
    given = request.args.get("n", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
