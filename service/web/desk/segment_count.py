"""How many readers some words mean, said beside the form while staff type, and by a button without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.deliveries.segments.counting import TOO_LONG, Counted, count_people
from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.queries import list_newsletters
from service.staff.roles import Permission
from service.subscribers.bounded import TookTooLong
from service.web.charts import draw_share
from service.web.desk.access import blueprint, permission
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@dataclass(frozen=True)
class Look:
    """What some words mean for one newsletter: people counted, or a sentence that says why not; neither: no words."""

    newsletter: Newsletter | None
    counted: Counted | None = None
    sentence: str = ""

    @property
    def bar(self) -> Markup:
        """The people as a drawn part of the newsletter's readers."""
        return draw_share(self.counted.chosen, self.counted.whole, "") if self.counted else Markup()

    @property
    def said(self) -> str:
        """The same in one sentence, to be heard."""
        if self.counted is None:
            return self.sentence
        return f"{self.counted.chosen:,} of {self.counted.whole:,} readers."


@blueprint.post("/readers/segments/count")
@permission(Permission.READERS)
def count_segment() -> ResponseReturnValue:
    """Answer a form's words with the count, as a piece of the page and as a sentence. Changes nothing."""
    typed = Typed(request.form)
    with unit_of_work() as work:
        look = look_at(work, typed, list_newsletters(work))
        return jsonify(html=render_template("web/desk/segment_count.html", look=look), said=look.said)


def look_at(work: Session, typed: Typed, newsletters: Sequence[Newsletter]) -> Look:
    """Return what the form's words mean among the readers of the newsletter that it names; of the first if of none."""
    named = [one for one in newsletters if one.slug == typed.text("newsletter")]
    newsletter = next(iter([*named, *newsletters]), None)
    words = typed.text("words").strip()
    if newsletter is None or not words:
        return Look(newsletter)
    try:
        return Look(newsletter, count_people(work, words, newsletter.id))
    except TookTooLong:
        return Look(newsletter, sentence=TOO_LONG)
    except BadInput as problem:
        return Look(newsletter, sentence=problem.message)
