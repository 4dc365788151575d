"""The items of an issue: adding, ordering, editing, removing. Owns the pages; ``issues.editing`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.errors import BadInput, Conflict
from service.issues.editing import add_item, change_item, move_item, remove_item
from service.issues.models import Issue, Item
from service.issues.queries import get_issue, get_item
from service.issues.states import IssueState, ItemKind
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed, language_choices, split_names
from service.web.desk.wording import KIND_WORDS
from service.web.transaction import unit_of_work


@blueprint.post("/issues/<row:issue_id>/items")
@permission(Permission.EDIT)
def accept_item(issue_id: int) -> ResponseReturnValue:
    """Add an empty item at the end and open it."""
    typed = Typed(request.form.to_dict())
    kind = typed.word("kind", ItemKind, "The kind")
    typed.refuse_unreadable()
    with unit_of_work() as work:
        item = add_item(work, issue_id, kind)
        note(work, current_account().id, f"Added a {kind}", f"issue:{issue_id}")
        return redirect(url_for("desk.show_item", item_id=item.id))


@blueprint.get("/items/<row:item_id>")
@permission(Permission.EDIT)
def show_item(item_id: int) -> ResponseReturnValue:
    """Show one item in the editor."""
    with unit_of_work() as work:
        item = get_item(work, item_id)
        return _show_editor(get_issue(work, item.issue_id), item, Typed(_typed_of(item)))


@blueprint.post("/items/<row:item_id>")
@permission(Permission.EDIT)
@gives_back
def accept_text(item_id: int) -> ResponseReturnValue:
    """Save an item, or show the editor again with everything typed beside what is wrong."""
    typed = Typed(request.form.to_dict())
    kind, language = typed.word("kind", ItemKind, "The kind"), typed.language()
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            item = change_item(
                work,
                item_id,
                typed.required_int("revision"),
                kind=kind,
                title=typed.text("title"),
                byline=split_names(typed.text("byline")),
                language=language,
                markdown=typed.text("markdown"),
            )
            note(work, current_account().id, f"Edited the {kind}", f"issue:{item.issue_id}", title=item.title)
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            item = get_item(work, item_id)
            return _show_editor(get_issue(work, item.issue_id), item, typed, problem), problem.status
    say("Saved.")
    if "close" in request.form:
        return redirect(url_for("desk.show_issue", issue_id=item.issue_id, _anchor=f"item-{item_id}"))
    return redirect(url_for("desk.show_item", item_id=item_id))


@blueprint.post("/items/<row:item_id>/move")
@permission(Permission.EDIT)
def accept_move(item_id: int) -> ResponseReturnValue:
    """Exchange an item with the one above (``up``) or below (``down``)."""
    step = -1 if request.form.get("way") == "up" else 1
    with unit_of_work() as work:
        move_item(work, item_id, step)
        issue_id = get_item(work, item_id).issue_id
        note(work, current_account().id, "Moved an item", f"issue:{issue_id}")
    return redirect(url_for("desk.show_issue", issue_id=issue_id, _anchor=f"item-{item_id}"))


@blueprint.get("/items/<row:item_id>/remove")
@permission(Permission.EDIT)
def show_removal(item_id: int) -> ResponseReturnValue:
    """Ask whether an item is really to be removed."""
    with unit_of_work() as work:
        item = get_item(work, item_id)
        return render_template("web/desk/remove_item.html", item=item, issue=get_issue(work, item.issue_id))


@blueprint.post("/items/<row:item_id>/remove")
@permission(Permission.EDIT)
def accept_removal(item_id: int) -> ResponseReturnValue:
    """Remove an item from its draft; its text stays in the trail."""
    with unit_of_work() as work:
        item = get_item(work, item_id)
        issue_id, kind, title, markdown = item.issue_id, item.kind, item.title, item.markdown
        remove_item(work, item_id)
        note(work, current_account().id, f"Removed the {kind}", f"issue:{issue_id}", title=title, text=markdown)
    say(f"“{title}” is removed." if title else "The item is removed.")
    return redirect(url_for("desk.show_issue", issue_id=issue_id))


def _typed_of(item: Item) -> dict[str, str]:
    return {
        "kind": item.kind.value,
        "title": item.title,
        "byline": ", ".join(item.byline),
        "language": item.language,
        "markdown": item.markdown,
        "revision": str(item.revision),
    }


def _show_editor(issue: Issue, item: Item, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    return render_template(
        "web/desk/item.html",
        issue=issue,
        item=item,
        typed=typed,
        errors=typed.errors,
        problem=problem,
        saved=_typed_of(item) if isinstance(problem, Conflict) else None,
        can_edit=issue.state is IssueState.DRAFT,
        kinds=[(kind.value, KIND_WORDS[kind]) for kind in ItemKind],
        languages=language_choices(typed.text("language") or item.language),
    )
