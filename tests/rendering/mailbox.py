"""Reading a rendered mail the way a mail program does, to say what a test expects of it."""

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser


@dataclass
class ReadPage(HTMLParser):
    """What stands in an HTML page: addresses in order, ids, headings with their levels, and the words shown."""

    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        if tag == "img":
            self.images.append(values["src"] or "")
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read_page(html: str) -> ReadPage:
    """Return what stands in ``html``."""
    page = ReadPage()
    page.feed(html)
    page.close()
    return page


def read_body(content_type: str, body: bytes) -> tuple[str, str]:
    """Return the text and the HTML of a body, decoded by Python's own parser, which must find no defect in it."""
    head = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body, policy=policy.default)
    assert isinstance(message, EmailMessage)
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    for part in (message, text, html):
        assert part.defects == []
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (text.get_content_charset(), html.get_content_charset()) == ("utf-8", "utf-8")
    # Mail's line ends are CRLF (RFC 2046 section 4.1.1); any other would be damage on the way.
    assert "\n" not in text.get_content().replace("\r\n", "")
    return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")
