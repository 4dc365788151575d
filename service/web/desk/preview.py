"""Seeing an issue as its readers will: previews and test mails. Owns the pages; ``rendering`` makes the mail."""

from dataclasses import replace

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.errors import BadInput, Conflict, NotFound
from service.issues.queries import get_issue, get_item
from service.issues.render import content_of
from service.issues.states import IssueState
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import get_letter, post_letter
from service.rendering.content import IssueContent
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.asking import present_asking
from service.web.desk.access import blueprint, current_account, gives_back, permission
from service.web.desk.fields import Typed, split_names
from service.web.desk.frame import answer_frame, only_item, read_view
from service.web.services import get_services
from service.web.transaction import unit_of_work


@blueprint.get("/issues/<row:issue_id>/preview")
@permission(Permission.EDIT)
def show_preview(issue_id: int) -> ResponseReturnValue:
    """Show the whole issue in one of four views, and where a test mail can be asked for."""
    with unit_of_work() as work:
        return _show_preview(work, issue_id, current_account().address_key)


@blueprint.get("/issues/<row:issue_id>/preview/frame")
@permission(Permission.EDIT)
def show_frame(issue_id: int) -> ResponseReturnValue:
    """Answer with the mail itself, for the frame in the preview page."""
    with unit_of_work() as work:
        content = content_of(get_issue(work, issue_id), present_asking(work))
    return answer_frame(content, read_view(request.args.get("view")), get_services().settings.public_url)


@blueprint.post("/items/<row:item_id>/preview")
@permission(Permission.EDIT)
@gives_back
def show_unsaved(item_id: int) -> ResponseReturnValue:
    """Answer with the mail of one item as it stands in the editor. Saves nothing."""
    typed = Typed(request.form.to_dict())
    with unit_of_work() as work:
        issue = get_issue(work, get_item(work, item_id).issue_id)
        position = [item.id for item in issue.items].index(item_id)
        content = _with_typed(only_item(content_of(issue, present_asking(work)), position), typed)
    return answer_frame(content, read_view(typed.text("view")), get_services().settings.public_url)


@blueprint.post("/issues/<row:issue_id>/test-mail")
@permission(Permission.EDIT)
def accept_test_mail(issue_id: int) -> ResponseReturnValue:
    """Post a test mail of the issue as it stands now, or say what is wrong with the address."""
    typed = request.form.get("address", "")
    try:
        address = parse_address(typed)
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_preview(work, issue_id, typed, problem.message), 422
    with unit_of_work() as work:
        if get_issue(work, issue_id).state is IssueState.PAST:
            raise Conflict("A past issue is sent to nobody, not even as a test.")
        letter = post_letter(work, LetterKind.TEST, address.mailed, {"issue": issue_id})
        note(work, current_account().id, "Sent a test mail", f"issue:{issue_id}", to=address.mailed)
        view = read_view(request.args.get("view"))
        return redirect(url_for("desk.show_preview", issue_id=issue_id, view=view, letter=letter.id))


def _show_preview(work: Session, issue_id: int, address: str, error: str = "") -> str:
    letter = _find_test_letter(work, issue_id)
    return render_template(
        "web/desk/preview.html",
        issue=get_issue(work, issue_id),
        view=read_view(request.args.get("view")),
        address=address,
        error=error,
        letter=letter,
        is_under_way=letter is not None and letter.state in {LetterState.QUEUED, LetterState.SENDING},
    )


def _find_test_letter(work: Session, issue_id: int) -> Letter | None:
    """Return the letter named in the URL, if it is a test mail of this issue: no other letter is shown here."""
    raw = request.args.get("letter", type=int)
    if raw is None:
        return None
    letter = get_letter(work, raw)
    if letter.kind is not LetterKind.TEST or letter.about.get("issue") != issue_id:
        raise NotFound("There is no such test mail of this issue.")
    return letter


def _with_typed(alone: IssueContent, typed: Typed) -> IssueContent:
    """Return an issue of one item with the unsaved words of the editor in it."""
    unsaved = replace(
        alone.items[0],
        title=typed.text("title"),
        byline=tuple(split_names(typed.text("byline"))),
        markdown=typed.text("markdown"),
    )
    return replace(alone, items=(unsaved,))
