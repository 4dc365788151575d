"""Forgetting a reader who asked for it: first what goes and what stays, then the deed. ``privacy.erasing`` does it."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput, Unavailable
from service.privacy.erasing import erase_person, list_kept
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.deeds import WishWay, prove
from service.subscribers.queries import get_subscriber
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@blueprint.get("/readers/<row:subscriber_id>/erase")
@permission(Permission.READERS)
def show_erasing(subscriber_id: int) -> ResponseReturnValue:
    """Say what goes for good and what stays, and ask."""
    with unit_of_work() as work:
        return _show_question(work, subscriber_id, Typed({}))


@blueprint.post("/readers/<row:subscriber_id>/erase")
@permission(Permission.READERS)
@gives_back
def accept_erasing(subscriber_id: int) -> ResponseReturnValue:
    """Forget the reader; from then on the page of the reader shows what is left."""
    typed = Typed(request.form.to_dict())
    way = typed.word("way", WishWay, "How the wish came")
    account_id = current_account().id
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            erased = erase_person(work, subscriber_id, prove("Erased", way, account_id))
            note(work, account_id, f"Erased the reader, asked {way}", f"reader:{subscriber_id}")
    except (BadInput, Unavailable) as problem:
        with unit_of_work() as work:
            return _show_question(work, subscriber_id, typed, problem), problem.status
    say("Erased. A hash of the address stays, so that no file brings the person back.")
    for sentence in erased.kept:
        say(sentence, "plain")
    return redirect(url_for("desk.show_reader", subscriber_id=subscriber_id))


def _show_question(
    work: Session, subscriber_id: int, typed: Typed, problem: BadInput | Unavailable | None = None
) -> str:
    return render_template(
        "web/desk/reader_erase.html",
        reader=get_subscriber(work, subscriber_id),
        kept=list_kept(work, subscriber_id),
        typed=typed,
        problem=problem,
    )
