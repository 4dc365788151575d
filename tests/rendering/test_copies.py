"""The sender's inner loop: for any reader, byte for byte what the template would join slowly."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rendering.base64lines import Base64Lines
from service.rendering.copies import CompiledCopies, Write
from service.rendering.encoded import encode_part
from service.rendering.issue import render_issue
from service.rendering.slots import Slot, SlotKind
from service.rendering.stencil import Stencil
from service.rendering.template import CompiledForm, CompiledTemplate, ReaderValues, compile_template
from tests.rendering.samples import BASE_URL, make_full_issue, make_issue, make_item

TOKENS = ("Tr-ack_" * 7, "Leave0" * 7, "v-I_e3w" * 4)
WIDTHS = [len(token) for token in TOKENS]
LATIN = "The keeper writes in pencil – ink freezes – and Zoë reads it. "
CYRILLIC = "Смотритель пишет в журнале карандашом, потому что чернила зимой замерзают. "
CHINESE = "守灯人每天用铅笔记录水位，因为墨水会结冰。"
NAMES = st.sampled_from(
    [
        "Jane Doe",
        "Frank",
        "From Me",
        "Анна Петровна",
        "林海",
        "Zoë",
        "O'Neil & <Co>",
        "a=b",
        "  x  y ",
        "",
        "\0",
        ".dot",
        "Mr. X-Y, Z",
    ]
) | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(" .=_&<>\"'\r\nFrom жé潮"), max_size=90)


def _writer(host: str) -> Write:
    def write(tokens: Sequence[str]) -> ReaderValues:
        track, leave, view = tokens
        return ReaderValues(
            None, f"{host}/u/{leave}", f"{host}/v/{view}", f"{host}/c/{track}/", f"{host}/o/{track}.gif"
        )

    return write


def _check(template: CompiledTemplate, host: str, name: str | None, tokens: Sequence[str], *, is_thanked: bool) -> None:
    copies = CompiledCopies(template, _writer(host), WIDTHS)
    for _ in range(2):  # the second copy comes from what the first one left behind
        made = b"".join(copies.fill(name, [token.encode() for token in tokens], is_thanked=is_thanked))
        values = _writer(host)(tokens)
        assert made == template.join(
            ReaderValues(
                name, values.unsubscribe_url, values.view_url, values.click_url_prefix, values.pixel_url, is_thanked
            )
        )


def _template(markdown: str) -> CompiledTemplate:
    greeting = make_item("greeting", "", "{{name|friend}} and {{name|друзья}} and {{name|a & b}}, hello.")
    items = [make_item("brief", f"T{n}", f"{markdown} [one](https://a.test/{n}) {{{{name|you}}}}") for n in range(5)]
    return compile_template(render_issue(make_issue(greeting, *items), base_url=BASE_URL))


TEMPLATES = {
    "latin": _template(LATIN),
    "cyrillic": _template(CYRILLIC * 40),
    "chinese": _template(CHINESE * 40),
    "every kind of item": compile_template(render_issue(make_full_issue(), base_url=BASE_URL)),
}


@pytest.mark.parametrize("script", sorted(TEMPLATES))
@pytest.mark.parametrize("name", ["Jane Doe", "Анна", "O'Neil & <Co>", "林海" * 20, "F" * 76, None, "", " \n"])
def test_a_copy_is_what_the_template_joins(script: str, name: str | None) -> None:
    _check(TEMPLATES[script], "https://letters.test", name, TOKENS, is_thanked=False)


def test_the_scripts_of_these_tests_take_both_encodings() -> None:
    encodings = {
        name: (template.asks.text.encoding, template.asks.html.encoding) for name, template in TEMPLATES.items()
    }
    assert encodings["latin"] == ("quoted-printable", "quoted-printable")
    assert encodings["cyrillic"] == encodings["chinese"] == ("base64", "base64")


_KINDS = st.sampled_from(
    [Slot(SlotKind.CLICK, "7"), Slot(SlotKind.UNSUBSCRIBE), Slot(SlotKind.VIEW), Slot(SlotKind.PIXEL)]
)
_SLOTS = _KINDS | st.sampled_from(
    [Slot(SlotKind.NAME, "friend"), Slot(SlotKind.NAME, ""), Slot(SlotKind.NAME, "é" * 30)]
)
_PIECES = st.text(st.sampled_from("ab .=\nFrom é潮"), max_size=130)
_CUTS = st.lists(st.tuples(_SLOTS, _PIECES), max_size=12)


@given(
    start=_PIECES,
    cuts=_CUTS,
    is_base64=st.booleans(),
    host=st.text("abc.-F:/", max_size=80),
    name=NAMES | st.none(),
    letters=st.sampled_from("aFr9-_"),
)
def test_any_body_with_any_holes_is_what_the_template_joins(
    start: str, cuts: list[tuple[Slot, str]], is_base64: bool, host: str, name: str | None, letters: str
) -> None:
    flat = [start, *(piece for pair in cuts for piece in pair)]
    flat[-1] = f"{flat[-1]}{'潮' * 400}" if is_base64 and isinstance(flat[-1], str) else flat[-1]
    form = CompiledForm(encode_part("plain", flat), encode_part("html", flat))
    tokens = [letters * width for width in WIDTHS]
    _check(CompiledTemplate("=_b", form), host, name, tokens, is_thanked=False)


@pytest.mark.parametrize("is_thanked", [True, False])
def test_who_is_thanked_reads_the_other_form(is_thanked: bool) -> None:
    asks, thanks = (
        render_issue(make_issue(make_item("note", title)), base_url=BASE_URL) for title in ("Ask", "Thanks")
    )
    template = compile_template(asks, thanks)
    _check(template, "https://letters.test", "Jane", TOKENS, is_thanked=is_thanked)


def test_names_of_every_length_find_their_lines_again() -> None:
    copies = CompiledCopies(TEMPLATES["cyrillic"], _writer("https://letters.test"), WIDTHS)
    tokens = [token.encode() for token in TOKENS]
    names = ["N" * length for length in range(1, 140)]
    first = [b"".join(copies.fill(name, tokens, is_thanked=False)) for name in names]
    assert [b"".join(copies.fill(name, tokens, is_thanked=False)) for name in names] == first
    assert len(set(first)) == len(names)


def test_a_token_that_is_not_written_whole_is_refused() -> None:
    def write(tokens: Sequence[str]) -> ReaderValues:
        return ReaderValues(None, f"https://l.test/{tokens[1][:5]}", "v", "c/", None)

    with pytest.raises(AssertionError, match="does not stand once and whole"):
        CompiledCopies(TEMPLATES["latin"], write, WIDTHS)


@pytest.mark.parametrize("script", ["latin", "cyrillic"])
@pytest.mark.parametrize(
    "name",
    ["From Me", "From", "Frank", "Tom & Ann", "R&B", "a=b", "A b=c", "A  B", "A B ", "_x", ".x", "x_y", "Łukasz é"],
)
def test_a_name_that_needs_care_is_written_with_care(script: str, name: str) -> None:
    _check(TEMPLATES[script], "https://letters.test", name, TOKENS, is_thanked=False)


def test_filling_again_changes_nothing_that_was_filled_before() -> None:
    stencil = Stencil([b"a", 0, b"b", 1])
    first = stencil.fill([b"1", b"2"])
    assert stencil.fill([b"3", b"4"]) == [b"a", b"3", b"b", b"4", b""]
    assert first == [b"a", b"1", b"b", b"2", b""]


def test_no_more_layouts_are_kept_than_names_are_usually_long() -> None:
    lines = Base64Lines([b"Dear ", 0, b"!"], b"", b"")
    for length in range(300):
        lines.fill([b"x" * length])
    assert len(vars(lines)["_layouts"]) <= 48
