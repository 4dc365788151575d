"""The wording of page furniture: lines that a web page or mail puts around an author's text.

A table of reasons and patterns, each matched against a whole line. Says nothing about where a line stands.
"""

import re

_SHARE_WORDS = """
    share|tweet|like|likes|liked|comment|comments|restack|restacks|email|e-mail|print|pin|pin it|post|save
    |copy link|link
    |facebook|twitter|x|linkedin|whatsapp|telegram|reddit|instagram|youtube|mastodon|bluesky|threads|pocket|vk|rss|weibo
    |wechat|follow us|share this|share this post|share this article|share on facebook|share on twitter|share on linkedin
    |more|reply|like this|поделиться|твитнуть|нравится|комментировать|комментарий|в закладки|ссылка|сохранить
    |поширити|分享|转发|点赞|评论|收藏|在看|微博|微信|赞|分享到|複製連結|partager|teilen|compartir
"""
NAVIGATION = "navigation, not text"
SHARE_ROW = "share row, not text"
PICTURE_CREDIT = "picture credit"
ISSUE_NUMBER = "number of the issue (masthead)"
COPYRIGHT = "copyright line"
SIGN_UP = "placeholder or sign-up, not text"

_PHRASES: tuple[tuple[str, str], ...] = (
    (
        NAVIGATION,
        r"""skip to (?:main )?(?:content|navigation)|home|menu|main menu|search|close|back|back to top|to top
        |next|previous
        |next post|previous post|older posts?|newer posts?|sign in|log in|login|sign out|register|my account|archives?
        |about|about us|contact|contact us|view in browser|view (?:this email )?(?:in your browser|online)|open in app
        |read in app|get the app|start writing|discover more(?: from .{1,60})?|all posts|see all|see more|top|latest
        |discussions|no posts|ready for more\?|related(?: posts| articles)?|you may also like|table of contents|cart
        |перейти к (?:основному )?(?:содержанию|содержимому|контенту)|главная|меню|поиск|наверх|войти|назад|далее
        |вперёд|следующая|предыдущая|контакты|о нас|оглавление|содержание|открыть в браузере|читайте также
        |перейти до вмісту|головна|пошук|увійти|跳到(?:主要)?内容|跳至(?:主要)?内容|首页|首頁|菜单|搜索|登录|返回顶部
        |上一页
        |下一页|上一篇|下一篇|关于我们|联系我们|目录|在浏览器中查看|相关阅读|aller au contenu|zum inhalt springen""",
    ),
    (
        SIGN_UP,
        r"""type your email.{0,3}|enter your email(?: address)?.{0,3}|your email(?: address)?.{0,3}
        |email address|subscribe
        |subscribe now|subscribe today|subscribed|sign up|sign up now|join|join now|upgrade to paid|upgrade|get started
        |free subscription|subscribe for free|subscribe to (?:our|the) newsletter|invite your friends|refer a friend
        |read more|continue reading|keep reading|read the full (?:story|article)(?: here)?|learn more
        |click here|more info
        |loading|advertisement|sponsored|ad|thanks for reading .{1,80}! (?:subscribe|this post is public).{0,200}
        |thanks for subscribing.{0,80}|.{1,80} is a reader-supported publication\..{0,200}|leave a comment
        |this post is public so feel free to share it|write a comment.{0,3}|add a comment.{0,3}|lorem ipsum.{0,3000}
        |\[?placeholder\]?|your text here|insert (?:text|image|title) here|t[bk][cd]|подписаться|подпишитесь|подписка
        |введите (?:ваш|свой) (?:e-?mail|адрес).{0,20}|ваш e-?mail|читать далее|читать дальше|подробнее|загрузка|реклама
        |оставить комментарий|підписатися|читати далі|订阅|立即订阅|免费订阅|输入您?的?(?:电子)?邮[箱件].{0,10}|阅读更多
        |阅读全文|点击阅读|继续阅读|了解更多|加载中|广告|发表评论|写评论.{0,3}|查看更多|s'abonner|lire la suite
        |abonnieren
        |weiterlesen|suscribirse|leer más""",
    ),
    (
        "reading time or view count",
        r"""\d{1,3} ?-?min(?:ute)?s?(?: read)?|reading time:? \d.{0,15}|\d[\d,.]* views
        |\d{1,3} мин(?:ут[аы]?)?\.?(?: чтения)?
        |время чтения:? \d.{0,15}|阅读时间.{0,12}|阅读 ?\d+|\d+ ?次阅读""",
    ),
    (
        PICTURE_CREDIT,
        r"""[(\[]?(?:photo|image|picture|illustration|graphic|map|cover|credit|photograph|video|screenshot)s?
        (?: credits?| source| courtesy)?\s?(?:[:：©/|]).{1,160}
        |[(\[]?(?:photo|image|picture|illustration|photograph)s? (?:by|courtesy|via)\b.{1,100}
        |[(\[]?(?:photo|image|picture|cover|file) (?:credit|source|photo).{0,160}
        |.{0,120}\b(?:getty images|shutterstock|unsplash|wikimedia commons|flickr|associated press|ap photo|pexels
        |afp|istock|pixabay|public domain|cc by(?:-sa)?(?: \d\.\d)?)[)\].]{0,2}
        |[(\[]?(?:фото|фотография|иллюстрация|изображение|снимок|источник фото|карта|ілюстрація
        |світлина)\s?[:：©/].{1,160}
        |[（(【\[]?(?:图片来源|图片|图源|图|摄影|摄|照片|插图|配图|圖片來源|攝影)\s?[:：/／｜|].{1,80}
        |[(\[]?(?:crédit photo|crédits?|foto|bild|bildnachweis|abbildung)\s?[:：©/].{1,160}""",
    ),
    (
        COPYRIGHT,
        r"""(?:.{0,80}\s)?(?:©|\(c\)|copyright)\s?.{0,3}(?:19|20)\d\d.{0,160}|(?:©|copyright ©?)\s?.{2,120}
        |.{0,120}all rights reserved\.?.{0,60}|.{0,120}все права защищены\.?.{0,60}|.{0,80}版权所有.{0,60}
        |.{0,120}усі права захищені\.?.{0,60}|.{0,120}(?:tous droits réservés|alle rechte vorbehalten).{0,60}""",
    ),
    (
        "mailing footer, not text",
        r"""unsubscribe|unsubscribe here|manage (?:your )?(?:preferences|subscription)
        |update (?:your )?preferences|privacy
        |privacy policy|terms|terms of service|terms of use|collection notice|cookie policy|cookies
        |accept(?: all)? cookies
        |you(?: are|['’]re) receiving this (?:email|newsletter).{0,300}|privacy ∙ terms ∙ collection notice
        |no longer want to receive.{0,200}|отписаться|отписаться от рассылки|вы получили это письмо.{0,300}
        |политика конфиденциальности|退订|取消订阅|隐私政策|使用条款|您收到此邮件.{0,200}""",
    ),
    (
        ISSUE_NUMBER,
        r"""(?:.{0,80}[\s,|·—–-])?(?:vol(?:ume)?\.?\s?(?:\d{1,4}|[ivxlc]{1,7})\b[\s,|·•—–/-]*)
        (?:(?:no|nr|number|issue|iss|n)[.°º]?\s?\d{1,4})?[\s,
        |·•—–/().-]*(?:[^\W\d_]{3,12}\.?,? )?(?:\d{1,2},? )?(?:\d{4})?\)?
        |(?:issue|no\.|number|edition|nr\.)\s?\#?\d{1,4}[\s,
        |·•—–/()-]*(?:[^\W\d_]{3,12}\.?,? )?(?:\d{1,2},? )?(?:\d{4})?\)?
        |(?:выпуск|номер|том|випуск|№)\s?(?:№\s?)?\d{1,4}(?:[\s,|·•—–/()-]*(?:№|выпуск|номер)?\s?\d{1,4})?
        [\s,|·•—–/()-]*(?:[^\W\d_]{3,12} )?(?:\d{4})?(?: г(?:ода|\.)?)?\)?
        |(?:总?第\s?[\d一二三四五六七八九十百]+[期卷号]\s?){1,3}[\s,，|·（(]*(?:\d{4}年)?(?:\d{1,2}月)?(?:\d{1,2}日)?[）)]?""",
    ),
)
_DATE = r"""
    (?:[^\W\d_]{3,10},? )?(?:\d{1,2}(?:st|nd|rd|th)?\.? (?:de )?)?(?:january|february|march|april|may|june|july
    |august|september|october
    |november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]
    |июл[ья]|августа?|сентябр[ья]|октябр[ья]|ноябр[ья]|декабр[ья]|січ(?:ень|ня)|лют(?:ий|ого)|берез(?:ень|ня)|квіт(?:ень|ня)
    |трав(?:ень|ня)|черв(?:ень|ня)|лип(?:ень|ня)|серп(?:ень|ня)|верес(?:ень|ня)|жовт(?:ень|ня)|листопада?|груд(?:ень|ня)
    |janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|januar|februar|märz|juni|juli
    |oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\.?
    (?: \d{1,2}(?:st|nd|rd|th)?)?,?(?: de)?(?: \d{4})?(?: ?г(?:\.|ода)?| року)?
    |\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:号)?
    |(?:spring|summer|autumn|fall|winter|весна|лето|осень|зима) \d{4}
"""


