"""HTML typed inside Markdown lines: it is shown as it was typed and never reaches a reader as markup.

Line breaks and comments are the exception: a break becomes Markdown's own, a comment is set aside.
"""

import re
from dataclasses import replace

from service.manuscripts.manuscript import Aside
from service.manuscripts.markup import plain_words
from service.manuscripts.source import Passage, Source

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>\s*", re.IGNORECASE)
# A tag, but not an address in angle brackets: CommonMark 6.5 and 6.6.
_TAG = re.compile(r"(?<!\\)<(?=/?[A-Za-z][A-Za-z0-9-]*(?:[\s/][^<>]*)?>)")
_PROGRAM_LINK = re.compile(r"\](?=\(\s*<?\s*(?:javascript|vbscript|data:text)\b)", re.IGNORECASE)
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)[^`\n]+\1(?!`)")


def disarm(passage: Passage, source: Source) -> Passage:
    """Return the passage without live HTML in its text; staff are warned of what is now shown as typed."""
    if "<" not in passage.text and "](" not in passage.text:
        return passage
    text = _take_out_comments(passage, source)
    breaks = "".join(_BREAK.findall(text))
    text = _BREAK.sub("\\\\\n", text)
    disarmed = _outside_code(text)
    if disarmed != text:
        source.doubts.append(passage.in_doubt("HTML inside the text: readers would see it as it was typed."))
    marks = passage.marks + "".join(breaks.split())
    return replace(passage, text=disarmed, plain=plain_words(disarmed), marks=marks)


def _take_out_comments(passage: Passage, source: Source) -> str:
    # Looking no further than the last end keeps the search from starting anew at every "<!--".
    end = passage.text.rfind("-->") + 3
    comments = _COMMENT.findall(passage.text[:end]) if end > 2 else []
    source.asides += [Aside(passage.lines, comment, "comment in the markup, not text") for comment in comments]
    return _COMMENT.sub("", passage.text[:end]) + passage.text[end:] if comments else passage.text


def _outside_code(text: str) -> str:
    pieces, position = [], 0
    for code in _CODE.finditer(text):
        pieces += [_disarm_prose(text[position : code.start()]), code[0]]
        position = code.end()
    return "".join([*pieces, _disarm_prose(text[position:])])


def _disarm_prose(text: str) -> str:
    return _PROGRAM_LINK.sub(r"]\\", _TAG.sub(r"\\<", text))
