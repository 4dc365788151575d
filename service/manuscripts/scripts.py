"""Programs pasted into text or Markdown: taken out whole, listed, and warned about. Never run, never kept.

HTML files do not come here: their reader drops script elements from the parsed page.
"""

from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Source

_TAGS = ("script", "style", "iframe", "object", "noscript")
_AFTER_TAG = frozenset("> \t\r\n/")


def take_out_scripts(text: str, source: Source) -> str:
    """Return ``text`` without pasted script and style elements, its line numbers unchanged.

    Each is listed in ``source.asides``, and a script also in ``source.doubts``: staff should know that it was there.
    A tag that is never closed is a mention, not a program, and stays.
    """
    kept: list[str] = []
    position, line = 0, 1
    for start, end, tag in _find_elements(text):
        if start < position:
            continue
        found = text[start:end]
        breaks = _count_line_ends(found)
        line += _count_line_ends(text[position:start])
        source.asides.append(Aside((line, line + breaks), found, f"{tag}, not text"))
        if tag == "script":
            doubt = "A script was pasted with the text; it was left out and never run."
            source.doubts.append(Aside((line, line + breaks), found[:200], doubt))
        kept += [text[position:start], "\n" * breaks or " "]
        position, line = end, line + breaks
    return "".join([*kept, text[position:]])


def _count_line_ends(text: str) -> int:
    return len((text + "x").splitlines()) - 1


def _find_elements(text: str) -> list[tuple[int, int, str]]:
    """Find closed elements by plain searching: the cost grows with the text alone, whatever was pasted."""
    # Only ASCII letters are lowered, because lowering others (İ) would change the length and so the positions.
    lower = text.lower() if text.isascii() else "".join(c.lower() if c.isascii() else c for c in text)
    found = []
    for tag in _TAGS:
        position = 0
        while (start := lower.find("<" + tag, position)) != -1:
            close = lower.find("</" + tag, start)
            end = lower.find(">", close) if close != -1 else -1
            if end == -1:
                break
            position = start + 1
            if lower[start + len(tag) + 1] in _AFTER_TAG:
                position = end + 1
                found.append((start, position, tag))
    return sorted(found)