def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that is wrapped over lines for reading; its spaces count."""
    return re.compile(re.sub(r"\s*\n\s*", "", pattern), re.IGNORECASE)


_FURNITURE = tuple((reason, _compile(pattern)) for reason, pattern in _PHRASES)
_SHARE_ROW = _compile(rf"(?:(?:{_SHARE_WORDS}|\d[\d.,]*k?)(?:[\s·•∙|/,;–—-]+|$))+")
_SHARE_WORD = _compile(rf"\b(?:{_SHARE_WORDS})\b")
_DATE_LINE = _compile(rf"(?:{_DATE})(?:\s?[–—-]\s?(?:{_DATE}))?")
_DECORATION = " \t\u00a0\u3000→»›>←«‹…·•∙|*_[]↓↑▸►"
_LONGEST = 3_200


def find_furniture(plain: str) -> str | None:
    """Return why a line is page furniture, in plain words, or None when it may be the author's text."""
    if len(plain) > _LONGEST:
        return None
    line = " ".join(plain.split())
    bare = line.strip(_DECORATION)
    if len(bare) <= 200 and _SHARE_ROW.fullmatch(bare) and _SHARE_WORD.search(bare):
        return SHARE_ROW
    for reason, pattern in _FURNITURE:
        if pattern.fullmatch(line) or pattern.fullmatch(bare):
            return reason
    return None


def is_date_line(plain: str) -> bool:
    """Return whether a line is a date and nothing else."""
    return 3 < len(plain) <= 60 and any(c.isdigit() for c in plain) and _DATE_LINE.fullmatch(plain.strip()) is not None
