"""What is taken along of readers, as downloads: the log of consent, a newsletter's readers, who must not be mailed.

A download is asked for with POST: it leaves an entry in the trail, and looking leaves nothing.
"""

from datetime import datetime, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.totals import FIRST_DAY, LAST_DAY, start_of_day
from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.queries import list_newsletters
from service.privacy.consentlog import Period, export_consent
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.subscribers.exporting import export_rows, export_suppressed
from service.web.desk.access import blueprint, current_account, current_zone, permission
from service.web.desk.downloads import send_table
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work

SUBJECT = "readers"
_DAY = timedelta(days=1)


@blueprint.get("/readers/take-along")
@permission(Permission.READERS)
def show_taking() -> ResponseReturnValue:
    """Show the forms: the log of consent, the readers of a newsletter, and who must not be mailed."""
    with unit_of_work() as work:
        return _show(work, Typed({}))


@blueprint.post("/readers/consent.csv")
@permission(Permission.READERS)
def accept_consent_log() -> ResponseReturnValue:
    """Answer with the log of consent, a row at a time, and note who took it."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            newsletter = _find_newsletter(work, typed, "about") if typed.text("about") else None
            period = _read_period(typed, newsletter)
            days = " to ".join(typed.text(name) or "…" for name in ("first", "last"))
            note(work, current_account().id, "Took the log of consent along", SUBJECT, period=days)
    except BadInput as problem:
        return _refuse(typed, problem)
    return send_table(lambda session: export_consent(session, period), "consent.csv")


@blueprint.post("/readers/export.csv")
@permission(Permission.READERS)
def accept_readers_export() -> ResponseReturnValue:
    """Answer with the readers of a newsletter as a file that can be read back, and note who took it."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            newsletter = _find_newsletter(work, typed, "of")
            note(work, current_account().id, f"Took the readers of {newsletter.name} along", SUBJECT)
    except BadInput as problem:
        return _refuse(typed, problem)
    return send_table(lambda session: export_rows(session, newsletter.id), f"readers-{newsletter.slug}.csv")


@blueprint.post("/readers/suppressed.csv")
@permission(Permission.READERS)
def accept_suppressed_export() -> ResponseReturnValue:
    """Answer with every address that must not be mailed, for whatever house mails them next; note who took it."""
    with unit_of_work() as work:
        note(work, current_account().id, "Took the addresses that must not be mailed along", SUBJECT)
    return send_table(export_suppressed, "must-not-be-mailed.csv")


def _find_newsletter(work: Session, typed: Typed, name: str) -> Newsletter:
    for newsletter in list_newsletters(work):
        if str(newsletter.id) == typed.text(name):
            return newsletter
    typed.errors[name] = "Choose a newsletter."
    raise BadInput("Nothing was taken: please look at the marked fields.")


def _read_period(typed: Typed, newsletter: Newsletter | None) -> Period:
    since, last = _read_day(typed, "first", "The first day"), _read_day(typed, "last", "The last day")
    if since and last and last < since:
        typed.errors["last"] = "The period ends before it begins."
    if typed.errors:
        raise BadInput("Nothing was taken: please look at the marked fields.")
    return Period(newsletter_id=newsletter.id if newsletter else None, since=since, until=last + _DAY if last else None)


def _read_day(typed: Typed, name: str, label: str) -> datetime | None:
    """Return the moment at which a day begins on the organisation's clocks; None for an empty field."""
    if not typed.text(name).strip():
        return None
    day = typed.day(name, label)
    if not FIRST_DAY <= day <= LAST_DAY:
        typed.errors.setdefault(name, f"{label} lies between {FIRST_DAY} and {LAST_DAY}.")
        return None
    return start_of_day(day, current_zone())


def _refuse(typed: Typed, problem: BadInput) -> ResponseReturnValue:
    with unit_of_work() as work:
        return _show(work, typed, problem), problem.status


def _show(work: Session, typed: Typed, problem: BadInput | None = None) -> str:
    return render_template(
        "web/desk/taking.html",
        newsletters=list_newsletters(work),
        entries=list_entries(work, SUBJECT)[:8],
        zone=current_zone(),
        typed=typed,
        problem=problem,
    )
