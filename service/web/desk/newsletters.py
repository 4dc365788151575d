"""What every issue of a newsletter prints and is sent by, as a form. ``issues.newsletters`` decides."""

from dataclasses import asdict, fields

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput, Conflict
from service.issues.checks import check_signature
from service.issues.newsletters import Facts, change_newsletter, facts_of
from service.issues.queries import get_newsletter
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed, language_choices
from service.web.services import get_services
from service.web.transaction import unit_of_work


@blueprint.get("/newsletters/<slug>")
@permission(Permission.SEND)
def show_newsletter(slug: str) -> ResponseReturnValue:
    """Show a newsletter's facts as a form."""
    with unit_of_work() as work:
        facts = facts_of(get_newsletter(work, slug))
        return _show(work, slug, Typed({**asdict(facts), "seen": facts.fingerprint}))


@blueprint.post("/newsletters/<slug>")
@permission(Permission.SEND)
@gives_back
def accept_newsletter(slug: str) -> ResponseReturnValue:
    """Save the facts, or show the form with all that was typed and what will not do."""
    typed = Typed(request.form.to_dict())
    texts = {field.name: typed.text(field.name) for field in fields(Facts)}
    facts = Facts(**{**texts, "language": typed.language()})
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            changed = change_newsletter(work, slug, typed.text("seen"), facts)
            if changed:
                note(work, current_account().id, "Changed the newsletter", _subject(slug), facts=changed)
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show(work, slug, typed, problem), problem.status
    say("Saved. What was released before keeps what it says." if changed else "Nothing was different.")
    return redirect(url_for("desk.show_newsletter", slug=slug))


def _subject(slug: str) -> str:
    return f"newsletter:{slug}"


def _show(work: Session, slug: str, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    newsletter = get_newsletter(work, slug)
    key_domains = [key.domain for key in get_services().settings.dkim_keys]
    return render_template(
        "web/desk/newsletter.html",
        newsletter=newsletter,
        saved=facts_of(newsletter) if isinstance(problem, Conflict) else None,
        typed=typed,
        errors=typed.errors,
        problem=problem,
        doubts=check_signature(newsletter.sender_address, key_domains),
        languages=language_choices(typed.text("language") or newsletter.language),
        entries=list_entries(work, _subject(slug)),
    )
