"""A publication for the rendering tests: one issue with every kind of item, in three scripts, and smaller ones."""

from dataclasses import replace
from datetime import date

from service.rendering.content import (
    GiftAmount,
    GiftOffer,
    IssueContent,
    ItemContent,
    ItemKind,
    NewsletterContent,
)
from service.rendering.issue import RenderedIssue
from service.rendering.template import ReaderValues

BASE_URL = "https://letters.test/lantern"

NEWSLETTER = NewsletterContent(
    name="The Night Lantern",
    tagline="Notes on harbours, lights & tides",
    publisher="Lantern Society",
    postal_address="7 Pier Road\nSaltmouth SM1 2AB",
    tax_line="The Lantern Society is a registered charity; gifts may be deducted from tax.",
    gift_url="https://gifts.test/lantern?from=mail&issue=12",
    language="en",
    address="keeper@lantern.test",
)

GREETING = """Dear {{name|friend}},

The days are short, and the lamps are lit at four. Here is *what we saw* from the [gallery](https://log.test/gallery)."""

FERRY = """The night ferry sails again from April, says the [harbour board](https://harbour.test/news?id=4&lang=en).
Tickets are [sold at the pier](https://harbour.test/pier) and by [letter](mailto:ferry@harbour.test)."""

LAMPS = """Долгий Причал ставит новые лампы: их видно за девять миль.
Подробности — в [отчёте](https://prichal.test/otchet)."""

FEATURE = """Eleven lamps were lit in 1911,[^lamps] and one has never gone out.

## The keeper's day

She writes the log by hand[^log] and reads it aloud to the wind[^lamps]:

> The sea is a slow reader.
>
> It keeps every page.

1. trim the wick
2. wind the clock
   - twice in winter
   - once in summer
3. sleep

### A smaller heading

![A lamp behind "thick" glass](https://images.test/lamp.jpg)

The rule is `light = oil * patience`, and the [whole log](https://log.test/all "Every page") is open.

[^lamps]: The twelfth was sold; see the [ledger](https://log.test/ledger).

[^log]: In pencil, because ink freezes.

    The pencils are kept in a tin."""

TIDES = """本期说说潮汐。
守灯人每天记录水位，已经坚持了四十年，[全部数据](https://tides.test/data)可以查阅。"""

ASK = "The lamp needs oil. *Every* gift keeps it burning."


def make_item(
    kind: ItemKind = "note", title: str = "A title", markdown: str = "Words.", **changes: object
) -> ItemContent:
    """Return one English item without a byline."""
    item = ItemContent(kind=kind, title=title, byline=(), language="en", markdown=markdown)
    return replace(item, **changes)  # type: ignore[arg-type]  # the field's own type is checked where it is used


def make_issue(*items: ItemContent, **changes: object) -> IssueContent:
    """Return an issue of ``items``; with none, of one greeting."""
    issue = IssueContent(
        newsletter=NEWSLETTER,
        volume=3,
        number=12,
        date=date(2026, 1, 5),
        title="Eleven lamps, one keeper",
        preheader="A ferry returns, new lamps on the long pier, and a log that is read to the wind.",
        language="en",
        items=items or (make_item("greeting", "", "Hello."),),
    )
    return replace(issue, **changes)  # type: ignore[arg-type]  # as above


def make_full_issue() -> IssueContent:
    """Return an issue with every kind of item and every element of a text."""
    return make_issue(
        make_item("greeting", "", GREETING),
        make_item("brief", "Ferry returns", FERRY),
        make_item("brief", "Новые лампы", LAMPS, language="ru"),
        make_item("feature", "The keeper of Saltmouth", FEATURE, byline=("Ilse Varga", "Tom Hale")),
        make_item("note", "潮汐", TIDES, language="zh", byline=("林海",)),
        make_item("ask", "Oil for the lamp", ASK),
    )


def list_targets(rendered: RenderedIssue) -> dict[int, str]:
    """Return where each link of ``rendered`` goes, by its number."""
    return {link.number: link.url for link in rendered.links}


JANE = ReaderValues(
    name="Jane O’Neil & <Co>",
    unsubscribe_url="https://letters.test/unsubscribe/aaaa.bbbb?x=1&y=2",
    view_url="https://letters.test/view/cccc.dddd",
    click_url_prefix="https://letters.test/c/eeee.ffff/",
    pixel_url="https://letters.test/o/eeee.ffff.gif",
)
NAMELESS = ReaderValues(
    name=None,
    unsubscribe_url="https://letters.test/unsubscribe/gggg",
    view_url="https://letters.test/view/hhhh",
    click_url_prefix="https://letters.test/c/iiii/",
    pixel_url=None,
)


def make_offer(language: str = "en", *amounts: str) -> GiftOffer:
    """Return what an ask offers: four amounts unless others are given; every address names its language."""
    labels = amounts or ("$25", "$50", "$100", "$250")

    def link(choice: str) -> str:
        return f"https://letters.test/give?ask=AbC-_1&{choice}&lang={language}"

    return GiftOffer(
        amounts=tuple(GiftAmount(label, link(f"amount={place}00")) for place, label in enumerate(labels, start=1)),
        other_url=link("any"),
        monthly_url=link("frequency=monthly"),
        giving_url=f"https://letters.test/giving?lang={language}",
    )


def make_asking_issue() -> IssueContent:
    """Return the full issue of a newsletter whose gifts are taken here."""
    content = make_full_issue()
    *others, ask = content.items
    return replace(
        content,
        newsletter=replace(NEWSLETTER, gift_url=""),
        items=(*others, replace(ask, offer=make_offer())),
        offer=make_offer(),
    )
