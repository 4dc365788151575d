"""The test cards and what each does. The numbers are Stripe's own (https://docs.stripe.com/testing).

One differs: Stripe's 4000 0000 0000 0341 is refused at its first charge already. Here the donor's own payment goes
through and every later one is refused, because that is what a renewal that fails looks like.
"""

from dataclasses import dataclass
from types import MappingProxyType

AUTHENTICATE = "authenticate"


@dataclass(frozen=True)
class TestCard:
    """A card that is not one.

    ``at_checkout`` and ``later``: what its bank says to a payment with and without the donor at hand: empty for yes,
    ``AUTHENTICATE``, or the decline code. ``then``: what follows a payment: "dispute", "inquiry", "warning" or nothing.
    ``refund``: the status that its refunds begin with; "fails" succeeds first and fails later.
    """

    number: str
    does: str
    at_checkout: str = ""
    later: str = ""
    then: str = ""
    refund: str = ""
    brand: str = "visa"

    @property
    def grouped(self) -> str:
        """The number as it is printed on a card."""
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


_CARDS = (
    TestCard("4242424242424242", "pays"),
    TestCard("5555555555554444", "pays", brand="mastercard"),
    TestCard("4000000000000002", "is declined", at_checkout="generic_decline", later="generic_decline"),
    TestCard("4000000000009995", "lacks funds", at_checkout="insufficient_funds", later="insufficient_funds"),
    TestCard("4000000000000069", "has expired", at_checkout="expired_card", later="expired_card"),
    TestCard("4000000000000127", "has another CVC", at_checkout="incorrect_cvc", later="incorrect_cvc"),
    TestCard("4000000000000341", "pays now, and is declined at every renewal", later="generic_decline"),
    TestCard("4000002500003155", "asks its bank once (3-D Secure), then pays", at_checkout=AUTHENTICATE),
    TestCard(
        "4000002760003184",
        "asks its bank at every payment (3-D Secure), renewals too",
        at_checkout=AUTHENTICATE,
        later=AUTHENTICATE,
    ),
    TestCard("4000000000000259", "pays, and is then disputed as fraud", then="dispute"),
    TestCard("4000000000001976", "pays, and its bank then inquires", then="inquiry"),
    TestCard("4000000000005423", "pays, with an early warning of fraud", then="warning"),
    TestCard("4000000000007726", "pays; a refund is pending at first", refund="pending"),
    TestCard("4000000000005126", "pays; a refund fails later", refund="fails"),
)
CARDS: MappingProxyType[str, TestCard] = MappingProxyType({card.number: card for card in _CARDS})
DEFAULT = _CARDS[0].number

# The sentences that Stripe's Checkout shows (https://docs.stripe.com/declines/codes).
_SENTENCES = MappingProxyType(
    {
        "generic_decline": ("card_declined", "Your card was declined."),
        "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
        "expired_card": ("expired_card", "Your card has expired."),
        "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
        AUTHENTICATE: ("authentication_required", "Your card was declined. This transaction requires authentication."),
    }
)


@dataclass(frozen=True)
class Decline:
    """A bank's no: ``code`` and ``decline_code`` as in Stripe's errors, and the sentence that the donor reads."""

    code: str
    decline_code: str | None
    message: str


def find_card(number: str) -> TestCard | None:
    """Return the test card of this number, however it is spaced; None if it is none."""
    return CARDS.get("".join(number.split()).replace("-", ""))


def describe_decline(answer: str) -> Decline:
    """Return what a bank's answer other than yes means in Stripe's words."""
    code, message = _SENTENCES[answer]
    decline_code = "authentication_required" if answer == AUTHENTICATE else answer
    return Decline(code, decline_code if code in {"card_declined", "authentication_required"} else None, message)
