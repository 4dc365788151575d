"""Settling an alarm: by those whose business it is, whoever else sees it."""

import pytest
from sqlalchemy import select

from service.alarms.models import Alarm
from service.alarms.raising import raise_alarm
from service.staff.models import AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, words_of

SENTENCE = "Something is wrong with it."


@pytest.mark.parametrize(
    ("key", "refused"),
    [
        ("relay:refuses", {"editor": "is for publishers", "treasurer": "is for publishers"}),
        ("books", {"editor": "treasurers and publishers"}),
    ],
)
def test_an_alarm_is_seen_by_all_and_settled_by_those_whose_business_it_is(
    desk: Desk, editor_desk: Desk, treasurer_desk: Desk, open_transaction: OpenTransaction, key: str,
    refused: dict[str, str],
) -> None:  # fmt: skip
    with open_transaction() as session:
        raise_alarm(session, key, SENTENCE)
    path = "/desk/alarms/1/settle"
    browsers = {"editor": editor_desk, "treasurer": treasurer_desk, "publisher": desk}
    for name, browser in browsers.items():
        page = browser.read("/desk/account")
        assert SENTENCE in page
        assert ("It is seen to" in page) is (name not in refused)
    for name, words in refused.items():
        response = browsers[name].post(path)
        assert response.status_code == 403
        assert words in words_of(response)
    with open_transaction() as session:
        assert session.get_one(Alarm, 1).settled_at is None
    desk.post(path)
    assert SENTENCE not in editor_desk.read("/desk/account")
    with open_transaction() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["Settled the alarm"]
