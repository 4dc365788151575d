"""Pictures, films and sound that lie with another house: each becomes a link, for nothing foreign is loaded here.

Owns the words of such a link. It fetches nothing, and an address that is no web page's gives no link.
"""

from typing import Final
from urllib.parse import urljoin, urlsplit

from service.manuscripts.html_inline import is_unsafe
from service.manuscripts.html_tree import Element, Text
from service.manuscripts.language import detect_language
from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Source

LINKED: Final = "lies on another server, so a link stands in its place."
DROPPED: Final = "has no address on the web, so only its words are kept."
_WORDS: Final = {
    "en": ("Picture", "Video", "Sound", "Embedded page"),
    "ru": ("Изображение", "Видео", "Аудио", "Встроенная страница"),
    "zh": ("图片", "视频", "音频", "嵌入页面"),
    "fr": ("Image", "Vidéo", "Son", "Page intégrée"),
    "es": ("Imagen", "Vídeo", "Audio", "Página incrustada"),
    "de": ("Bild", "Video", "Ton", "Eingebettete Seite"),
}
_KINDS: Final = {"img": 0, "video": 1, "audio": 2, "iframe": 3, "embed": 3}
_FILM_HOSTS: Final = ("youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com")


def link_elsewhere(document: Element, source: Source, base: str = "") -> None:
    """Put a link in the place of everything in the tree that would be loaded from elsewhere, and tell staff of each.

    ``base`` is the site on which the post stood, to complete addresses without a host; empty where nobody knows it.
    """
    words = _WORDS.get(detect_language(document.words()), _WORDS["en"])
    for element in list(document.elements()):
        if element.name in _KINDS:
            _replace(element, words, source, base)


def _replace(element: Element, words: tuple[str, ...], source: Source, base: str) -> None:
    own = _address(element, base)
    around = _find_link(element)
    address = own if around is None else _take_over(around)
    name = words[_kind(element, own)]
    said = " ".join((element.get("alt") or element.get("title") or element.get("aria-label")).split())[:300]
    shown = f"{name}: {said}" if said else name
    if element.parent is None:
        return
    element.parent.children[element.parent.children.index(element)] = _make(element, shown, address)
    is_linked = bool(address) or around is not None
    source.doubts.append(Aside((element.line, element.line), shown, f"This {LINKED if is_linked else DROPPED}"))


def _make(element: Element, shown: str, address: str) -> Element:
    made = Element("a" if address else "span")
    if address:
        made.attributes = {"href": address}
    made.line, made.parent = element.line, element.parent
    made.appendChild(Text(shown, element.line))
    return made


def _find_link(element: Element) -> Element | None:
    """Return the link that a picture stands in, if any."""
    parent = element.parent
    while parent is not None and not (parent.name == "a" and parent.get("href")):
        parent = parent.parent
    return parent


def _take_over(link: Element) -> str:
    """Return the address of a link that is nothing but a picture, and take it from there; "" where it has words too."""
    if link.words().strip() or is_unsafe(link.get("href")):
        return ""
    address = link.get("href")
    link.attributes = {name: value for name, value in link.attributes.items() if name != "href"}
    return address


def _address(element: Element, base: str) -> str:
    """Return the address of what is shown; "" when it is none that a link may have."""
    inner = next((child.get("src") for child in element.elements() if child.name == "source"), "")
    raw = (element.get("src") or element.get("data-src") or inner).strip()
    try:
        full = urljoin(f"{base}/", raw) if base and raw else raw
        parts = urlsplit(f"https:{full}" if full.startswith("//") else full)
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in {"http", "https"} and parts.hostname else ""


def _kind(element: Element, address: str) -> int:
    host = urlsplit(address).hostname or ""
    return 1 if element.name == "iframe" and host.endswith(_FILM_HOSTS) else _KINDS[element.name]
