"""The publication's own few words (Contents, Notes, Unsubscribe …), dates and numbers, by language.

Owns the wording that frames an issue, never an author's text. A language without words of its own gets English.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from service.languages.choosing import primary_subtag


@dataclass(frozen=True)
class Words:
    """One language's words. Templates with ``{}`` are filled by the methods; the rest are shown as they are."""

    language: str
    contents: str
    briefs: str
    notes: str
    note_reference: str
    note_back: str
    by: str
    joiner: str
    last_joiner: str
    give: str
    give_heading: str
    give_amount: str
    give_other: str
    give_monthly: str
    thanks_heading: str
    thanks: str
    thanks_link: str
    unsubscribe: str
    view: str
    earlier: str
    reason: str
    write: str
    image: str
    volume: str
    number: str
    months: tuple[str, ...]
    date_form: str

    def format_date(self, day: date) -> str:
        """Return ``day`` as this language writes it in running text."""
        return self.date_form.format(day=day.day, month=self.months[day.month - 1], year=day.year)

    def format_number(self, volume: int | None, number: int) -> str:
        """Return the issue's number, with its volume when it has one."""
        issue = self.number.format(number)
        return issue if volume is None else self.volume.format(volume) + issue

    def format_byline(self, names: tuple[str, ...]) -> str:
        """Return the authors' names as one line, or an empty string when there are none."""
        if not names:
            return ""
        *rest, last = names
        joined = self.joiner.join(rest) + self.last_joiner + last if rest else last
        return self.by.format(joined)


_ENGLISH: Final = Words(
    language="en",
    contents="In this issue",
    briefs="Briefs",
    notes="Notes",
    note_reference="Note {}",
    note_back="Back to the text at note {}",
    by="By {}",
    joiner=", ",
    last_joiner=" and ",
    give="Make a gift",
    give_heading="Support our work",
    give_amount="Give {}",
    give_other="Another amount",
    give_monthly="Give monthly",
    thanks_heading="Thank you for your gift",
    thanks="It pays for this issue.",
    thanks_link="Your gifts and receipts",
    unsubscribe="Unsubscribe",
    view="View in a browser",
    earlier="Earlier issues",
    reason="You receive {} because you confirmed a subscription.",
    write="Write to us",
    image="Image",
    volume="Volume {}, ",
    number="No. {}",
    months=tuple(
        "January February March April May June July August September October November December".split()  # noqa: SIM905 - twelve quoted names are harder to read
    ),
    date_form="{day} {month} {year}",
)

_RUSSIAN: Final = Words(
    language="ru",
    contents="В этом номере",
    briefs="Коротко",
    notes="Примечания",
    note_reference="Примечание {}",
    note_back="Назад к тексту, примечание {}",
    by="{}",
    joiner=", ",
    last_joiner=" и ",
    give="Поддержать",
    give_heading="Поддержите нашу работу",
    give_amount="Пожертвовать {}",
    give_other="Другая сумма",
    give_monthly="Помогать ежемесячно",
    thanks_heading="Спасибо за вашу поддержку",
    thanks="Благодаря вам выходит этот номер.",
    thanks_link="Ваши пожертвования и квитанции",
    unsubscribe="Отписаться",
    view="Открыть в браузере",
    earlier="Прошлые номера",
    reason="Вы получаете «{}», потому что подтвердили подписку.",
    write="Написать нам",
    image="Изображение",
    volume="Том {}, ",
    number="№ {}",
    months=tuple("января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()),  # noqa: SIM905 - as above
    date_form="{day} {month} {year}",
)

_CHINESE: Final = Words(
    language="zh",
    contents="本期目录",
    briefs="简讯",
    notes="注释",
    note_reference="注{}",
    note_back="返回正文注{}处",
    by="{}",
    joiner="、",
    last_joiner="、",
    give="捐款支持",
    give_heading="支持我们的工作",
    give_amount="捐款 {}",
    give_other="其他金额",
    give_monthly="每月捐款",
    thanks_heading="感谢您的捐款",
    thanks="本期的出版有您的一份支持。",
    thanks_link="您的捐款与收据",
    unsubscribe="退订",
    view="在浏览器中查看",
    earlier="往期",
    reason="您确认订阅了《{}》，因此收到本邮件。",
    write="联系我们",
    image="图片",
    volume="第{}卷 ",
    number="第{}期",
    months=tuple(str(month) for month in range(1, 13)),
    date_form="{year}年{month}月{day}日",
)

_FRENCH: Final = Words(
    language="fr",
    contents="Dans ce numéro",
    briefs="En bref",
    notes="Notes",
    note_reference="Note {}",
    note_back="Retour au texte, note {}",
    by="Par {}",
    joiner=", ",
    last_joiner=" et ",
    give="Faire un don",
    give_heading="Soutenez notre travail",
    give_amount="Donner {}",
    give_other="Un autre montant",
    give_monthly="Donner chaque mois",
    thanks_heading="Merci de votre don",
    thanks="Il rend ce numéro possible.",
    thanks_link="Vos dons et reçus",
    unsubscribe="Se désabonner",
    view="Voir dans un navigateur",
    earlier="Numéros précédents",
    reason="Vous recevez «\u00a0{}\u00a0» parce que vous avez confirmé votre abonnement.",
    write="Nous écrire",
    image="Image",
    volume="Volume {}, ",
    number="n° {}",
    months=tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()),  # noqa: SIM905 - as above
    date_form="{day} {month} {year}",
)

