"""An issue's rows become what rendering takes, and back come mail, web page and preview. Stores nothing."""

from service.issues.asking import CLOSING_BLOCK, Asking
from service.issues.models import Issue, Item, Newsletter
from service.issues.states import ItemKind
from service.rendering.content import IssueContent, ItemContent, NewsletterContent
from service.rendering.content import ItemKind as ContentKind
from service.rendering.issue import RenderedIssue, render_issue
from service.rendering.template import ReaderValues, compile_template
from service.rendering.web import render_issue_page

KINDS: dict[ItemKind, ContentKind] = {
    ItemKind.GREETING: "greeting",
    ItemKind.BRIEF: "brief",
    ItemKind.FEATURE: "feature",
    ItemKind.NOTE: "note",
    ItemKind.ASK: "ask",
}
# Stand-ins for what each reader gets of their own, so that a preview shows the mail as it will look.
SAMPLE_READER = ReaderValues(name=None, unsubscribe_url="#", view_url="#", click_url_prefix="#", pixel_url=None)


def content_of(issue: Issue, asking: Asking | None = None) -> IssueContent:
    """Return the issue as plain data, items in their order, its asks with what ``asking`` offers.

    ``asking`` is None where no gifts are taken here. A newsletter that names its own gift link offers nothing else.
    """
    if issue.newsletter.gift_url:
        asking = None
    return IssueContent(
        newsletter=_newsletter_content(issue.newsletter),
        volume=issue.volume,
        number=issue.number,
        date=issue.issued_on,
        title=issue.title,
        preheader=issue.preheader,
        language=issue.language,
        items=tuple(_item_content(item, asking) for item in issue.items),
        offer=asking.offer(issue.id, CLOSING_BLOCK, issue.language) if asking else None,
    )


def render_draft(issue: Issue, base_url: str, asking: Asking | None = None) -> RenderedIssue:
    """Return the mail of an issue with its per-reader holes, in the form that asks; ``asking`` as for ``content_of``.

    Raises:
        BadInput: when an item can't be rendered; the sentence says which and why.
    """
    return render_issue(content_of(issue, asking), base_url=base_url)


def render_thanks(issue: Issue, base_url: str, asking: Asking | None = None) -> RenderedIssue | None:
    """Return the form of the same mail for those who gave lately, or None when everybody reads the same."""
    content = content_of(issue, asking)
    return render_issue(content, base_url=base_url, thanks=True) if content.has_thanks else None


def preview_html(issue: Issue, base_url: str, asking: Asking | None = None) -> str:
    """Return the mail's HTML as one reader would see it, with direct links and no pixel."""
    rendered = render_draft(issue, base_url, asking)
    return compile_template(rendered, track_clicks=False).view_html(SAMPLE_READER, {})


def render_web(issue: Issue, asking: Asking | None = None) -> str:
    """Return the issue's semantic HTML for the archive: no holes, no tracking, and always in the form that asks."""
    return render_issue_page(content_of(issue, asking))


def _newsletter_content(newsletter: Newsletter) -> NewsletterContent:
    return NewsletterContent(
        name=newsletter.name,
        tagline=newsletter.tagline,
        publisher=newsletter.publisher,
        postal_address=newsletter.postal_address,
        tax_line=newsletter.tax_line,
        gift_url=newsletter.gift_url,
        language=newsletter.language,
        address=newsletter.reply_address,
    )


def _item_content(item: Item, asking: Asking | None) -> ItemContent:
    return ItemContent(
        kind=KINDS[item.kind],
        title=item.title,
        byline=tuple(item.byline),
        language=item.language,
        markdown=item.markdown,
        offer=asking.offer(item.issue_id, item.id, item.language) if asking and item.kind is ItemKind.ASK else None,
    )
