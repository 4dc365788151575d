"""Any other table: read by names that leave no doubt, or as staff say; never as subscribed where a word is unknown."""

import pytest

from service.errors import BadInput
from service.lists.entries import BadLine, EntryStatus
from tests.lists.tables import read, read_good


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ("email,name", "a@x.org,Ann Lee", "Ann Lee"),
        ("E-Mail;Vorname;Nachname", "a@x.org;Ann;Lee", "Ann Lee"),
        ("Имя,Адрес", "Анна,a@x.org", "Анна"),
        ("姓名,邮箱", "安娜,a@x.org", "安娜"),
        ("nom,courriel", "Anne,a@x.org", "Anne"),
        ("Last Name,First Name,Email Address", "Lee,Ann,a@x.org", "Ann Lee"),
    ],
)
def test_usual_names_of_columns_need_no_mapping(header: str, row: str, name: str) -> None:
    (entry,) = read_good(f"{header}\n{row}\n")
    assert (entry.address, entry.name, entry.status) == ("a@x.org", name, EntryStatus.SUBSCRIBED)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Active", EntryStatus.SUBSCRIBED),
        ("unsubscribed", EntryStatus.LEFT),
        ("cleaned", EntryStatus.BOUNCED),
        ("complained", EntryStatus.COMPLAINED),
        ("pending", EntryStatus.UNCONFIRMED),
        ("inactive", EntryStatus.UNCONFIRMED),
    ],
)
def test_a_column_of_states_is_believed(word: str, status: EntryStatus) -> None:
    assert [entry.status for entry in read_good(f"email,status\na@x.org,{word}\n")] == [status]


@pytest.mark.parametrize("word", ["", "who knows", "sub scribed"])
def test_an_unknown_state_is_never_taken_for_subscribed(word: str) -> None:
    (line,) = read(f"email,status\na@x.org,{word}\n")
    assert isinstance(line, BadLine)
    assert "status" in line.reason


def test_somebody_with_a_day_of_leaving_has_left() -> None:
    (entry,) = read_good("email,unsubscribed_at\na@x.org,2024-05-06\n")
    assert (entry.status, str(entry.ended_at)) == (EntryStatus.LEFT, "2024-05-06 00:00:00+00:00")


def test_staff_say_what_the_columns_are() -> None:
    text = "Wer,Wohin,Ort,status\nAnn,a@x.org,Bonn,zzz\n"
    mapping = {"address": "Wohin", "name": "wer", "field:city": "Ort", "status": ""}
    (entry,) = read_good(text, mapping=mapping)
    assert (entry.address, entry.name, entry.fields) == ("a@x.org", "Ann", {"city": "Bonn"})
    assert entry.status is EntryStatus.SUBSCRIBED


@pytest.mark.parametrize(
    ("text", "mapping", "sentence"),
    [
        ("who,what\na@x.org,b\n", {}, "say which. Its columns are: who, what."),
        ("who,what\na@x.org,b\n", {"address": "mail"}, "no column “mail”"),
        ("email,what\na@x.org,b\n", {"adress": "email"}, "nothing that we take"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_the_columns_there_are(
    text: str, mapping: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence.replace(".", r"\.")):
        read(text, mapping=mapping)
