"""Each house's export is known by its header, and its words for a person's wish are ours after reading.

The headers are those of public files, each beside the place where it was read.
"""

from datetime import UTC, datetime
from io import BytesIO
from typing import NamedTuple

import pytest

from service.errors import BadInput
from service.lists.detect import choose_layout
from service.lists.entries import BadLine, Entry, EntryStatus
from service.lists.rows import RowReader
from tests.lists.tables import read, read_good

SUBSCRIBED, LEFT, BOUNCED = EntryStatus.SUBSCRIBED, EntryStatus.LEFT, EntryStatus.BOUNCED
COMPLAINED, UNCONFIRMED = EntryStatus.COMPLAINED, EntryStatus.UNCONFIRMED

MAILCHIMP_END = "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION"
MAILCHIMP_START = "Email Address,First Name,Last Name,Company,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP"


class Sample(NamedTuple):
    """A header, the public place it was read in, and rows of it with what they mean."""

    format: str
    source: str
    header: str
    rows: tuple[tuple[str, EntryStatus], ...]
    filename: str = "export.csv"


SAMPLES = (
    Sample(
        "Substack",
        "TryGhost/migrate packages/mg-substack-members-csv/test/fixtures/fixtures_signup_emails.csv",
        "email,active_subscription,expiry,email_disabled,created_at",
        (
            ("a@x.org,true,2021-07-06T16:20:44.000Z,false,2018-08-27T15:06:27.713Z", SUBSCRIBED),
            ("b@x.org,,,false,2018-12-19T08:03:04.977Z", SUBSCRIBED),  # "active" is who pays
            ("c@x.org,true,2021-04-19T02:13:33.000Z,true,2018-08-27T15:36:25.539Z", LEFT),
        ),
    ),
    Sample(
        "Substack",
        "github code search of 2026-11: email_list.csv in four third parties' tests, with plan and first_payment_at",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at",
        (("a@x.org,false,,other,false,2026-07-01T00:00:00.000Z,", SUBSCRIBED),),
    ),
    Sample(
        "Substack",
        "TryGhost/migrate packages/mg-substack-members-csv/test/fixtures/fixtures_subscriber_emails.csv",
        "email,expiry,email_disabled,stripe_connected_customer_id,type",
        (("a@x.org,2021-07-06T16:20:44.000Z,false,cus_1,paid", SUBSCRIBED), ("b@x.org,,true,,comp", LEFT)),
    ),
    Sample(
        "Substack",
        "glama.ai/mcp/servers/navidmoazzez/substack-mcp-cli: labels of the dashboard's columns",
        "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type,Subscription source (free)",
        (("a@x.org,Ana,,,2025-01-01T00:00:00.000Z,,5,Free,substack-notes", SUBSCRIBED),),
    ),
    Sample(
        "Mailchimp",
        "TryGhost/migrate packages/mg-mailchimp-members/src/test/fixtures/subscribed.csv",
        f"{MAILCHIMP_START},{MAILCHIMP_END},LAST_CHANGED,LEID,EUID,NOTES,TAGS",
        (('a@x.org,Ann,Lee,Acme,2,2018-02-12 10:54:27,1.2.3.4,,,,,,,,,,,,,,"""A"",""B"""', SUBSCRIBED),),
        "subscribed_members_export_3f2a.csv",
    ),
    Sample(
        "Mailchimp",
        "TryGhost/migrate packages/mg-mailchimp-members/src/test/fixtures/unsubscribed.csv",
        f"{MAILCHIMP_START},{MAILCHIMP_END},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,"
        "UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS",
        (("a@x.org,,,,,2018-02-12 10:54:27,,,,,,,,,,,2018-07-23 12:19:27,,,,,,,,", LEFT),),
    ),
    Sample(
        "Mailchimp",
        "TryGhost/migrate packages/mg-mailchimp-members/src/test/fixtures/cleaned.csv",
        f"{MAILCHIMP_START},{MAILCHIMP_END},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS",
        (("a@x.org,,,,1,2018-02-05 19:28:23,,,,,,,,,,,2020-03-23 17:30:05,,,,,,", BOUNCED),),
    ),
    Sample(
        "Ghost",
        "TryGhost/Ghost ghost/core/test/e2e-api/admin/members.test.js",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers",
        (
            ("1,a@x.org,Ann,,true,false,,2024-03-01T09:30:00.000Z,,,", SUBSCRIBED),
            ("2,b@x.org,Bob,,false,false,,2024-03-01T09:30:00.000Z,,,", LEFT),
            ("3,c@x.org,Cy,,true,false,,2024-03-01T09:30:00.000Z,2024-04-01T09:30:00.000Z,,", LEFT),
        ),
    ),
    Sample(
        "Buttondown",
        "docs.buttondown.email/api-reference/subscribers (the older names); buttondown/openapi enums.json (the types)",
        "id,secondary_id,email,notes,subscriber_type,source,creation_date,tags",
        (
            ("1,1,a@x.org,,regular,organic,2024-01-01,", SUBSCRIBED),
            ("2,2,b@x.org,,unactivated,organic,2024-01-01,", UNCONFIRMED),
            ("3,3,c@x.org,,unsubscribed,organic,2024-01-01,", LEFT),
            ("4,4,d@x.org,,undeliverable,organic,2024-01-01,", BOUNCED),
            ("5,5,e@x.org,,past_due,organic,2024-01-01,", SUBSCRIBED),
        ),
    ),
    Sample(
        "Buttondown",
        "docs.buttondown.com/api-subscribers-introduction (the names of today)",
        "id,email_address,notes,type,source,creation_date,unsubscription_date,tags",
        (
            ("1,a@x.org,,premium,organic,2024-01-01T00:00:00Z,,", SUBSCRIBED),
            ("2,b@x.org,,regular,organic,2024-01-01T00:00:00Z,2024-02-01T00:00:00Z,", LEFT),
            ("3,c@x.org,,complained,organic,2024-01-01T00:00:00Z,,", COMPLAINED),
        ),
    ),
    Sample(
        "beehiiv",
        "TryGhost/migrate packages/mg-beehiiv-members/src/test/fixtures/members.csv",
        "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,Premium Tier,unsubscribed_at,"
        "Subscription Date (Substack)",
        (
            ("a@x.org, Ann ,,active,free,2023-03-24 10:23:10 UTC,,Yes,No,,", SUBSCRIBED),
            ("b@x.org,,,inactive,free,2023-03-24 10:23:10 UTC,,Yes,No,,", LEFT),
            ("c@x.org,,,pending,free,2023-03-24 10:23:10 UTC,,Yes,No,,", UNCONFIRMED),
            ("d@x.org,,,active,premium,2023-03-24 10:23:10 UTC,,No,Yes,2024-03-13 11:33:53 UTC,", LEFT),
            ("e@x.org,,,invalid,free,2023-03-24 10:23:10 UTC,,Yes,No,,", BOUNCED),
        ),
    ),
    Sample(
        "Kit",
        "developers.kit.com/api-reference/subscribers/list-subscribers: its API's names; its file's are not documented",
        "id,first_name,email_address,state,created_at,tags",
        (
            ('1,Ann,a@x.org,active,2023-01-27T11:43:55Z,"VIP, Reader"', SUBSCRIBED),
            ("2,Bob,b@x.org,cancelled,2023-01-27T11:43:55Z,", LEFT),
            ("3,Cy,c@x.org,bounced,2023-01-27T11:43:55Z,", BOUNCED),
            ("4,Di,d@x.org,complained,2023-01-27T11:43:55Z,", COMPLAINED),
            ("5,Ed,e@x.org,inactive,2023-01-27T11:43:55Z,", UNCONFIRMED),
        ),
    ),
    Sample(
        "listmonk",
        "knadh/listmonk cmd/subscribers.go at 007f4de",
        "uuid,email,name,attributes,status,created_at,updated_at",
        (
            ('u1,a@x.org,Ann,"{""city"": ""Pune""}",enabled,2024-01-02 03:04:05.123456 +0000 UTC,', SUBSCRIBED),
            ("u2,b@x.org,Bob,{},disabled,2024-01-02 03:04:05 +0000 UTC,", LEFT),
            ("u3,c@x.org,Cy,{},blocklisted,2024-01-02 03:04:05 +0000 UTC,", BOUNCED),
        ),
    ),
    Sample(
        "Postrider",
        "service/lists/own.py",
        "address,name,language,state,agreed_at,ended_at,source,tags,frequency,paused_until,fields",
        (
            ("a@x.org,Ann,en,active,2024-01-02T03:04:05+00:00,,footer,,every,,", SUBSCRIBED),
            ("b@x.org,Bob,en,unsubscribed,2024-01-02T03:04:05+00:00,2025-01-02T03:04:05+00:00,,,every,,", LEFT),
            ("c@x.org,Cy,en,pending,,,,,every,,", UNCONFIRMED),
            ("d@x.org,Di,en,suppressed,,,,,every,,", BOUNCED),
        ),
    ),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.format}, {sample.source[:40]}")
