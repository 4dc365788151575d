"""A donor's other card: put in at the portal, used from then on. Owns what that changes; never charges it."""

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import find_card
from service.development.fakestripe.customers import attach_method
from service.development.fakestripe.events import change
from service.development.fakestripe.methods import make_method
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.shapes import JsonObject


def keep_card(account: Account, customer: JsonObject, number: str) -> JsonObject:
    """Make this card the customer's default and return the payment method.

    Raises:
        StripeProblem: it is not a test card.
    """
    card = find_card(number)
    if card is None:
        raise StripeProblem("Your card number is not one of the test cards. No real card works here.", param="card")
    method = make_method(account, "card", email=customer["email"], name=customer["name"], card=card)
    attach_method(account, method, customer)
    settings = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    change(account, customer, "customer.updated", invoice_settings=settings)
    return method


def change_card(account: Account, subscription: JsonObject, number: str) -> None:
    """Pay a subscription with this card from now on; an open invoice waits for its next attempt.

    Raises:
        StripeProblem: it is not a test card.
    """
    customer = account.get("customer", subscription["customer"])
    method = keep_card(account, customer, number)
    change(account, subscription, "customer.subscription.updated", default_payment_method=method["id"])
