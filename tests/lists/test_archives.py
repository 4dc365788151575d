"""A zip archive gives its lists and nothing else: no path is believed, and no size."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from service.errors import BadInput
from service.lists import archives
from service.lists.archives import open_export

SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at\na@x.org,false,,other,false,2024-01-02\n"
MAILCHIMP = "Email Address,First Name,OPTIN_TIME,LEID,EUID,NOTES,TAGS\na@x.org,Ann,2024-01-02,1,2,,\n"


def make_zip(folder: Path, files: dict[str, str], packed: int = ZIP_DEFLATED) -> Path:
    """Return a zip archive of such files."""
    path = folder / "export.zip"
    with ZipFile(path, "w", packed) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def texts_of(path: Path) -> dict[str, str]:
    """Return the lists in a file by their names."""
    found = {}
    for part in open_export(path, path.name):
        with part.open() as content:
            content.seek(0)
            found[part.name] = content.read().decode()
    return found


def test_a_plain_file_is_its_own_only_list(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("email\na@x.org\n")
    (part,) = open_export(path, "people.csv")
    with part.open() as once, part.open() as again:
        assert part.name == "people.csv"
        assert once.read() == again.read() == b"email\na@x.org\n"


def test_substack_s_archive_gives_its_list_and_not_its_posts(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path,
        {
            "posts.csv": "post_id,post_date,is_published,email_sent_at\n1.a,2024,true,2024\n",
            "posts/1.a.opens.csv": "post_id,timestamp,email,post_type\n1,2024,a@x.org,newsletter\n",
            "posts/1.a.html": "<p>A</p>",
            "email_list.ferry.csv": SUBSTACK,
            "__MACOSX/._email_list.ferry.csv": SUBSTACK,
        },
    )
    assert texts_of(path) == {"email_list.ferry.csv": SUBSTACK}


def test_mailchimp_s_three_files_keep_the_names_that_say_who_left(tmp_path: Path) -> None:
    names = ("subscribed_members_1.csv", "unsubscribed_members_1.csv", "cleaned_members_1.csv")
    assert set(texts_of(make_zip(tmp_path, dict.fromkeys(names, MAILCHIMP)))) == set(names)


def test_the_only_table_of_an_archive_is_taken_whatever_its_columns(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"Leser.csv": "Wer,Wohin\nAnn,a@x.org\n", "readme.txt": "x"})
    assert list(texts_of(path)) == ["Leser.csv"]


def test_a_path_out_of_the_archive_is_only_a_name(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"../../etc/email_list.csv": SUBSTACK})
    assert texts_of(path) == {"email_list.csv": SUBSTACK}
    assert not (tmp_path.parent / "etc").exists()


def test_what_unpacks_to_more_than_it_may_is_stopped_while_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(tmp_path, {"email_list.csv": SUBSTACK + " " * 5_000_000})
    monkeypatch.setattr(archives, "MOST_UNPACKED", 3_000_000)
    (part,) = open_export(path, "x.zip")
    with pytest.raises(BadInput, match="unpacks to more than"):
        part.open()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "no list of people"),
        ({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}, r"an Excel workbook: save it as CSV \(UTF-8\)"),
        ({"mimetype": "x", "META-INF/manifest.xml": "<x/>", "content.xml": "<x/>"}, "a LibreOffice document"),
        ({"Index/Document.iwa": "x", "preview.jpg": "x"}, "a Numbers document"),
        ({"a.txt": "x"}, "it holds a.txt"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "x,y\n1,2\n"}, "no list of people"),
        ({f"subscribed_{number}.csv": MAILCHIMP for number in range(21)}, "21 lists"),
    ],
)
def test_an_archive_without_one_clear_list_is_refused(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        open_export(make_zip(tmp_path, files), "x.zip")


def test_a_table_of_contents_too_large_for_memory_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(tmp_path, {f"posts/{number}.html": "" for number in range(30)})
    monkeypatch.setattr(archives, "MOST_ENTRIES", 29)
    monkeypatch.setattr(archives, "ZipFile", None)
    with pytest.raises(BadInput, match="more than 29 files"):
        open_export(path, "x.zip")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: data[:40] + b"\xff" * 20 + data[60:], "damaged"),
        (lambda _: b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (lambda _: b"\xd0\xcf\x11\xe0" + b"\0" * 100, "Excel"),
        (lambda _: b"%PDF-1.4", "PDF"),
        (lambda _: b'{"a": 1}', "JSON"),
    ],
)
def test_what_is_no_archive_and_no_table_is_refused_in_a_sentence(
    tmp_path: Path, damage: Callable[[bytes], bytes], sentence: str
) -> None:
    path = make_zip(tmp_path, {"email_list.csv": SUBSTACK * 50})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInput, match=sentence):
        texts_of(path)


def test_a_locked_archive_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"email_list.csv": SUBSTACK})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # APPNOTE.TXT §4.4.4: bit 0 of the flags, here in the file's own header
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # and in the table of contents
    path.write_bytes(data)
    with pytest.raises(BadInput, match="locked"):
        open_export(path, "x.zip")


@pytest.mark.parametrize("packed", [ZIP_BZIP2, ZIP_LZMA])
def test_what_can_only_be_unpacked_whole_is_refused_unread(tmp_path: Path, packed: int) -> None:
    path = make_zip(tmp_path, {"email_list.csv": SUBSTACK}, packed)
    with pytest.raises(BadInput, match="packed in a way"):
        open_export(path, "x.zip")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace("é".encode(), b"\xff\xff"),
        # APPNOTE.TXT §4.3.16: where the table of contents begins, which moves where each file does.
        lambda data: data[:-6] + (len(data) * 2).to_bytes(4, "little") + data[-2:],
    ],
    ids=["a name in no encoding", "a file before the archive's beginning"],
)
def test_an_archive_with_a_spoiled_table_of_contents_is_refused_in_a_sentence(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = make_zip(tmp_path, {"é.csv": SUBSTACK})
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(BadInput, match="damaged"):
        open_export(path, "x.zip")
