"""Adding one reader by hand: the person still confirms by a letter. ``deeds`` decides; never makes anybody active."""

import secrets

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.addresses import BadAddress
from service.errors import BadInput, Conflict
from service.issues.queries import list_newsletters
from service.languages.choosing import LANGUAGES, SOURCE
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.deeds import WishWay, sign_up_for_reader
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@blueprint.get("/readers/add")
@permission(Permission.READERS)
def show_new_reader() -> ResponseReturnValue:
    """Show the form; ``address`` may come with the link to it."""
    mark = f"desk-{secrets.token_urlsafe(16)}"
    typed = Typed({"address": request.args.get("address", ""), "language": SOURCE, "mark": mark})
    with unit_of_work() as work:
        return _show_form(work, typed, [])


@blueprint.post("/readers/add")
@permission(Permission.READERS)
@gives_back
def accept_new_reader() -> ResponseReturnValue:
    """Post the letter that asks the person to confirm; the same form sent twice does it once."""
    typed, ticked = Typed(request.form.to_dict()), request.form.getlist("newsletter")
    way = typed.word("way", WishWay, "How the wish came")
    language = typed.text("language") if typed.text("language") in LANGUAGES else SOURCE
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            chosen = [one.id for one in list_newsletters(work) if str(one.id) in ticked]
            sign_up_id = sign_up_for_reader(
                work, typed.text("address"), chosen, way, language=language, mark=_read_mark(typed)
            )
            note(work, current_account().id, f"Entered a sign-up, asked {way}", f"sign-up:{sign_up_id}")
    except (BadInput, Conflict) as problem:
        if offered := problem.offered if isinstance(problem, BadAddress) else "":
            typed = Typed({**typed.raw, "address": offered})
        with unit_of_work() as work:
            return _show_form(work, typed, ticked, problem, is_offered=bool(offered)), problem.status
    say("A letter asks them to confirm. They get the newsletter once they press its button, and not before.")
    return redirect(url_for("desk.show_readers"))


def _read_mark(typed: Typed) -> str:
    """Return the mark of this form. One of another door would spend a stranger's form."""
    mark = typed.text("mark")
    if not mark.startswith("desk-"):
        raise BadInput("This form is not whole. Please load the page again.")
    return mark[:100]


def _show_form(
    work: Session,
    typed: Typed,
    ticked: list[str],
    problem: BadInput | Conflict | None = None,
    *,
    is_offered: bool = False,
) -> str:
    """Return the page; ``is_offered``: its address is not what was typed, but what ``addresses`` found in that."""
    newsletters = list_newsletters(work)
    return render_template(
        "web/desk/reader_add.html",
        newsletters=newsletters,
        ticked=ticked or ([str(newsletters[0].id)] if len(newsletters) == 1 else []),
        typed=typed,
        problem=problem,
        is_offered=is_offered,
    )