def test_a_house_is_known_by_its_header_and_its_words_are_understood(sample: Sample) -> None:
    text = "\n".join([sample.header, *(row for row, _ in sample.rows)]) + "\n"
    assert choose_layout(sample.header.split(","), sample.filename, {}).format == sample.format
    people = read_good(text, sample.filename)
    assert [(entry.address, entry.status) for entry in people] == [
        (next(cell for cell in row.split(",") if "@" in cell), status) for row, status in sample.rows
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.format}, {sample.source[:40]}")
def test_the_day_they_agreed_comes_along(sample: Sample) -> None:
    if not any(word in sample.header.lower() for word in ("created_at", "optin", "start date", "creation", "agreed")):
        assert sample.source.endswith("fixtures_subscriber_emails.csv")  # the one file that does not tell
        return
    first = read_good(f"{sample.header}\n{sample.rows[0][0]}\n", sample.filename)[0]
    assert first.agreed_at is not None
    assert first.agreed_at.tzinfo is UTC
    assert first.agreed_at.year in range(2018, 2027)


def test_every_word_of_every_house_is_a_word_of_ours_or_sets_its_line_aside() -> None:
    for sample in SAMPLES:
        layout = choose_layout(sample.header.split(","), sample.filename, {})
        if not layout.status:
            continue
        names = sample.header.lower().split(",")
        cells = {layout.address: "a@x.org", layout.status: "zzz"}
        row = ",".join(cells.get(name, "") for name in names)
        (line,) = read(f"{sample.header}\n{row}\n", sample.filename)
        assert isinstance(line, BadLine), sample
        assert "zzz" in line.reason
        assert line.address == "a@x.org"


