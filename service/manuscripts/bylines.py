"""Who wrote a piece: a line such as "by A and B", "Автор: …" or "作者：…" becomes names.

A line is a byline only if everything after the mark is names or what people are ("Senior Editor").
It never looks at the lines around; whether a title stands above is decided in `outline`.
"""

import re
from dataclasses import dataclass

_BY = r"(?:(?:written|reported|story|text|words|report|article|essay|analysis)\s+)?by\s*:?\s+"
_AUTHOR = (
    r"(?:authors?|autor[ae]?s?|auteure?s?|testo|texte|text|текст)\s*[:：]\s*"
    r"|(?:автори?|авторы|авторка)\s*[:：—–-]\s*"
    r"|(?:作者|撰文|记者|記者|文字|文)\s*[:：/／|｜]\s*|(?:作者|撰文)\s+"
)
_LINE = re.compile(
    rf"[\s*_—–\-|·(（]*(?:{_BY}|{_AUTHOR}|(?:par|von|por)\s+)(?P<names>\S.*?)[\s*_.。)）]*", re.IGNORECASE | re.DOTALL
)
_IN_TITLE = re.compile(
    rf"(?P<title>\S.*)(?:(?<=\s){_BY}|(?<=[\s(（]){_AUTHOR})(?P<names>\S.*?)[\s*_)）.。]*", re.IGNORECASE | re.DOTALL
)
_AUTHOR_MARK = re.compile(_AUTHOR, re.IGNORECASE)
_TITLE_TAIL = " \t\n\u00a0\u3000\\,，—–-|·:：/／(（"

_AND = r"\s(?:and|и|і|та|y|e|et|und|with)\s|&|(?<=[\u4e00-\u9fff])[和与與及](?=[\u4e00-\u9fff])"
_SPLIT = re.compile(rf"\s*([,，、;；/\n]\s*(?:and\s|и\s)?|{_AND})\s*")
_DATE_TAIL = re.compile(r"\s*[|·•—–]\s*[^|·•—–]*\d[^|·•—–]*$")
_ROLE = re.compile(
    r"\b(?:fellow|editors?|editor-in-chief|correspondent|professor|director|analyst|reporter|staff|senior|junior"
    r"|contributing|contributor|writer|columnist|researcher|scholar|president|chair|phd|ph\.d|mp"
    r"|редактор|корреспондент|профессор|директор|аналитик|обозреватель|сотрудник|редакторка|кореспондент)\b"
    r"|编辑|记者|教授|研究员|特约|主编",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    """de da di do dos das del della der den des du la le van von zu bin ibn al el оглы кызы""".split()  # noqa: SIM905 - words read better in a row
)
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[’'ʼ.\-‐‑·・])*")
_HAN = r"[\u3400-\u9fff]"
_CHINESE_NAME = re.compile(rf"{_HAN}{{2,4}}|{_HAN}{{1,8}}(?:[·・•]{_HAN}{{1,8}})+")


@dataclass(frozen=True, slots=True)
class Byline:
    """Names of authors, and the other words of the line (``by … and``), which are accounted for as left out."""

    names: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class TitleWithByline:
    """A title and its authors on one line. ``certain`` when more than the word "by" stood between them."""

    title: str
    byline: Byline
    certain: bool


def parse_byline(line: str) -> Byline | None:
    """Return the names on a line that is a byline and nothing else, otherwise None."""
    if len(line) > 200:
        return None
    match = _LINE.fullmatch(line.strip())
    return _read_names(line, match["names"]) if match else None


def parse_names(line: str) -> Byline | None:
    """Return the names on a line that the markup calls a byline, with or without "by"; otherwise None."""
    return parse_byline(line) or (_read_names(line, line.strip()) if len(line) <= 200 else None)


def split_title(line: str) -> TitleWithByline | None:
    """Return title and byline of a line such as "Title — by Name", or None when no names end the line."""
    match = _IN_TITLE.fullmatch(line) if len(line) <= 300 else None
    if not match:
        return None
    title = match["title"].rstrip(_TITLE_TAIL)
    label = line[len(title) :]
    certain = label.strip()[:1] in _TITLE_TAIL or "\n" in label or _AUTHOR_MARK.search(label) is not None
    byline = _read_names(label, match["names"])
    if len(title) < 2 or byline is None or not (certain or _has_full_names(byline)):
        return None
    return TitleWithByline(title, byline, certain)


def _has_full_names(byline: Byline) -> bool:
    return all(len(name.split()) > 1 for name in byline.names)


def _read_names(line: str, words: str) -> Byline | None:
    dated = _DATE_TAIL.search(words)
    parts = ["", *_SPLIT.split(words[: dated.start()] if dated else words)]
    names: list[str] = []
    in_role = False
    for joint, part in zip(parts[::2], parts[1::2], strict=True):
        piece = part.strip(" \t\u00a0\u3000*_")
        in_role = bool(_ROLE.search(piece)) or (in_role and joint.strip() in {",", "，", "、"})
        if piece and not in_role:
            if not _is_name(piece):
                return None
            names.append(piece)
    if not names:
        return None
    label = line
    for name in names:
        label = label.replace(name, "…", 1)
    return Byline(tuple(names), label.strip(" …\t"))


def _is_name(piece: str) -> bool:
    if _CHINESE_NAME.fullmatch(piece):
        return True
    words = piece.split()
    return (
        1 <= len(words) <= 5
        and all(map(_is_name_word, words))
        and any(word not in _PARTICLES and len(word) > 1 for word in words)
    )


def _is_name_word(word: str) -> bool:
    if word in _PARTICLES:
        return True
    # Scripts without capitals have no upper case to ask for, so "not lower" is the test.
    return _NAME_WORD.fullmatch(word) is not None and not word[0].islower()
