"""Briefs whose headlines are not lines of their own: "**Ferry returns.** The boat…" and bare paragraphs.

It only looks at a brief without a title; the others were cut by `outline`.
"""

import re
from dataclasses import replace

from service.manuscripts.manuscript import ItemKind
from service.manuscripts.markup import plain_words
from service.manuscripts.outline import Draft
from service.manuscripts.source import Passage, Shape

_BOLD_LEAD = re.compile(
    r"(?P<stars>\*\*|__)(?P<lead>[^*_\n]{2,160}?)(?P<stop>[.:：。—–-]?)\s*(?P=stars)\s*(?P<after>[.:：。—–-]?)\s*"
)


def split_untitled_brief(draft: Draft) -> list[Draft]:
    """Return a brief without a title as one brief for each paragraph that begins with a bold lead.

    Paragraphs without a lead belong to the brief above; if none has one, each paragraph is a brief by itself.
    """
    if draft.kind is not ItemKind.BRIEF or draft.title is not None:
        return [draft]
    leads = [_BOLD_LEAD.match(passage.text) for passage in draft.body]
    parts: list[Draft] = []
    for passage, lead in zip(draft.body, leads, strict=True):
        if lead and len(passage.text) > lead.end():
            parts.append(_led_brief(passage, lead))
        elif parts and (any(leads) or passage.shape is not Shape.PARAGRAPH):
            parts[-1].body.append(passage)
        else:
            parts.append(Draft(ItemKind.BRIEF, body=[passage]))
    return parts


def _led_brief(passage: Passage, lead: re.Match[str]) -> Draft:
    words = plain_words(lead["lead"]).strip()
    title = Passage(passage.lines, words, words, raw=lead[0].strip())
    rest = replace(passage, text=passage.text[lead.end() :], plain=passage.plain[len(words) :].lstrip(" \n.:：。—–-"))
    return Draft(ItemKind.BRIEF, title, words, body=[rest])