@pytest.mark.parametrize(
    ("filename", "status"),
    [
        ("subscribed_members_export_1.csv", SUBSCRIBED),
        ("unsubscribed_members_export_1.csv", LEFT),
        ("Unsubscribed_email_audience_export_1.csv", LEFT),
        ("cleaned_members_export_1.csv", BOUNCED),
        ("nonsubscribed_members_export_1.csv", UNCONFIRMED),
    ],
)
def test_mailchimp_tells_the_state_of_a_file_in_its_name(filename: str, status: EntryStatus) -> None:
    header = f"{MAILCHIMP_START},LEID,EUID,NOTES,TAGS"
    assert [entry.status for entry in read_good(f"{header}\na@x.org,,,,,,,,,1,2,,\n", filename)] == [status]


def test_a_file_of_mailchimp_whose_name_is_lost_brings_nobody() -> None:
    with pytest.raises(BadInput, match="name"):
        read(f"{MAILCHIMP_START},LEID,EUID,NOTES,TAGS\na@x.org,,,,,,,,,1,2,,\n", "people.csv")


def test_what_a_list_s_owner_added_is_kept_and_where_people_live_is_not() -> None:
    header = f"{MAILCHIMP_START},{MAILCHIMP_END},LAST_CHANGED,LEID,EUID,NOTES,TAGS"
    place = "1.2.3.4,,5.6.7.8,52.5,13.4,1,2,Europe/Berlin,de,BE"
    row = f'a@x.org,Ann,Lee,Acme,5,2018-02-12 10:54:27,{place},,9,9,knows us,"""A, B"""'
    (entry,) = read_good(f"{header}\n{row}\n", "subscribed.csv")
    assert entry.fields == {"Company": "Acme", "NOTES": "knows us"}
    assert (entry.name, entry.tags, entry.source) == ("Ann Lee", ("A, B",), "Mailchimp export")
    assert entry.agreed_at == datetime(2018, 2, 12, 10, 54, 27, tzinfo=UTC)


