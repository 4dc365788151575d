"""One issue, rendered once for all its readers: HTML and text with marks where each reader's own values go.

Owns the order of the steps: clean, parse, number the links, expand, compile, check. Never encodes and never knows a
reader; that is ``template.py``.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from service.errors import BadInput
from service.rendering.checks import check_mail_html
from service.rendering.content import IssueContent, clean_issue
from service.rendering.entries import Entries, LinkContent, enter_items
from service.rendering.layout import lay_out
from service.rendering.mail_page import render_mail_page
from service.rendering.plaintext import render_issue_text
from service.rendering.slots import make_marks
from service.rendering.words import words_for


@dataclass(frozen=True)
class RenderedIssue:
    """An issue in one of its forms, ready to be compiled.

    ``links`` are those of the form that asks. ``html_bytes`` and ``text_bytes`` count each hole as long as we expect it
    to be filled; ``nonce`` is what ``slots.Marks`` finds the holes with.
    """

    subject: str
    html: str
    text: str
    links: tuple[LinkContent, ...]
    html_bytes: int
    text_bytes: int
    nonce: str


def render_issue(content: IssueContent, *, base_url: str, thanks: bool = False) -> RenderedIssue:
    """Render ``content`` as one HTML document and one plain text, both with marks for what differs between readers.

    ``base_url`` is the newsletter's public page, linked from the footer. With ``thanks`` it is the form for those who
    gave lately: thanks stand where others are asked, and every link keeps its number. The same content gives the same
    bytes. Raises BadInput, naming the item, when a text breaks a rule; BadLayout when the mail cannot be laid out.
    """
    content = clean_issue(content)
    _check_lines(content)
    marks = make_marks(content, base_url)
    entries = enter_items(content, marks)
    html = lay_out(render_mail_page(content, entries, marks, base_url=base_url, thanks=thanks))
    check_mail_html(html, hosts=_known_hosts(entries, base_url))
    text = render_issue_text(content, entries, marks, base_url=base_url, thanks=thanks)
    return RenderedIssue(
        subject=content.title or _name_issue(content),
        html=html,
        text=text,
        links=entries.links,
        html_bytes=marks.count_bytes(html),
        text_bytes=marks.count_bytes(text),
        nonce=marks.nonce,
    )


def _name_issue(content: IssueContent) -> str:
    number = words_for(content.language).format_number(content.volume, content.number)
    return f"{content.newsletter.name}, {number}"


def _check_lines(content: IssueContent) -> None:
    lines = {
        "title": content.title,
        "preheader": content.preheader,
        **{f"title of item {place}": item.title for place, item in enumerate(content.items, start=1)},
    }
    for what, line in lines.items():
        if "{{" in line:
            raise BadInput(f"The {what} “{line[:60]}” holds “{{{{”; a merge field can stand only in a text.")


def _known_hosts(entries: Entries, base_url: str) -> frozenset[str]:
    gifts = filter(None, (entries.closing, *(entry.gift for entry in entries.items)))
    images = (source for entry in entries.items for source in entry.prose.images)
    addresses = [base_url, *images, *(gift.thanks_url for gift in gifts)]
    return frozenset(host for address in addresses if (host := urlsplit(address).hostname))
