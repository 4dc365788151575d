"""One post's HTML becomes one article: its text as Markdown in parts, its notes, and what staff should look at.

A post is one piece with a title and names that its archive states, so nothing is guessed about greetings or items, and
no line is taken for a page's furniture: what an archive holds is the author's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service.manuscripts.blocks import make_blocks
from service.manuscripts.decoding import clean_lines
from service.manuscripts.html import read_tree
from service.manuscripts.html_page import take_out_page_parts
from service.manuscripts.html_tree import parse_page
from service.manuscripts.language import detect_language
from service.manuscripts.manuscript import Aside, Item, ItemKind, item_markdown
from service.manuscripts.notes import read_linked_note
from service.manuscripts.outline import Draft
from service.manuscripts.pointing import give_notes_to_drafts, tie_notes
from service.manuscripts.posts.addresses import mend_links
from service.manuscripts.posts.elsewhere import link_elsewhere
from service.manuscripts.posts.merge_words import take_out_merge_words
from service.manuscripts.posts.traces import MERGED, take_out_traces
from service.manuscripts.source import Passage, Shape, Source

LONGEST_PART: Final = 45_000  # characters; an item of an issue may have 60,000 with its notes
_RULE: Final = "divider between parts"


@dataclass(frozen=True, slots=True)
class Article:
    """A post as it stands from now on.

    ``parts`` are its Markdown, more than one only where it is too long for one item. ``language`` is a BCP 47 base
    tag, "und" where there are no letters. ``warnings`` are what was changed or can't be shown, ``left_out`` what was no
    text of the author's.
    """

    parts: tuple[str, ...]
    language: str
    warnings: tuple[Aside, ...]
    left_out: tuple[Aside, ...]


def read_article(html: str, title: str = "", site: str = "") -> Article:
    """Return the article in a post's HTML, which may have any markup in it; ``title`` only helps to tell the language.

    ``site`` is where the post stood (``https://…``), "" where nobody knows.

    Raises:
        BadInput: when the markup is beyond the limits of ``html_tree``, or there are too many lines.
    """
    source = Source()
    document = parse_page(clean_lines(html, source))
    take_out_traces(document, source)
    link_elsewhere(document, source, site)
    take_out_page_parts(document, source)
    mend_links(document, source, site)
    read_tree(document, source)
    notes = [read_linked_note(passage) for passage in source.passages if passage.shape is Shape.NOTE]
    spoken = [passage for passage in source.passages if passage.shape is not Shape.NOTE]
    passages = [passage for passage in spoken if not _is_rule(passage, source)]
    drafts = [Draft(ItemKind.FEATURE, body=body) for body in _cut(passages)]
    if drafts:
        source.doubts += give_notes_to_drafts(drafts, notes)
    else:
        source.asides += [note.passage.set_aside("a note without a text") for note in notes]
    language = detect_language("\n".join([title, *(passage.plain for passage in passages)]))
    parts = tuple(_write(draft, language, source) for draft in drafts)
    return Article(parts, language, tuple(source.doubts), tuple(source.asides))


def _is_rule(passage: Passage, source: Source) -> bool:
    if passage.shape is Shape.DIVIDER:
        source.asides.append(passage.set_aside(_RULE))
        return True
    return False


def _cut(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Yield the passages in stretches that an item can hold, each as long as may be."""
    part: list[Passage] = []
    length = 0
    for passage in passages:
        if part and length + len(passage.text) > LONGEST_PART:
            yield part
            part, length = [], 0
        part.append(passage)
        length += len(passage.text) + 2
    if part:
        yield part


def _write(draft: Draft, language: str, source: Source) -> str:
    body, notes, doubts = tie_notes(draft)
    source.doubts += doubts
    written = item_markdown(Item(draft.kind, "", (), language, make_blocks(body), notes))
    kept, found = take_out_merge_words(written)  # those whose braces stood in different tags
    if found:
        source.doubts.append(Aside(draft.body[0].lines, "", MERGED))
    return kept
