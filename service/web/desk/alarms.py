"""Settling an alarm. The banner itself stands on every page (``access`` reads it, ``layout.html`` draws it)."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from service.alarms.raising import settle_alarm
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, safe_target, say
from service.web.transaction import unit_of_work


@blueprint.post("/alarms/<row:alarm_id>/settle")
@permission(Permission.FINANCE)
def accept_settled_alarm(alarm_id: int) -> ResponseReturnValue:
    """Note that somebody has seen to an alarm. Safe to repeat; a fault that is still there raises a new one."""
    account = current_account()
    with unit_of_work() as work:
        alarm = settle_alarm(work, alarm_id, account.id)
        note(work, account.id, "Settled the alarm", f"alarm:{alarm_id}", text=alarm.sentence)
    say("Noted. If it is still wrong, the alarm comes back.")
    return redirect(safe_target(request.form.get("back")))
