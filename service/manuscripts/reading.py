"""The way in: an author's file becomes a manuscript. Owns the order of the steps; each step has its own file.

It raises BadInput, with a sentence for the author, and nothing else.
"""

from service.errors import BadInput
from service.manuscripts.decoding import clean_lines, decode
from service.manuscripts.docx import read_docx
from service.manuscripts.formats import Format, check_bytes, detect_text_format, is_zip
from service.manuscripts.html import read_html
from service.manuscripts.manuscript import Manuscript
from service.manuscripts.markdown import read_markdown
from service.manuscripts.source import Source
from service.manuscripts.structure import build_manuscript
from service.manuscripts.text import read_text

MAX_PARAGRAPHS = 20_000
"""A long book has 5,000; deciding what each line is takes about a tenth of a millisecond."""


def read_manuscript(data: bytes, filename: str) -> Manuscript:
    """Turn an author's file into items, with everything that is not the author's text listed apart.

    ``data`` is the file, at most 2,000,000 bytes of text; ``filename`` only helps where the content leaves a choice
    of format. Raises BadInput when the file is empty, too large, not text, or has no words.
    """
    check_bytes(data)
    source = read_docx(data) if is_zip(data) else _read_characters(data, filename)
    if len(source.passages) > MAX_PARAGRAPHS:
        count = len(source.passages)
        raise BadInput(
            f"The text has {count:,} paragraphs; the most that we read is {MAX_PARAGRAPHS:,}. Send it in parts."
        )
    if not any(character.isalnum() for passage in source.passages for character in passage.plain):
        raise BadInput("There are no words in the file for readers: nothing but marks, pictures or programs.")
    return build_manuscript(source)


def _read_characters(data: bytes, filename: str) -> Source:
    decoded, source = decode(data)
    text = clean_lines(decoded, source)
    match detect_text_format(text, filename):
        case Format.HTML:
            return read_html(text, source)
        case Format.MARKDOWN:
            return read_markdown(text, source)
        case _:
            return read_text(text, source)
