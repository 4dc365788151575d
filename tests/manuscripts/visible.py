"""The characters of a page that are not markup, each on the line where it stands in the file.

Written with Python's own parser, so that the account is not kept by the reader that it checks.
"""

from html.parser import HTMLParser


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: dict[int, str] = {}

    def handle_data(self, data: str) -> None:
        first, _ = self.getpos()
        for number, part in enumerate(data.split("\n"), first):
            self.lines[number] = self.lines.get(number, "") + part

    def handle_comment(self, data: str) -> None:
        self.handle_data(data)


def words_of(page: str) -> str:
    """Return the text between the tags of ``page``, scripts and comments too, with the line numbers of the file."""
    parser = _Words()
    parser.feed(page)
    parser.close()
    return "\n".join(parser.lines.get(number, "") for number in range(1, max(parser.lines, default=0) + 1))
