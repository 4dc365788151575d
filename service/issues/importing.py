"""A manuscript becomes a draft. Owns what is kept of it: the source as it came, its items, what staff must settle."""

from sqlalchemy.orm import Session

from service.issues.editing import create_issue, one_line
from service.issues.models import Finding, Issue, Item, Manuscript, Newsletter
from service.issues.states import ItemKind
from service.manuscripts import Aside, item_markdown, read_manuscript
from service.manuscripts import Item as ReadItem
from service.manuscripts import Manuscript as ReadManuscript


def import_manuscript(session: Session, newsletter: Newsletter, data: bytes, filename: str) -> Issue:
    """Read a manuscript and make it the next draft of ``newsletter``; all of it or, on bad input, nothing.

    Raises:
        BadInput: when the file can't be read; the sentence says why.
    """
    read = read_manuscript(data, filename)
    issue = create_issue(session, newsletter)
    issue.title = one_line(read.title, "The title")
    issue.items = [_item(position, item) for position, item in enumerate(read.items, start=1)]
    issue.manuscripts = [Manuscript(filename=filename[:200], source=data, findings=_findings(read))]
    session.flush()
    return issue


def _item(position: int, item: ReadItem) -> Item:
    return Item(
        position=position,
        kind=ItemKind(item.kind.value),
        title=one_line(item.title, "A title"),
        byline=list(item.byline),
        language=item.language,
        markdown=item_markdown(item),
    )


def _findings(read: ReadManuscript) -> list[Finding]:
    warnings = [_finding(aside, is_warning=True) for aside in read.warnings]
    return warnings + [_finding(aside, is_warning=False) for aside in read.left_out]


def _finding(aside: Aside, *, is_warning: bool) -> Finding:
    return Finding(is_warning=is_warning, line=aside.lines[0], text=aside.text, reason=aside.reason)
