"""Files that are no archive, or a bad one: each is refused in a sentence, and a bad post costs only itself."""

import json
import zipfile
from pathlib import Path

import pytest

from service.errors import BadInput
from service.issues.past.files import open_posts, read_site, refuse_posts
from service.issues.past.post import Post
from service.lists.archives import open_export
from tests.issues.past.conftest import BringIn
from tests.issues.past.exports import LATIN, pack_ghost, pack_substack, post, row

DATE = "2021-01-01T00:00:00Z"


def read(path: Path, site: str = "") -> list[Post]:
    with open_posts(path, site) as (_, posts):
        return list(posts)


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


TABLE = b"post_id,post_date,is_published,type,audience,title\n"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"readme.txt": b"hello"}, "neither"),
        ({"posts.csv": b"name,mail\nJane,j@x.test\n"}, "no column"),
        ({"posts.csv": b""}, "no column"),
        ({"posts.csv": TABLE + b"\xff\xfe\xff"}, "can't be read"),
        ({"posts.csv": TABLE + b'1,"' + b"x" * 200_000}, "can't be read"),
        ({"posts.csv": b"\x00" * 20_000_001}, "that we can read"),
    ],
)
def test_a_zip_that_is_no_export_is_refused(tmp_path: Path, files: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read(pack(tmp_path / "a.zip", files))


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    whole = pack(tmp_path / "a.zip", {"posts.csv": TABLE, "posts/1.x.html": b"<p>Text</p>" * 1000}).read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="damaged"):
        read(tmp_path / "b.zip")


def test_names_that_lead_out_of_the_archive_are_never_files(tmp_path: Path) -> None:
    rows = TABLE + f"../../etc/passwd,{DATE},true,newsletter,everyone,Slip\n1.x,{DATE},true,,everyone,Good\n".encode()
    path = pack(tmp_path / "a.zip", {"posts.csv": rows, "../../1.x.html": b"<p>Text</p>"})
    slip, good = read(path)
    assert slip.refusal == "Its text is not in the archive."
    assert good.html == "<p>Text</p>"
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_text_of_five_megabytes_or_a_bomb_costs_only_itself(tmp_path: Path) -> None:
    rows = [row("1.a", DATE, "Large"), row("2.b", DATE, "Bomb"), row("3.c", DATE, "Good")]
    texts: dict[str, str | bytes] = {"1.a": "<p>Text</p>" * 500_000, "2.b": b"\x00" * 300_000_000, "3.c": "<p>Text</p>"}
    large, bomb, good = read(pack_substack(tmp_path / "a.zip", rows, texts))
    assert "longer than 2,000,000 bytes" in large.refusal
    assert "longer than 2,000,000 bytes" in bomb.refusal
    assert good.refusal == ""
    ghost = read(pack_ghost(tmp_path / "a.json", [post(1, "Large", "<p>Text</p>" * 500_000)]))
    assert "longer than 2,000,000 bytes" in ghost[0].refusal


def test_a_post_without_a_title_is_called_by_its_address_and_one_without_a_date_stays_out(
    bring: BringIn, tmp_path: Path
) -> None:
    rows = [row("1.our-first-year", DATE, ""), row("2.x", "", "Undated"), row("3.y", "yesterday", "Yesterday")]
    posts = bring(
        pack_substack(tmp_path / "a.zip", rows, dict.fromkeys(("1.our-first-year", "2.x", "3.y"), "<p>Text</p>"))
    ).posts
    assert posts["Our first year"].outcome.value == "added"
    assert "no date" in posts["Undated"].reason
    assert "no date" in posts["Yesterday"].reason


def test_texts_in_another_encoding_and_with_characters_that_no_database_holds_are_read(
    bring: BringIn, tmp_path: Path
) -> None:
    rows = [row("1.a", DATE, "Windows")]
    text = "<p>Письмо пришло в среду, когда на реке уже стоял лёд.</p>".encode("cp1251")
    came = bring(pack_substack(tmp_path / "a.zip", rows, {"1.a": text}))
    assert came.counts == {"added": 1}
    bad = post(1, "NUL \x00 and \ud800", "<p>Text \x00 \ud83d and more words.</p>")
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"db": [{"data": {"posts": [bad]}}]}))  # half a character only as an escape
    assert bring(path).counts == {"added": 1}


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        ("", ""),
        (" https://x.test/ ", "https://x.test"),
        ("x.test", "https://x.test"),
        ("https://x.test/blog?a=1#b", "https://x.test/blog"),
        ("письма.рф", "https://письма.рф"),
    ],
)
def test_a_site_is_read_as_people_type_it(typed: str, site: str) -> None:
    assert read_site(typed) == site


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "nowhere", "https://[", "https://a b.test", '"><script>.x'])
def test_what_is_no_site_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="no address of a site"):
        read_site(typed)


def test_json_from_elsewhere_never_ends_in_a_trace(tmp_path: Path) -> None:
    odd = {
        "id": [],
        "title": {},
        "html": 5,
        "status": ["published"],
        "visibility": {},
        "published_at": 1388805572000,
        "feature_image": 7,
    }
    path = tmp_path / "a.json"
    for tables in (
        {"posts": [None, 1, "x", {}, odd, odd | {"status": "published"}]},
        {"posts": [odd], "users": "x", "posts_authors": [{"post_id": [], "author_id": {}, "sort_order": "1"}]},
        {"posts": [odd], "users": [{"id": {}, "name": []}], "posts_meta": [{"post_id": {}}]},
    ):
        path.write_text(json.dumps({"db": [{"data": tables}]}))
        posts = read(path)
        assert posts
        assert all(one.refusal for one in posts)


def test_an_archive_of_posts_alone_is_no_list_of_people_and_the_refusal_says_where_it_goes(tmp_path: Path) -> None:
    archive = pack_substack(
        tmp_path / "export.zip", [row("1.one", "2024-01-02T10:00:00.000Z", "One")], {"1.one": LATIN}
    )
    parts = open_export(archive, archive.name)
    with pytest.raises(BadInput, match="Issues, under “Past issues”"):
        refuse_posts(parts)


def test_a_list_of_people_is_never_taken_for_posts(tmp_path: Path) -> None:
    people = tmp_path / "list.csv"
    people.write_text("email,post_id,title\nann@example.org,1,Dr\n")
    refuse_posts(open_export(people, people.name))
