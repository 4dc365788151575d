"""Headings that say what kind of item stands below them: an editors' note, a request for gifts, a letter to readers.

Whole lines only, in the languages we meet. Whether such a line begins an item is decided in `outline`.
"""

import re

from service.manuscripts.greeting import is_letter_title
from service.manuscripts.manuscript import ItemKind

_NOTE_TITLE = re.compile(
    r"(?:editor['’]?s['’]? note|a note (?:on|to|about|from)\b.{0,80}|corrections?|announcements?|upcoming events|events"
    r"|calendar|от редакции|примечание редакции|поправк[аи]|объявлени[ея]|анонсы?|события|від редакції|编者按|更正"
    r"|公告|活动预告|note de la rédaction)[:：.]?",
    re.IGNORECASE,
)
_ASK_TITLE = re.compile(
    r"(?:please )?(?:support (?:us|our work|our journalism|this (?:letter|newsletter)|the .{2,60})"
    r"|donate(?: now| today)?"
    r"|how (?:you can|to) (?:help|support)(?: us)?|help us.{0,40}|make a (?:gift|donation)"
    r"|thank you(?: for your support)?"
    r"|поддерж(?:ите|ать)(?: нас| нашу работу| издание| журнал| проект)?|как (?:нам )?помочь"
    r"|помогите нам.{0,30}|спасибо"
    r"|підтрима(?:йте|ти)(?: нас)?|支持我们|捐款|捐赠|如何支持我们|感谢您的支持|faire un don|soutenez-nous|spenden"
    r"|unterstützen sie uns)[!！:：.]?",
    re.IGNORECASE,
)


def find_kind(plain: str) -> ItemKind | None:
    """Return the kind of item that a heading announces by its words, None when it could head anything."""
    if _NOTE_TITLE.fullmatch(plain):
        return ItemKind.NOTE
    if _ASK_TITLE.fullmatch(plain):
        return ItemKind.ASK
    return ItemKind.GREETING if is_letter_title(plain) else None
