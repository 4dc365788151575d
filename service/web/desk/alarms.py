"""Settling an alarm. The banner itself stands on every page (``access`` reads it, ``layout.html`` draws it)."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.alarms.raising import get_alarm, settle_alarm
from service.staff.alerting import find_keeper
from service.staff.audit import note
from service.staff.roles import Permission, may
from service.web.desk.access import blueprint, current_account, permission, safe_target, say
from service.web.transaction import unit_of_work

blueprint.add_app_template_filter(find_keeper, "keeper")


@blueprint.post("/alarms/<row:alarm_id>/settle")
@permission(Permission.ENTER)
def accept_settled_alarm(alarm_id: int) -> ResponseReturnValue:
    """Note that somebody whose business it is has seen to an alarm; a fault that is still there raises a new one.

    Safe to repeat.
    """
    account = current_account()
    with unit_of_work() as work:
        alarm = get_alarm(work, alarm_id)
        needed = find_keeper(alarm.key)
        if not may(account.role, needed):
            return render_template("web/desk/refused.html", needed=needed), 403
        settle_alarm(work, alarm_id, account.id)
        note(work, account.id, "Settled the alarm", f"alarm:{alarm_id}", text=alarm.sentence)
    say("Noted. If it is still wrong, the alarm comes back.")
    return redirect(safe_target(request.form.get("back")))
