"""One reader on the desk: all that is known, and what staff do on their wish. ``deeds`` and ``suppression`` decide."""

from collections.abc import Callable

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import BadInput, Conflict, NotFound
from service.issues.queries import list_newsletters
from service.privacy.download import describe_person, list_consent_of, list_sign_ups, write_download
from service.privacy.mails import list_mails
from service.staff.accounts import list_names
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.subscribers.deeds import WishWay, end_for_reader
from service.subscribers.finding import list_ties
from service.subscribers.models import Subscriber
from service.subscribers.queries import get_subscriber
from service.subscribers.signup_models import SignUp
from service.subscribers.states import SubscriptionState
from service.subscribers.suppression import suppress_by_staff
from service.subscribers.suppression_models import Suppression, SuppressionReason
from service.subscribers.suppression_queries import list_suppressions_of
from service.web.desk.access import blueprint, current_account, current_zone, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work

MOST_MAILS = 50  # on the page; the download has all


@blueprint.get("/readers/<row:subscriber_id>")
@permission(Permission.READERS)
def show_reader(subscriber_id: int) -> ResponseReturnValue:
    """Show one reader; of an erased one, what is left."""
    with unit_of_work() as work:
        return _show(work, subscriber_id, Typed({}))


@blueprint.post("/readers/<row:subscriber_id>/end")
@permission(Permission.READERS)
@gives_back
def accept_end(subscriber_id: int) -> ResponseReturnValue:
    """End one subscription, because the reader asked staff to."""

    def end(work: Session, reader: Subscriber, typed: Typed) -> None:
        way = typed.word("end_way", WishWay, "How the wish came")
        number = typed.required_int("subscription")
        ties = {tie.id: tie for tie in list_ties(work, [reader.id])[reader.id]}
        if number not in ties:
            typed.errors["subscription"] = "Choose which newsletter."
        typed.refuse_unreadable()
        end_for_reader(work, number, way, note=typed.text("end_note"), account_id=current_account().id)
        names = {newsletter.id: newsletter.name for newsletter in list_newsletters(work)}
        _note(work, reader, f"Ended the subscription to {names[ties[number].newsletter_id]}, asked {way}")

    return _do(subscriber_id, end, "It has ended. No mail of this newsletter leaves for this reader any more.")


@blueprint.post("/readers/<row:subscriber_id>/suppress")
@permission(Permission.READERS)
@gives_back
def accept_stop(subscriber_id: int) -> ResponseReturnValue:
    """Stop all newsletters to this reader's address, whatever they sign up for."""

    def stop(work: Session, reader: Subscriber, typed: Typed) -> None:
        reason = typed.word("reason", SuppressionReason, "The reason")
        typed.refuse_unreadable()
        account_id = current_account().id
        suppress_by_staff(work, reader.address_key, reason, note=typed.text("stop_note"), account_id=account_id)
        _note(work, reader, "Noted that this address must not be mailed")

    return _do(subscriber_id, stop, "No newsletter goes to this address any more.")


@blueprint.post("/readers/<row:subscriber_id>/download")
@permission(Permission.READERS)
@gives_back
def accept_reader_download(subscriber_id: int) -> ResponseReturnValue:
    """Answer with all that is known of a reader, as JSON, and note who took it."""
    with unit_of_work() as work:
        told = write_download(describe_person(work, subscriber_id))
        note(work, current_account().id, "Took along all that is known", f"reader:{subscriber_id}")
    return Response(
        told,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="reader-{subscriber_id}.json"'},
    )


def _do(subscriber_id: int, deed: Callable[[Session, Subscriber, Typed], None], done: str) -> ResponseReturnValue:
    """Do a deed and say so, or show the page again with all that was typed and what is wrong with it."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            reader = get_subscriber(work, subscriber_id)
            if reader.erased_at is not None:
                raise NotFound("This reader was erased.")
            deed(work, reader, typed)
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show(work, subscriber_id, typed, problem), problem.status
    say(done)
    return redirect(url_for("desk.show_reader", subscriber_id=subscriber_id))


def _note(work: Session, reader: Subscriber, action: str) -> None:
    """The trail is for ever, so it names a number and no words of anybody."""
    note(work, current_account().id, action, f"reader:{reader.id}")


def _show(work: Session, subscriber_id: int, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    reader = get_subscriber(work, subscriber_id)
    consent = list_consent_of(work, reader.id)
    suppressions = [one.suppression for one in list_suppressions_of(work, reader.address_key)]
    sign_ups = list_sign_ups(work, reader.id)
    ties, newsletters = list_ties(work, [reader.id])[reader.id], list_newsletters(work)
    return render_template(
        "web/desk/reader.html",
        reader=reader,
        newsletters={newsletter.id: newsletter for newsletter in newsletters},
        names={newsletter.slug: newsletter.name for newsletter in newsletters},
        ties=ties,
        open_ties=[tie for tie in ties if tie.state is not SubscriptionState.UNSUBSCRIBED],
        consent=consent,
        standing=next((one for one in suppressions if one.lifted_at is None), None),
        suppressions=suppressions,
        mails=list_mails(work, reader.id, MOST_MAILS),
        most_mails=MOST_MAILS,
        sign_ups=sign_ups,
        staff=list_names(work),
        entries=list_entries(work, *_subjects(reader, sign_ups, suppressions)),
        zone=current_zone(),
        present=now(),
        typed=typed,
        problem=problem,
    )


def _subjects(reader: Subscriber, sign_ups: list[SignUp], suppressions: list[Suppression]) -> list[str]:
    """Return what the trail calls this reader, and what staff did for them before there was one."""
    return [
        f"reader:{reader.id}",
        *(f"sign-up:{one.id}" for one in sign_ups),
        *(f"suppression:{one.id}" for one in suppressions),
    ]