_SPANISH: Final = Words(
    language="es",
    contents="En este número",
    briefs="En breve",
    notes="Notas",
    note_reference="Nota {}",
    note_back="Volver al texto, nota {}",
    by="Por {}",
    joiner=", ",
    last_joiner=" y ",
    give="Hacer un donativo",
    give_heading="Apoye nuestro trabajo",
    give_amount="Donar {}",
    give_other="Otra cantidad",
    give_monthly="Donar cada mes",
    thanks_heading="Gracias por su donativo",
    thanks="Hace posible este número.",
    thanks_link="Sus donativos y recibos",
    unsubscribe="Darse de baja",
    view="Ver en un navegador",
    earlier="Números anteriores",
    reason="Recibe «{}» porque confirmó su suscripción.",
    write="Escríbanos",
    image="Imagen",
    volume="Volumen {}, ",
    number="n.º {}",
    months=tuple(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905 - as above
    ),
    date_form="{day} de {month} de {year}",
)

_GERMAN: Final = Words(
    language="de",
    contents="In dieser Ausgabe",
    briefs="Kurz gemeldet",
    notes="Anmerkungen",
    note_reference="Anmerkung {}",
    note_back="Zurück zum Text, Anmerkung {}",
    by="Von {}",
    joiner=", ",
    last_joiner=" und ",
    give="Spenden",
    give_heading="Unterstützen Sie unsere Arbeit",
    give_amount="{} spenden",
    give_other="Anderer Betrag",
    give_monthly="Monatlich spenden",
    thanks_heading="Danke für Ihre Spende",
    thanks="Sie macht diese Ausgabe möglich.",
    thanks_link="Ihre Spenden und Quittungen",
    unsubscribe="Abbestellen",
    view="Im Browser ansehen",
    earlier="Frühere Ausgaben",
    reason="Sie erhalten „{}“, weil Sie Ihr Abonnement bestätigt haben.",
    write="Schreiben Sie uns",
    image="Bild",
    volume="Jahrgang {}, ",
    number="Nr. {}",
    months=tuple(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()  # noqa: SIM905 - as above
    ),
    date_form="{day}. {month} {year}",
)

_BY_LANGUAGE: Final = {words.language: words for words in (_ENGLISH, _RUSSIAN, _CHINESE, _FRENCH, _SPANISH, _GERMAN)}


def words_for(language: str) -> Words:
    """Return the words for a BCP 47 tag, by its primary subtag; English when that language has none."""
    return _BY_LANGUAGE.get(primary_subtag(language), _ENGLISH)
