"""The control page for people and the same hands for programs: time, banks, disputes, refunds, trouble."""

import re
from html import unescape
from typing import Any

import pytest
import requests

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop


def look(url: str) -> str:
    answer = requests.get(url, timeout=60)
    assert answer.status_code == 200
    assert "Test page, not Stripe. No card is charged." in answer.text
    return unescape(answer.text)


def press(fake: FakeStripe, button: str) -> str:
    """Press a button of the control page; return the sentence that it then shows."""
    answer = requests.post(f"{fake.url}/_control", data={"do": button}, timeout=60)
    assert answer.status_code == 200
    found = re.search(r'<p role="status"><strong>(.*?)</strong>', answer.text)
    assert found is not None, answer.text
    return unescape(found.group(1))


def test_every_button_of_the_control_page_does_what_it_says_or_says_why_not(fake: FakeStripe, shop: Shop) -> None:
    buttons = re.findall(r'<button name="do" value="([^"]+)"', look(fake.url))
    before_any_gift = {button: press(fake, button) for button in buttons if "dispute" in button or "refund-" in button}
    assert before_any_gift == {
        "dispute-card": "There is not yet a payment.",
        "dispute-inquiry": "There is not yet a payment.",
        "dispute-bank": "There is not yet a payment.",
        "dispute-won": "There is not yet an open dispute.",
        "dispute-lost": "There is not yet an open dispute.",
        "refund-fails": "There is not yet a refund.",
        "refund-settles": "There is not yet an open refund.",
    }

    shop.subscribe()
    payment = shop.give()
    shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": 100})
    said = {button: press(fake, button) for button in buttons}

    assert len(buttons) == len(said) == 23
    assert all(said.values())
    assert said["month"].startswith("The clock moved 31 days; ")
    assert said["dispute-card"].startswith("The newest payment is contested: du_")
    assert said["dispute-inquiry"].endswith("is disputed already.")
    assert said["card-fails"].endswith("a card that fails at its next payment.")
    assert said["refund-fails"] == "The newest refund failed; its money is back."
    assert said["refund-settles"] == "There is not yet an open refund."


def test_the_control_page_shows_what_has_happened(fake: FakeStripe, shop: Shop) -> None:
    assert "Nobody has given yet." in look(fake.url)
    payment = shop.give(5000)
    shop.subscribe(2500)
    shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": 100})
    text = look(fake.url)

    assert "succeeded, partly refunded" in text
    assert "$25.00 a month" in text
    assert "checkout.session.completed" in text
    assert "31 January 2027, 12:00 UTC" in text


def test_other_programs_have_the_same_hands(fake: FakeStripe, shop: Shop) -> None:
    def call(name: str, **fields: Any) -> Any:
        answer = requests.post(f"{fake.url}/_test/{name}", json=fields, timeout=60)
        return answer.json().get("result", answer.json())

    session = shop.open()
    back = call("pay", session_id=session.id, email="ada@example.org")
    assert back == f"http://letters.test/thanks?session={session.id}"
    declined = call("pay", session_id=shop.open().id, card="4000000000000002")
    assert declined == {"declined": "Your card was declined."}
    payment = shop.client.v1.payment_intents.list().data[-1].id
    dispute = call("open_dispute", payment_intent=payment, kind="inquiry")
    assert call("close_dispute", dispute_id=dispute, won=True) is None
    assert call("advance", days=1) == 1
    assert requests.get(f"{fake.url}/_test/now", timeout=60).json() == {"result": fake.now()}
    assert call("deliver", event_ids=[]) == []
    listed = requests.get(f"{fake.url}/_test/objects/dispute", timeout=60).json()["result"]
    assert [one["status"] for one in listed] == ["warning_closed"]


@pytest.mark.parametrize(
    ("name", "body", "status", "sentence"),
    [
        ("account", {}, 404, "There is no /_test/account; there are: "),
        ("advance", {"weeks": 1}, 400, "unexpected keyword argument 'weeks'"),
        ("advance", {"days": -1}, 400, "moves forward only"),
        ("open_dispute", {"payment_intent": "pi_nobody"}, 404, "No such payment_intent: 'pi_nobody'"),
        ("fail_next", {"trouble": "fire"}, 400, "'fire' is not a valid Trouble"),
    ],
)
def test_a_wrong_call_is_a_sentence(
    fake: FakeStripe, name: str, body: dict[str, Any], status: int, sentence: str
) -> None:
    answer = requests.post(f"{fake.url}/_test/{name}", json=body, timeout=60)

    assert answer.status_code == status
    assert sentence in answer.json()["error"]["message"]
