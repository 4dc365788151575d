"""The compiled template: filled for one reader, it is the mail that was rendered, and nothing of another reader's."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.rendering.checks import count_outlook_comments
from service.rendering.issue import RenderedIssue, render_issue
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.template import CompiledTemplate, ReaderValues, compile_template
from tests.rendering.mailbox import read_body, read_page
from tests.rendering.samples import BASE_URL, JANE, NAMELESS, list_targets, make_full_issue, make_issue, make_item

_CYRILLIC = "Смотритель пишет в журнале карандашом, потому что чернила зимой замерзают. " * 40
_CHINESE = "守灯人每天用铅笔记录水位，因为墨水会结冰。" * 60
_LATIN = "The keeper writes in pencil – ink freezes – and Zoë reads. " * 40


@pytest.fixture(scope="module")
def full() -> RenderedIssue:
    return render_issue(make_full_issue(), base_url=BASE_URL)


@pytest.fixture(scope="module")
def template(full: RenderedIssue) -> CompiledTemplate:
    return compile_template(full)


def _read(template: CompiledTemplate, reader: ReaderValues) -> tuple[str, str]:
    return read_body(template.content_type, template.join(reader))


def _expect(rendered: RenderedIssue, part: str, values: dict[SlotKind, str], name: str | None) -> str:
    pieces = []
    for piece in Marks(rendered.nonce).split(part):
        match piece:
            case str():
                pieces.append(piece)
            case Slot(SlotKind.NAME, fallback):
                pieces.append(name or fallback)
            case Slot(SlotKind.CLICK, number):
                pieces.append(values[SlotKind.CLICK] + number)
            case Slot(kind):
                pieces.append(values[kind])
    return "".join(pieces)


def test_a_readers_copy_is_the_rendered_mail_with_every_hole_filled(
    full: RenderedIssue, template: CompiledTemplate
) -> None:
    text, html = _read(template, JANE)
    assert text == _expect(
        full,
        full.text,
        {
            SlotKind.CLICK: JANE.click_url_prefix,
            SlotKind.UNSUBSCRIBE: JANE.unsubscribe_url,
            SlotKind.VIEW: JANE.view_url,
        },
        JANE.name,
    )
    assert html == _expect(
        full,
        full.html,
        {
            SlotKind.CLICK: JANE.click_url_prefix,
            SlotKind.UNSUBSCRIBE: JANE.unsubscribe_url.replace("&", "&amp;"),
            SlotKind.VIEW: JANE.view_url,
            SlotKind.PIXEL: (
                f'<img src="{JANE.pixel_url}" alt="" width="1" height="1" style="display:block;border:0" />'
            ),
        },
        "Jane O’Neil &amp; &lt;Co&gt;",
    )
    assert full.nonce not in text + html


def test_a_reader_without_name_or_pixel_gets_the_fallback_and_no_image(template: CompiledTemplate) -> None:
    text, html = _read(template, NAMELESS)
    assert "Dear friend," in text
    assert "Dear friend," in html
    assert read_page(html).images == ["https://images.test/lamp.jpg"]


def test_two_readers_copies_differ_only_in_their_holes(template: CompiledTemplate) -> None:
    def anonymous(reader: ReaderValues) -> tuple[str, str]:
        text, html = _read(template, reader)
        for value in (reader.unsubscribe_url, reader.view_url, reader.click_url_prefix, "Jane O’Neil & <Co>", "friend"):
            text = text.replace(value, "*")
            html = html.replace(value, "*").replace(value.replace("&", "&amp;").replace("<", "&lt;"), "*")
        return text, re.sub(r'<img src="[^"]*" alt="" width="1"[^>]*>', "", html).replace("O’Neil &amp; &lt;Co&gt;", "")

    jane, other = anonymous(JANE), anonymous(NAMELESS)
    assert jane[0] == other[0]
    assert jane[1].replace("Jane ", "*") == other[1]


@pytest.mark.parametrize(
    ("markdown", "encodings"),
    [
        (_LATIN, ("quoted-printable", "quoted-printable")),
        (_CYRILLIC, ("base64", "base64")),
        (_CHINESE, ("base64", "base64")),
    ],
    ids=["latin", "cyrillic", "chinese"],
)
def test_each_script_travels_in_its_shorter_encoding_and_arrives_whole(
    markdown: str, encodings: tuple[str, str]
) -> None:
    items = [make_item("feature", "T", f"{{{{name|друзья}}}} [x](https://a.test) {markdown}\n\n.\n\nFrom here")] * 4
    rendered = render_issue(make_issue(*items), base_url=BASE_URL)
    template = compile_template(rendered)
    body = template.join(JANE)
    assert tuple(re.findall(rb"Transfer-Encoding: (\S+)", body)) == tuple(name.encode() for name in encodings)
    text, html = read_body(template.content_type, body)
    assert markdown.strip() in html
    assert "".join(markdown.split()) in "".join(text.split())
    assert len(re.findall(re.escape(f"{JANE.click_url_prefix}1\n"), text)) == 1


@given(
    name=st.text(max_size=60) | st.text(alphabet="=.&<>\"' \nжé潮", max_size=90),
    path=st.text(alphabet="abc=&?.%~-_/", max_size=200),
)
def test_any_values_arrive_as_they_were_in_lines_that_mail_may_have(name: str, path: str) -> None:
    reader = ReaderValues(
        name=name.encode("utf-8", "ignore").decode(),
        unsubscribe_url=f"https://l.test/u/{path}",
        view_url=f"https://l.test/{path}",
        click_url_prefix=f"https://l.test/{path}/",
        pixel_url=f"https://l.test/{path}.gif",
    )
    body = _SMALL.join(reader)
    text, html = read_body(_SMALL.content_type, body)
    page = read_page(html)
    assert page.links[:2] == [f"https://l.test/{path}/1", f"https://l.test/{path}/2"]
    assert page.images == [f"https://l.test/{path}.gif"]
    assert f"https://l.test/u/{path}" in page.links
    assert f"https://l.test/u/{path}" in text
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
    assert b"\n" not in body.replace(b"\r\n", b"")


_SMALL = compile_template(
    RenderedIssue(
        subject="S",
        html=(
            "<p>zs0an667269656e64z, <a href='zs0ak31z'>x</a><a href='zs0ak32z'>y</a> <a href='zs0auz'>u</a> "
            "<a href='zs0avz'>v</a></p>zs0apz"
        ),
        text="Dear zs0an667269656e64z,\nzs0ak31z\nzs0ak32z\nzs0auz\nzs0avz\n",
        links=(),
        html_bytes=0,
        text_bytes=0,
        nonce="0a",
    )
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann", "Dear Ann,"),
        ("", "Dear friend,"),
        ("  ", "Dear friend,"),
        ("A\r\nB: c", "Dear A B: c,"),
        ("Анна", "Dear Анна,"),
        ("林\0海", "Dear 林海,"),
    ],
)
def test_a_name_is_one_clean_line(name: str, shown: str) -> None:
    text, _ = read_body(_SMALL.content_type, _SMALL.join(replace(JANE, name=name)))
    assert text.split("\n")[0] == shown


def test_outlooks_parts_are_as_many_after_joining(full: RenderedIssue, template: CompiledTemplate) -> None:
    _, html = _read(template, JANE)
    assert count_outlook_comments(html) == count_outlook_comments(full.html)


def test_a_stored_template_gives_the_same_bytes(template: CompiledTemplate) -> None:
    loaded = CompiledTemplate.load(template.dump())
    assert loaded == template
    assert loaded.join(JANE) == template.join(JANE)
    assert loaded.content_type == template.content_type


def test_a_template_of_an_unknown_format_is_refused(template: CompiledTemplate) -> None:
    with pytest.raises(BadInput, match="has format 99; this version reads 1 and 2"):
        CompiledTemplate.load(template.dump().replace(b'{"format":1,', b'{"format":99,'))


def test_seen_in_the_browser_links_are_direct_and_nothing_is_counted(
    full: RenderedIssue, template: CompiledTemplate
) -> None:
    html = template.view_html(JANE, list_targets(full))
    page = read_page(html)
    assert {link.url for link in full.links} <= set(page.links)
    assert JANE.click_url_prefix not in html
    assert page.images == ["https://images.test/lamp.jpg"]
    assert "Jane O’Neil &amp; &lt;Co&gt;" in html
    assert JANE.unsubscribe_url in page.links
    text = template.view_text(JANE, list_targets(full))
    assert {link.url for link in full.links} <= set(text.split())
    assert JANE.click_url_prefix not in text


def test_untracked_clicks_go_straight_to_their_targets(full: RenderedIssue) -> None:
    template = compile_template(full, track_clicks=False)
    text, html = _read(template, JANE)
    assert {link.url for link in full.links} <= set(read_page(html).links)
    assert {link.url for link in full.links} <= set(text.split())
    assert JANE.click_url_prefix not in text + html


def test_the_boundary_stands_nowhere_else(template: CompiledTemplate) -> None:
    hostile = replace(JANE, name=f"--{template.boundary}--")
    assert template.join(hostile).count(template.boundary.encode()) == 3
