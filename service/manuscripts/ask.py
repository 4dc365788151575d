"""The closing thanks and request for gifts, and what stands after it: readers' comments copied along with the page.

An ask is found at the end of an item's body only. Words that merely mention donations inside an article stay there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.manuscripts.clean import READERS_COMMENT
from service.manuscripts.manuscript import Aside, ItemKind
from service.manuscripts.outline import Draft
from service.manuscripts.source import Passage, Shape

_SIGNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bdonat(?:e|ion|ions|ing)\b|пожертвован|\bдонат|捐款|捐赠|捐助|捐贈|打赏|赞助|\bspende[nt]?\b|\bdon(?:s|ner)?\b|\bdonaci",
        r"tax[- ]deductible|налогов\w+ вычет|免税|抵税|déductible|steuerlich absetz",
        r"501\s?\(c\)|non-?profit|charity|некоммерческ|благотворительн|非营利|非盈利|慈善|gemeinnützig"
        r"|but non lucratif",
        r"paypal|patreon|ko-?fi\b|gofundme|liberapay|buy me a coffee|boosty|юmoney|支付宝|微信支付",
        r"\bsupport (?:us|our|the|this|independent)\b|\bsupporters?\b|your support|поддерж(?:ать|ите|ку|ке|ка)|підтрима"
        r"|支持|\bsoutenez\b|\bunterstütz",
        r"\b(?:one-time|monthly|recurring) (?:gift|donation|contribution)|\bcontribut(?:e|ion)s?\b|\bsubscrib"
        r"|подписк|подпишитесь"
        r"|订阅|пожертв|\bgifts?\b",
    )
)
_THANKS = re.compile(
    r"\b(?:thank(?:s| you)|grateful)\b|спасибо|благодар|дякуємо|щиро дякую|感谢|谢谢|感謝|謝謝|\bmerci\b|\bdanke\b"
    r"|\bgracias\b|\bobrigad|\bgrazie\b",
    re.IGNORECASE,
)
_READER = re.compile(
    r"\b(?:you|your|please|our|us)\b|\b(?:вы|вас|вам|ваш\w*|нас|нам|наш\w*|пожалуйста|вашу)\b|您|你|我们|请|各位|\b(?:vous|votre|nos"
    r"|sie|ihre?|uns\w*|usted|su|nuestr\w+|ваш\w*)\b",
    re.IGNORECASE,
)
_LINK_ONLY = re.compile(
    r"(?:.{0,60}[:：]\s*)?(?:<?https?://\S+>?|www\.\S+|[\w.-]+\.(?:com|org|net|me)/\S+|\[[^\]]{1,80}\]\(\S+\))[.!]?",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"[—–-]\s?\S.{0,60}|(?:warmly|best|best wishes|kind regards|regards|sincerely|yours|cheers|with thanks"
    r"|see you.{0,40}"
    r"|until next (?:time|month|week)|с уважением|с благодарностью|до встречи.{0,40}|此致|敬礼|祝好)[,!.，！。]?"
    r"|(?:the |your )?.{0,40}\b(?:editors?|team|staff|редакция|команда)\.?|.{0,12}(?:编辑部|编辑|团队|敬上)",
    re.IGNORECASE,
)
_LONGEST = 1_500
_LONGEST_THANKS = 400


@dataclass(slots=True)
class Closing:
    """An item's body without its closing, the ask, and what was left out or is in doubt after it."""

    drafts: list[Draft]
    asides: list[Aside] = field(default_factory=list)
    doubts: list[Aside] = field(default_factory=list)


def split_closing(draft: Draft, *, last: bool) -> Closing:
    """Cut the ask off the end of ``draft``.

    ``last`` says that no item follows: only then may the thanks stand alone, and only then are passages after the
    ask readers' comments.
    """
    start, end = _find_ask(draft.body, last=last)
    if start == end:
        return Closing([draft])
    while end < len(draft.body) and _SIGN_OFF.fullmatch(draft.body[end].plain):
        end += 1
    ask = Draft(ItemKind.ASK, body=draft.body[start:end])
    rest = draft.body[end:]
    drafts = [draft, ask]
    draft.body = draft.body[:start]
    if draft.kind is ItemKind.ASK or (not draft.body and draft.title is None):
        # The draft is nothing but the ask: it keeps its title and its notes.
        draft.kind, draft.body = ItemKind.ASK, draft.body + ask.body
        drafts = [draft]
    return _settle_rest(Closing(drafts), rest, sure=_weigh(ask.body) >= 3)


def _settle_rest(closing: Closing, rest: list[Passage], *, sure: bool) -> Closing:
    if not rest:
        return closing
    if not sure or any(passage.shape is Shape.HEADING for passage in rest):
        closing.drafts.append(Draft(ItemKind.NOTE, body=rest))
        reason = "Text after the closing thanks: is it part of the issue, or a reader's comment?"
        closing.doubts.append(rest[0].in_doubt(reason))
        return closing
    closing.asides += [passage.set_aside(f"{READERS_COMMENT} (it stands after the closing ask)") for passage in rest]
    if len(rest) > 5 or sum(len(passage.plain) for passage in rest) > 2_000:
        closing.doubts.append(
            rest[0].in_doubt(f"{len(rest)} paragraphs after the closing ask were left out as comments.")
        )
    return closing


def _find_ask(body: Sequence[Passage], *, last: bool) -> tuple[int, int]:
    """Return the first and one past the last position of the closing ask; equal when there is none."""
    end = len(body)
    if last:
        # A comment is shorter than an article: an "ask" far from the end is a mention.
        floor = max(0, len(body) - 12)
        while end > floor and not _counts(body[end - 1]):
            end -= 1
        end = end if end > floor else 0
    start = end
    while start > 0 and (_counts(body[start - 1]) or _LINK_ONLY.fullmatch(body[start - 1].plain)):
        start -= 1
    while start < end and not _counts(body[start]):
        start += 1
    if start == end:
        return 0, 0
    while end < len(body) and _LINK_ONLY.fullmatch(body[end].plain):
        end += 1
    return (start, end) if _is_ask(body, start, end, last=last) else (0, 0)


def _is_ask(body: Sequence[Passage], start: int, end: int, *, last: bool) -> bool:
    weight = _weigh(body[start:end])
    if end == len(body):
        return weight >= (1 if last else 3)
    after = sum(len(passage.plain) for passage in body[end:])
    return weight >= 2 and after <= max(2_000, sum(len(passage.plain) for passage in body[:end]) // 3)


def _counts(passage: Passage) -> bool:
    """Return whether a passage speaks to readers of gifts, or thanks them."""
    plain = passage.plain
    if passage.shape is not Shape.PARAGRAPH or len(plain) > _LONGEST or not _READER.search(plain):
        return False
    thanks = len(plain) <= _LONGEST_THANKS and _THANKS.search(plain[:80]) is not None
    return thanks or sum(sign.search(plain) is not None for sign in _SIGNS) >= 2


def _weigh(passages: Sequence[Passage]) -> int:
    """Count the different signs of an ask: kinds of words, thanks, and a link on a line of its own."""
    words = "\n".join(passage.plain for passage in passages)
    signs = sum(sign.search(words) is not None for sign in _SIGNS)
    links = any(_LINK_ONLY.fullmatch(passage.plain) for passage in passages)
    return signs + (_THANKS.search(words) is not None) + links
