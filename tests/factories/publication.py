"""Newsletters and issues for tests, made as staff would make them."""

from datetime import date

from sqlalchemy.orm import Session

from service.issues.models import Issue, Item, Newsletter
from service.issues.states import ItemKind


def make_newsletter(session: Session, slug: str = "crossings", name: str = "Crossings") -> Newsletter:
    """Store a newsletter with every standing fact set."""
    newsletter = Newsletter(
        slug=slug,
        list_id=f"{slug}.letters.test",
        name=name,
        tagline="Where routes meet",
        language="en",
        publisher="Northern Institute",
        postal_address="14 Wharf Lane, Portland, ME 04101, USA",
        tax_line="Gifts are tax-deductible to the extent allowed by law.",
        gift_url="https://gifts.test/crossings",
        sender_name=name,
        sender_address=f"letter@{slug}.test",
        reply_address=f"editor@{slug}.test",
    )
    session.add(newsletter)
    session.flush()
    return newsletter


def make_issue(session: Session, newsletter: Newsletter, number: int = 1, title: str = "Patience Station") -> Issue:
    """Store a draft that passes every check: greeting, brief, feature with a note, ask; links in two of them."""
    issue = Issue(
        newsletter=newsletter,
        volume=1,
        number=number,
        issued_on=date(2026, 11, 1),
        title=title,
        preheader="Eleven signatures for one container, and what the charts say.",
        language="en",
    )
    issue.items = [
        _item(1, ItemKind.GREETING, "", "Dear {{name|readers}},\n\nWelcome to [the first number](https://a.test/one)."),
        _item(2, ItemKind.BRIEF, "Ferry line returns", "The overnight ferry will sail again from April."),
        _item(
            3,
            ItemKind.FEATURE,
            "One container, eleven signatures",
            "The container was blue.[^1] Долгий Причал, 耐心站.\n\n## The first signature\n\n"
            "More at [the port](https://b.test/port).\n\n[^1]: The archive is a locked cupboard.",
            ["Ilse Varga"],
        ),
        _item(4, ItemKind.ASK, "Thank you", "Your gift is tax-deductible to the extent allowed by law."),
    ]
    session.add(issue)
    session.flush()
    return issue


def _item(position: int, kind: ItemKind, title: str, markdown: str, byline: list[str] | None = None) -> Item:
    return Item(
        position=position, kind=kind, title=title, byline=byline or [], language="en", markdown=markdown, revision=1
    )
