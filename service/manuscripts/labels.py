"""The lines that name a section of an issue, in the languages we meet: briefs, features, notes, readers' comments.

A label is the whole line, whatever its case and decoration. It never decides where a section ends.
"""

import re
from enum import StrEnum


class Label(StrEnum):
    """What a section label announces."""

    BRIEFS = "briefs"
    FEATURES = "features"
    NOTES = "notes"
    COMMENTS = "comments"
    INSIDE = "inside"
    """A heading that only ever stands inside an article, such as a conclusion."""


_WORDS: dict[Label, str] = {
    Label.BRIEFS: """
        briefs|brief|in brief|news in brief|news briefs|news brief|briefly|short news|quick news|quick takes
        |news roundup
        |roundup|round-up|news round-up|headlines in brief|short takes|коротко|кратко|вкратце|новости коротко
        |коротко о главном|новости вкратце|новости кратко|стисло|коротко про головне|новини коротко
        |简讯|短讯|快讯|要闻|要闻简报|新闻简报|新闻简讯|简报|本月简讯|本期简讯|簡訊|短訊|快訊|要聞
        |en bref|brèves|l'actualité en bref|kurz notiert|kurzmeldungen|kurz gemeldet|in kürze|breves|en breve
        |noticias breves|in breve|brevi|em breve|w skrócie""",
    Label.FEATURES: """
        features|feature articles|featured articles|feature stories|articles|analysis|analyses|in depth|in-depth
        |long reads|essays|reports|статьи|аналитика|подробно|большие материалы|материалы номера|статті|аналітика
        |专题|专题文章|深度|深度文章|特稿|文章|分析|專題|dossiers?|hintergrund|análisis|artículos""",
    Label.NOTES: """
        notes?|footnotes?|endnotes?|end notes|notes and references|references|notes and sources|примечани[ея]|сноски
        |ссылки и примечания|примітк[аи]|виноски|注释|注釋|注|脚注|註|附注|尾注|参考文献|anmerkungen|fußnoten
        |notes de bas de page|notas|note""",
    Label.COMMENTS: r"""
        comments|comments \(\d+\)|\d+ comments?|\(\d+\) comments|readers?['’]? comments|comments from readers
        |discussion about this post|discussion about this article|responses?|\d+ responses|комментарии
        |комментарии \(\d+\)|комментарии читателей|\d+ комментари[йяев]+|коментарі|коментарі читачів
        |评论|读者评论|留言|读者留言|\d+ ?条评论|評論|讀者評論|kommentare|commentaires|comentarios""",
    Label.INSIDE: """
        conclusions?|introduction|background|summary|in conclusion|key points|takeaways|key takeaways|outlook
        |заключение|выводы?|введение|предыстория|итоги?|висновки|висновок|вступ|结论|结语|引言|前言|背景|总结|結論|結語
        |fazit|einleitung|hintergründe|conclusión|introducción|conclusiones""",
}
_PATTERNS = {label: re.compile(re.sub(r"\s*\n\s*", "", words)) for label, words in _WORDS.items()}
_DECORATION = " \t\u00a0\u3000:：.*_#~|=—–-•·【】[]《》「」■◆●▪►▶"


def find_label(plain: str) -> Label | None:
    """Return what a line announces when it is a section label and nothing else, otherwise None."""
    if len(plain) > 60:
        return None
    words = " ".join(plain.strip(_DECORATION).casefold().split())
    for label, pattern in _PATTERNS.items():
        if pattern.fullmatch(words):
            return label
    return None


def is_label(plain: str) -> bool:
    """Return whether the whole line is a section label."""
    return find_label(plain) is not None