def test_a_cancel_date_of_substack_s_dashboard_is_not_guessed_at() -> None:
    header = "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type"
    (line,) = read(f"{header}\na@x.org,Ann,,2025-05-05T00:00:00.000Z,2024-01-01T00:00:00.000Z,,0,Free\n")
    assert isinstance(line, BadLine)
    assert "may mean that they left" in line.reason


def test_what_listmonk_cannot_tell_is_said() -> None:
    header = ["uuid", "email", "name", "attributes", "status", "created_at", "updated_at"]
    assert "738" in choose_layout(header, "subscribers.csv", {}).caution


def test_case_61_bad_lines_are_told_by_line_and_the_good_ones_come_in() -> None:
    header = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
    good = [f"reader{number}@example.org,false,,other,false,2024-01-02T03:04:05.000Z," for number in range(1_000)]
    bad = {
        100: 'open@example.org,"false,,other,false,2024-01-02,',
        300: "many@example.org,false,,other,false,2024-01-02,,,,,one too many",
        500: "nul@example.org,false,,other,false,2024-\0-02,",
        700: ",false,,other,false,2024-01-02,",
        900: "maybe@example.org,false,,other,perhaps,2024-01-02,",
    }
    lines = [header, *good]
    for at, line in bad.items():
        lines.insert(at - 1, line)
    text = "\n".join(lines).encode().replace(b"reader7@", b"reader7@\xff")
    text = text.replace(b"reader8@example.org,false,,other", "reader8@example.org,false,,подарок".encode())
    found = read(text)
    assert {line.line for line in found if isinstance(line, BadLine)} == {*bad, 9}
    people = [entry for entry in found if isinstance(entry, Entry)]
    assert [entry.address for entry in people] == [row.partition(",")[0] for n, row in enumerate(good) if n != 7]
    assert [entry.line for entry in people] == [n for n in range(2, len(lines) + 1) if n not in {*bad, 9}]


def test_case_61_a_formula_is_a_text_and_an_apostrophe_before_it_is_taken_off() -> None:
    rows = "email,name\n'+a@x.org,'=1+1\nb@x.org,=1+1\nc@x.org,'t Hooft\n"
    assert [(entry.address, entry.name) for entry in read_good(rows)] == [
        ("+a@x.org", "=1+1"),
        ("b@x.org", "=1+1"),
        ("c@x.org", "'t Hooft"),
    ]


def test_the_same_header_in_any_case_and_order_is_the_same_house() -> None:
    text = "CREATED_AT,EMAIL_DISABLED,EXPIRY,ACTIVE_SUBSCRIPTION,EMAIL\n2024-01-02,true,,,a@x.org\n"
    rows = RowReader(BytesIO(text.encode()))
    assert choose_layout(rows.header, "x.csv", {}).format == "Substack"
    assert [entry.status for entry in read_good(text)] == [LEFT]
