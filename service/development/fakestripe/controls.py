"""The hands of a test on the test Stripe: what donors, banks, card networks and time do.

Owns the names that tests use. Each call takes the account's lock, lets it happen with all of its events, and lets go;
nothing is sent before it returns.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import DEFAULT
from service.development.fakestripe.charges import BALANCE_APPEARS, book_late
from service.development.fakestripe.checkout import expire_session
from service.development.fakestripe.disputes import close_dispute, escalate_inquiry, open_dispute, warn_of_fraud
from service.development.fakestripe.keeping_cards import change_card
from service.development.fakestripe.paying import Form, Result, answer_bank, submit
from service.development.fakestripe.payouts import pay_out
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.refunds import fail_refund, settle_refund
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.timeline import advance, settle_debit


class Declined(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The page would show this sentence, and the session stays open."""


class Controls:
    """What can happen to an account from outside of its API."""

    def __init__(self, account: Account, after_change: Callable[[], None] = lambda: None) -> None:
        self.account = account
        self.after_change = after_change

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Hold the account for the block, and save it after."""
        with self.account.lock:
            yield
        self.after_change()

    # The donor.

    def pay(
        self,
        session_id: str,
        card: str = DEFAULT,
        *,
        email: str = "",
        name: str = "",
        method: str = "card",
        completes_3ds: bool = True,
    ) -> str:
        """Fill in the Checkout page of an open session and press Pay; return the address that the donor is sent to.

        Args:
            session_id: the session.
            card: a number from ``cards``.
            email: the donor's address; the session's own if empty.
            name: the donor's name.
            method: "card", "us_bank_account" (settles days later) or "paypal".
            completes_3ds: how the donor answers if the bank asks.

        Raises:
            Declined: with the sentence that the page shows; the session stays open.
            StripeProblem: the session is not open.
        """
        result = self._submit(session_id, card, email, name, method)
        if result.asks_bank:
            with self.acting():
                session = self.account.get("checkout.session", session_id)
                result = answer_bank(self.account, session, completes=completes_3ds)
        if not result.url:
            raise Declined(result.message)
        return result.url

    def _submit(self, session_id: str, card: str, email: str, name: str, method: str) -> Result:
        with self.acting():
            session = self.account.get("checkout.session", session_id)
            known = session["customer_email"] or (session["customer_details"] or {}).get("email")
            form = Form(email=email or known or "donor@example.org", name=name, method=method, card=card)
            return submit(self.account, session, form)

    def change_card(self, subscription_id: str, card: str = DEFAULT) -> None:
        """Let the donor of a subscription put in another card, as the portal does."""
        with self.acting():
            change_card(self.account, self.account.get("subscription", subscription_id), card)

    # Time.

    def advance(self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> int:
        """Move the clock forward; all that falls into that time happens at its own moment. Return how much it was."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        with self.acting():
            return advance(self.account, int(step.total_seconds()))

    def advance_to(self, moment: int) -> int:
        """Move the clock forward to a moment, in seconds since 1970; nothing happens if it is past."""
        with self.acting():
            return advance(self.account, max(0, moment - self.account.now()))

    def now(self) -> int:
        """Return the present moment of the test Stripe, in seconds since 1970."""
        return self.account.now()

    def expire(self, session_id: str) -> None:
        """Let an open session expire now."""
        with self.acting():
            expire_session(self.account, session_id)

    # The balance.

    def hold_balance_transactions(self, late: bool = True) -> None:
        """Let balance transactions appear an hour after their charges from now on; False: at once again."""
        with self.acting():
            self.account.manners.late_balance = late

    def release_balance_transactions(self) -> int:
        """Let every balance transaction that is late appear now; return how many did."""
        with self.acting():
            late = [entry[2] for entry in self.account.agenda.as_list() if entry[1] == BALANCE_APPEARS]
            for charge_id in late:
                book_late(self.account, str(charge_id))
            return len(late)

    # Banks and networks.

    def settle_debit(self, payment_intent: str, *, succeeds: bool = True) -> None:
        """End a bank debit that is processing, well or badly."""
        with self.acting():
            settle_debit(self.account, payment_intent, succeeds=succeeds)

    def settle_debits(self, *, succeed: bool = True) -> int:
        """End every bank debit that is processing; return how many there were."""
        with self.acting():
            processing = [
                one["id"] for one in self.account.newest_first("payment_intent") if one["status"] == "processing"
            ]
            for intent_id in reversed(processing):
                settle_debit(self.account, intent_id, succeeds=succeed)
            return len(processing)

    def next_refunds(self, status: str) -> None:
        """Let refunds begin as "pending" or "requires_action" from now on; "succeeded": at once again."""
        if status not in {"succeeded", "pending", "requires_action"}:
            raise StripeProblem(f"A refund cannot begin as {status!r}.", param="status")
        with self.acting():
            self.account.manners.next_refund = status

    def settle_refund(self, refund_id: str) -> None:
        """Let an open refund succeed."""
        with self.acting():
            settle_refund(self.account, self.account.get("refund", refund_id))

    def refund_fails(self, refund_id: str) -> None:
        """Let a refund fail, also one that succeeded: its money comes back."""
        with self.acting():
            fail_refund(self.account, self.account.get("refund", refund_id))

    def open_dispute(self, payment_intent: str, reason: str = "fraudulent", kind: str = "card") -> str:
        """Let the donor's bank contest a payment; return the dispute's id.

        Args:
            payment_intent: one that succeeded.
            reason: such as "fraudulent", "product_not_received", "duplicate".
            kind: "card"; "inquiry", which moves no money; "bank", which is lost as it opens.
        """
        if kind not in {"card", "inquiry", "bank"}:
            raise StripeProblem(f"A dispute cannot be of the kind {kind!r}.", param="kind")
        with self.acting():
            dispute = open_dispute(self.account, self._paid_charge(payment_intent), reason=reason, kind=kind)
        dispute_id: str = dispute["id"]
        return dispute_id

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """Let a dispute be decided; an inquiry that is not won becomes a dispute first and is lost."""
        with self.acting():
            close_dispute(self.account, self.account.get("dispute", dispute_id), won=won)

    def escalate_inquiry(self, dispute_id: str) -> None:
        """Let an inquiry become a dispute: now the money leaves."""
        with self.acting():
            escalate_inquiry(self.account, self.account.get("dispute", dispute_id))

    def warn_of_fraud(self, payment_intent: str) -> None:
        """Let the card's network send an early warning of fraud."""
        with self.acting():
            warn_of_fraud(self.account, self._paid_charge(payment_intent))

    def pay_out(self, currency: str = "usd") -> str:
        """Send what is available to the organisation's bank; return the payout's id."""
        with self.acting():
            payout_id: str = pay_out(self.account, currency)["id"]
            return payout_id

    # Looking.

    def list_objects(self, name: str) -> list[JsonObject]:
        """Return copies of all objects of this name, such as "charge", the oldest first."""
        with self.account.lock:
            return copy.deepcopy(list(self.account.tables.get(name, {}).values()))

    def get_object(self, object_id: str) -> JsonObject:
        """Return a copy of the object with this id.

        Raises:
            StripeProblem: there is none.
        """
        with self.account.lock:
            found = self.account.find_any(object_id)
            if found is None:
                raise StripeProblem(f"There is no {object_id}.", status=404)
            return copy.deepcopy(found)

    @property
    def events(self) -> list[JsonObject]:
        """Copies of all events, the oldest first."""
        return self.list_objects("event")

    def _paid_charge(self, payment_intent: str) -> JsonObject:
        intent = self.account.get("payment_intent", payment_intent)
        if intent["status"] != "succeeded":
            raise StripeProblem(f"Payment {payment_intent} has not succeeded.", param="payment_intent")
        return self.account.get("charge", intent["latest_charge"])
