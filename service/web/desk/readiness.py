"""What stands between a draft and its readers. Owns putting checks and size together; ``issues.checks`` judges."""

from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from service.deliveries.segments.choosing import check_choice
from service.errors import BadInput
from service.issues.checks import CLIPPED_BYTES, NEAR_BYTES, Level, Problem, check_issue, check_signature
from service.issues.models import Issue
from service.issues.render import render_draft
from service.web.asking import present_asking
from service.web.charts import draw_share
from service.web.services import get_services


@dataclass(frozen=True)
class Readiness:
    """What stands between a draft and its readers: sentences, and subject and size once it could be rendered."""

    problems: list[Problem]
    subject: str
    html_bytes: int
    text_bytes: int

    @property
    def size_bar(self) -> Markup:
        """The size as a drawn bar, filled at the size at which Gmail clips."""
        tone = "failed" if self.html_bytes > CLIPPED_BYTES else "warn" if self.html_bytes > NEAR_BYTES else "main"
        said = f"{self.html_bytes:,} of {CLIPPED_BYTES:,} bytes"
        return draw_share(self.html_bytes, CLIPPED_BYTES, said, tone)

    @property
    def stops(self) -> list[Problem]:
        """What must be put right before the issue can go out."""
        return [problem for problem in self.problems if problem.level is Level.STOP]


def examine(work: Session, issue: Issue) -> Readiness:
    """Render a draft and check it; a draft that can't be rendered has that as its only problem."""
    try:
        rendered = render_draft(issue, get_services().settings.public_url, present_asking(work))
    except BadInput as problem:
        return Readiness([Problem(Level.STOP, problem.message, None)], "", 0, 0)
    signing = [key.domain for key in get_services().settings.dkim_keys]
    problems = [
        *check_choice(work, issue),
        *check_issue(issue, rendered),
        *check_signature(issue.newsletter.sender_address, signing),
    ]
    return Readiness(problems, rendered.subject, rendered.html_bytes, rendered.text_bytes)
