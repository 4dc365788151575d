"""A publisher in each language, with its long words and its own punctuation. Owns sample words alone."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class House:
    """What one publisher says: two newsletters, and an issue of the first."""

    name: str
    tagline: str
    publisher: str
    postal_address: str
    second_name: str
    title: str
    preheader: str
    feature: str
    byline: str
    text: str
    free_question: str
    question: str
    choices: tuple[str, ...]


HOUSES: Final = {
    "en": House(
        "Crossings",
        "Where routes meet, and who waits there",
        "Northern Institute",
        "14 Wharf Lane\nPortland, ME 04101\nUSA",
        "Small Harbours",
        "Patience Station",
        "Eleven signatures for one container, and what the charts say.",
        "One container, eleven signatures",
        "Ilse Varga",
        "The container was blue and full of apricots. It waited beside a fence; see [the port’s page](https://b.test/port).",
        "Where do you live?",
        "What do you do?",
        ("Sailing", "Waiting", "Drawing charts"),
    ),
    "ru": House(
        "Перекрёстки",
        "Достопримечательности международных железнодорожных переездов",
        "Североевропейский научно-исследовательский институт",
        "Архангельск, Набережная Северной Двины, 14",
        "Благоустройство малых гаваней",
        "Высокоорганизованное ожидание на Долгом Причале",
        "Одиннадцать подписей под одним контейнером.",
        "Один контейнер, одиннадцать подписей",
        "Константин Долгополов-Рождественский",
        "Контейнер был синий и полон абрикосов. Он стоял у забора; см. [страницу порта](https://b.test/port).",
        "Где вы живёте?",
        "Кем вы работаете или чему учитесь?",
        ("Судоводитель", "Преподаватель-исследователь", "Картограф"),
    ),
    "zh": House(
        "途中",
        "写给在各个渡口等船的人，也写给那些画海图的人",
        "北方航路研究所",
        "上海市徐汇区龙腾大道十四号",
        "小港湾通讯",
        "耐心站：一只集装箱与十一个签名",
        "一只集装箱要十一个签名，海图上又写着什么。",
        "一只集装箱，十一个签名",
        "李望舒",
        "集装箱是蓝色的，装满了杏子。它在篱笆旁等着，详见[港口的网页](https://b.test/port)。",
        "您住在哪里？",
        "您的职业是什么？",
        ("船员", "教师", "制图师"),
    ),
    "fr": House(
        "Traversées",
        "Là où les routes se croisent : horaires, attentes et rencontres",
        "Institut septentrional d’océanographie",
        "14, quai de l’Île-Feydeau\n44000 Nantes",
        "Les petits ports",
        "L’anticonstitutionnellement longue attente",
        "Onze signatures pour un seul conteneur.",
        "Un conteneur, onze signatures",
        "Apolline de Saint-Exupéry-Beauharnais",
        "Le conteneur était bleu, plein d’abricots. Voyez [la page du port](https://b.test/port) !",
        "Où habitez-vous ?",
        "Quel est votre métier ?",
        ("Navigateur", "Enseignante-chercheuse", "Cartographe"),
    ),
    "es": House(
        "Travesías",
        "Donde se cruzan los caminos y esperan los transbordadores",
        "Instituto Interdepartamental del Norte",
        "Avenida de los Descubrimientos, 14\n41092 Sevilla",
        "Puertos pequeños",
        "La desproporcionadísima espera",
        "Once firmas para un solo contenedor.",
        "Un contenedor, once firmas",
        "María Fernanda Etxeberría-Goikoetxea",
        "El contenedor era azul y estaba lleno de albaricoques; véase [la página del puerto](https://b.test/port).",
        "¿Dónde vive?",
        "¿A qué se dedica?",
        ("Navegante", "Profesora e investigadora", "Cartógrafo"),
    ),
    "de": House(
        "Überfahrten",
        "Donaudampfschifffahrtsgesellschaftskapitäne erzählen",
        "Nordeuropäisches Wasserstraßenforschungsinstitut",
        "Hafenstraße 14\n20457 Hamburg",
        "Kleine Häfen",
        "Verkehrsinfrastrukturfinanzierungsgesellschaft",
        "Elf Unterschriften für einen Behälter.",
        "Ein Behälter, elf Unterschriften",
        "Friederike Schulze-Wassermannsdorf",
        "Der Behälter war blau und voller Aprikosen. Er wartete am Zaun; siehe [die Seite des Hafens](https://b.test/port).",
        "Wo wohnen Sie?",
        "Was machen Sie beruflich?",
        ("Schiffsführerin", "Wasserstraßeninfrastrukturplaner", "Kartenzeichner"),
    ),
}
