"""An issue to measure with: a mail of a wanted size, with so many tracked links in its HTML and in its text.

Owns the words. Everything goes through the doors that staff use; never releases anything.
"""

from itertools import cycle, islice

from sqlalchemy.orm import Session

from service.errors import BadInput
from service.issues.editing import create_issue
from service.issues.models import Issue, Item, Newsletter
from service.issues.render import render_draft
from service.issues.states import ItemKind
from service.rendering.template import ReaderValues, compile_template

FEATURES = 5
# Words of several lengths and scripts: a mail of one letter repeated would be kinder to every step than real ones are.
_TEXT = (
    "The ferry line across the northern strait returns in April after nine years, and both harbour towns will share "
    "the cost of dredging; “nobody asked us in writing,” says the pilot at Долгий Причал, whose ledger still closes at "
    "five. Four rail operators agree on one wagon pass, the break of gauge stays, and a container of dried apricots "
    "waits beside a fence for eleven of its nineteen days."
)
_WORDS = _TEXT.split()
# As long as a real reader's values; what they say does not matter for the size.
_READER = ReaderValues(
    name="Reader Number 500000",
    unsubscribe_url=f"http://letters.example.org/unsubscribe/{'t' * 40}",
    view_url=f"http://letters.example.org/view/{'t' * 40}",
    click_url_prefix=f"http://letters.example.org/c/{'t' * 40}/",
    pixel_url=f"http://letters.example.org/o/{'t' * 40}.gif",
)
_TOLERANCE = 0.02


def add_specimen_newsletter(session: Session, slug: str) -> Newsletter:
    """Store a newsletter that sends from ``slug.example.org``."""
    newsletter = Newsletter(
        slug=slug,
        list_id=f"{slug}.letters.example",
        name=f"The {slug.title()} Letter",
        tagline="A monthly letter on the places where northern trade routes meet",
        language="en",
        publisher="Northern Crossings Institute",
        postal_address="Northern Crossings Institute, 14 Wharf Lane, Portland, ME 04101, USA",
        sender_name="Crossings",
        sender_address=f"letter@{slug}.example.org",
        reply_address=f"editor@{slug}.example.org",
    )
    session.add(newsletter)
    session.flush()
    return newsletter


def add_specimen(session: Session, newsletter: Newsletter, size: int, links: int, base_url: str) -> Issue:
    """Store a draft whose mail has about ``size`` bytes and ``links`` links in each of its parts.

    Raises:
        BadInput: so many links do not fit into so few bytes.
    """
    issue = create_issue(session, newsletter)
    issue.title = "One container, eleven signatures"
    issue.preheader = "Eleven signatures for one container of apricots, and what the ice charts really say."
    words = size // 16  # each stands in both parts, and HTML adds a frame; the steps below mend the guess
    for _ in range(6):
        issue.items = _write_items(words, links)
        session.flush()
        reached = _measure(issue, base_url)
        if abs(size - reached) <= size * _TOLERANCE:
            return issue
        words = max(links, words + (size - reached) // 13)
    raise BadInput(f"A mail with {links} links can't have {size:,} bytes; the nearest has {reached:,}.")


def _write_items(words: int, links: int) -> list[Item]:
    greeting = _item(1, ItemKind.GREETING, "", "Dear {{name|reader}},\n\nWelcome to this number.")
    chapters = [
        _item(place + 2, ItemKind.FEATURE, f"Chapter {place + 1}", _write_chapter(place, words // FEATURES, links))
        for place in range(FEATURES)
    ]
    return [greeting, *chapters]


def _write_chapter(place: int, words: int, links: int) -> str:
    """Return one chapter of ``words`` words with its share of the links spread over it, a paragraph about each."""
    numbers = range(place, links, FEATURES)
    stream = islice(cycle(_WORDS), place, None)
    paragraphs = [
        f"{' '.join(islice(stream, max(1, words // max(1, len(numbers)))))} "
        f"[Station {number}](https://stations.example.net/line-{number}/timetable?from=harbour)"
        for number in numbers
    ] or [" ".join(islice(stream, words))]
    return "\n\n".join(paragraphs)


def _item(position: int, kind: ItemKind, title: str, markdown: str) -> Item:
    return Item(position=position, kind=kind, title=title, byline=[], language="en", markdown=markdown)


def _measure(issue: Issue, base_url: str) -> int:
    return len(compile_template(render_draft(issue, base_url)).join(_READER))
