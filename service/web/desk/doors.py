"""The doors of sign-ups on the desk: what they ask for, what came in, and the switches. ``signup_rules`` decides."""

from datetime import datetime, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import BadInput
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.subscribers.defence import FLOOD_WINDOW, MOST_OF_ALL, MOST_PER_NETWORK_IN_ATTACK, is_under_attack
from service.subscribers.door_figures import count_doors, list_hours
from service.subscribers.signup_models import SignUpOutcome, SignUpRules
from service.subscribers.signup_rules import LONGEST_ATTACK, change_rules
from service.web.columns import Column, Series, draw_columns
from service.web.desk.access import blueprint, current_account, current_zone, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.desk.readerwording import DOOR_WORDS
from service.web.transaction import unit_of_work

SUBJECT = "doors"
LONGEST_MINUTES = LONGEST_ATTACK // timedelta(minutes=1)
_SERIES = (
    Series("Asked to confirm", "main"),
    Series("Get it already", "skipped"),
    Series("No letter", "failed"),
    Series("Waiting", "offline"),
)
_OUTCOMES = (SignUpOutcome.CONFIRM, SignUpOutcome.ALREADY, SignUpOutcome.TOO_MANY, None)


@blueprint.get("/readers/doors")
@permission(Permission.READERS)
def show_doors() -> ResponseReturnValue:
    """Show what the doors ask for now and what came in by them within a day."""
    with unit_of_work() as work:
        return _show(work, Typed({}))


@blueprint.post("/readers/doors/rules")
@permission(Permission.READERS)
@gives_back
def accept_rules() -> ResponseReturnValue:
    """Switch what every form asks for."""
    refuses, asks = "refuses_disposable" in request.form, "asks_for_work" in request.form
    with unit_of_work() as work:
        change_rules(work, refuses_disposable=refuses, asks_for_work=asks)
        addresses, work_is = "sent back" if refuses else "taken", "always" if asks else "under attack only"
        words = f"Set the doors: throw-away addresses {addresses}, proof of work {work_is}"
        note(work, current_account().id, words, SUBJECT)
    say("Saved. The next form that somebody opens follows it.")
    return redirect(url_for("desk.show_doors"))


@blueprint.post("/readers/doors/attack")
@permission(Permission.READERS)
@gives_back
def accept_attack() -> ResponseReturnValue:
    """Begin the attack mode for some minutes, or end it with none."""
    typed = Typed(request.form.to_dict())
    minutes = typed.whole("minutes", "The number of minutes", LONGEST_MINUTES)
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            change_rules(work, attack_for=timedelta(minutes=minutes))
            words = f"Switched the attack mode on for {minutes} minutes" if minutes else "Ended the attack mode"
            note(work, current_account().id, words, SUBJECT)
    except BadInput as problem:
        with unit_of_work() as work:
            return _show(work, typed, problem), problem.status
    say("The attack mode is on." if minutes else "The attack mode is off, until a flood begins it again.")
    return redirect(url_for("desk.show_doors"))


def _show(work: Session, typed: Typed, problem: BadInput | None = None) -> str:
    present, rules = now(), work.get_one(SignUpRules, 1)
    doors = count_doors(work, present)
    return render_template(
        "web/desk/doors.html",
        rules=rules,
        attack_until=rules.attack_until if is_under_attack(work) else None,
        doors=[(DOOR_WORDS[door], count) for door, count in doors.items()],
        together=sum(doors.values()),
        chart=_draw(work, present),
        entries=list_entries(work, SUBJECT),
        flood=MOST_OF_ALL,
        flood_window=FLOOD_WINDOW,
        from_network=MOST_PER_NETWORK_IN_ATTACK,
        typed=typed,
        problem=problem,
    )


def _draw(work: Session, present: datetime) -> Markup:
    columns = [
        Column(f"{hour.at.astimezone(current_zone()):%-d %b, %H:%M}", tuple(hour.count(one) for one in _OUTCOMES))
        for hour in list_hours(work, present)
    ]
    return draw_columns(columns, _SERIES, "Sign-ups by hour", "{:,}".format)
