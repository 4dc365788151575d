"""A reader's mails, each with what people and what machines did with it."""

from service.deliveries.states import DeliveryState
from service.privacy.download import describe_person, write_download
from service.privacy.mails import list_mails
from tests.fixtures.services import OpenTransaction
from tests.web.desk.readership import gather


def test_people_and_machines_are_told_apart(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        readership = gather(session)
    with open_transaction() as session:
        (mail,) = list_mails(session, readership.jane_id)
        told = describe_person(session, readership.jane_id)["mails"]
        assert list_mails(session, readership.left_id) == []
    assert (mail.copy.state, mail.issue.newsletter.slug) == (DeliveryState.SENT, "crossings")
    assert (mail.opens, mail.machine_opens, mail.clicks, mail.machine_clicks) == (1, 2, 1, 0)
    assert [(one["opens"], one["machine_opens"], one["clicks"], one["machine_clicks"]) for one in told] == [
        (1, 2, 1, 0)
    ]


def test_a_download_is_text_in_its_own_script_with_moments_in_utc(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        readership = gather(session)
        told = write_download(describe_person(session, readership.jane_id))
    assert "Москва" in told
    assert '+00:00"' in told
