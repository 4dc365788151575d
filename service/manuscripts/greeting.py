"""How a letter to readers begins, and which headings stand over one. Words only; `outline` decides where it ends."""

import re

_SALUTATION = re.compile(
    r"(?:(?:hello|hi|hey|dear|greetings|welcome|good (?:morning|day|evening|afternoon)|(?:dearest"
    r"|beloved) (?:friends?|readers?)"
    r"|friends|здравствуйте|добрый (?:день|вечер)|доброе утро|привет|приветствуем|дорог(?:ие|ой|ая)|уважаем(?:ые|ый|ая)"
    r"|друзья|приветствую|шановн(?:і|ий|а)|вітаємо|вітаю|добрий день|доброго дня|любі|bonjour|chers?|chères?|salut"
    r"|liebe[rs]?|sehr geehrte[rs]?|hallo|guten tag|hola|queridos?|queridas?|estimad[oa]s?|buenos días|ciao"
    r"|cari|gentili"
    r"|olá|caros|drodzy|szanowni)\b|亲爱的|親愛的|尊敬的|各位|大家好|您好|你好|朋友们)",
    re.IGNORECASE,
)
_ADDRESS_END = re.compile(r"[,!，！:：。.]|$")
_LETTER_TITLE = re.compile(
    r"(?:(?:a )?(?:letter|note|word|welcome|greetings) from (?:the|our|your) (?:editors?|director|president|publisher)"
    r"|from the editors?|editor['’]?s['’]? letter|welcome|greetings?|letter to (?:our )?readers|dear readers?"
    r"|(?:слово|письмо|колонка) (?:редактора|редакции|главного редактора)|от редактора|обращение к читателям"
    r"|приветствие"
    r"|від редактора|слово редактора|卷首语|编辑的话|主编的话|编辑寄语|致读者|卷首語|éditorial|editorial"
    r"|vorwort)[.!:：]?",
    re.IGNORECASE,
)
_WELCOMES = re.compile(
    r"\b(?:welcome|in this (?:issue|edition|month)|this (?:month|week|issue)|inaugural|our readers|dear|happy to)\b"
    r"|добро пожаловать|в этом (?:номере|выпуске)|в нашем (?:номере|выпуске)|у цьому (?:номері|випуску)|ласкаво просимо"
    r"|本期|欢迎|歡迎|读者|dans ce numéro|bienvenue|in dieser ausgabe|willkommen|en este número|bienvenidos",
    re.IGNORECASE,
)


def is_salutation(plain: str) -> bool:
    """Return whether the words open a letter: "Hello Everyone!", "Dear readers, …", "大家好！"."""
    match = _SALUTATION.match(plain.lstrip("\"'“„«*_ "))
    if not match:
        return False
    end = _ADDRESS_END.search(plain, match.end())
    return len(plain) <= 60 or (end is not None and end.end() <= 60 and end.end() < len(plain))


def is_letter_title(plain: str) -> bool:
    """Return whether a heading stands over a letter to readers ("From the editor", "卷首语")."""
    return _LETTER_TITLE.fullmatch(plain.strip()) is not None


def welcomes(plain: str) -> bool:
    """Return whether an opening without a salutation still reads as a welcome to the issue."""
    return _WELCOMES.search(plain) is not None
