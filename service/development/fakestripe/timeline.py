"""What happens by itself when time passes: everything on the agenda, in its order, each at its own moment."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from service.development.fakestripe.account import Account
from service.development.fakestripe.amending import resume_collection
from service.development.fakestripe.charges import BALANCE_APPEARS, book_late
from service.development.fakestripe.checkout import EXPIRES, expire_session
from service.development.fakestripe.intents import DEBIT_SETTLES, Outcome
from service.development.fakestripe.intents import settle_debit as settle_intent
from service.development.fakestripe.invoices import find_invoice_of
from service.development.fakestripe.paying import end_async_payment
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.refunds import REFUND_FAILS, REFUND_SETTLES, fail_refund, settle_refund
from service.development.fakestripe.renewals import RETRIES, announce_renewal, follow_up, renew, retry
from service.development.fakestripe.subscriptions import ANNOUNCES, RENEWS, RESUMES

# A guard against an agenda that feeds itself: a century of weekly renewals is far less.
_MOST_STEPS = 100_000


def settle_debit(account: Account, intent_id: str, *, succeeds: bool = True) -> None:
    """End a bank debit that is processing, with its session, its invoice and its subscription.

    Raises:
        StripeProblem: the payment is not processing.
    """
    intent = account.get("payment_intent", intent_id)
    if intent["status"] != "processing":
        raise StripeProblem(f"Payment {intent_id} is not processing.", param="payment_intent")
    settle_intent(account, intent, succeeds=succeeds)
    invoice = find_invoice_of(account, intent_id)
    if invoice:
        outcome = Outcome.SUCCEEDED if succeeds else Outcome.DECLINED
        follow_up(account, invoice, outcome, is_automatic=not succeeds)
    end_async_payment(account, intent, succeeded=succeeds)


_DOES: Mapping[str, Callable[[Account, str], object]] = MappingProxyType(
    {
        ANNOUNCES: announce_renewal,
        BALANCE_APPEARS: book_late,
        DEBIT_SETTLES: settle_debit,
        EXPIRES: expire_session,
        REFUND_FAILS: lambda account, refund_id: fail_refund(account, account.get("refund", refund_id)),
        REFUND_SETTLES: lambda account, refund_id: settle_refund(account, account.get("refund", refund_id)),
        RENEWS: renew,
        RESUMES: resume_collection,
        RETRIES: retry,
    }
)


def catch_up(account: Account, until: int | None = None) -> int:
    """Let everything happen that is due, each dated at its own moment; return how much it was. Safe to repeat.

    Args:
        account: whose agenda.
        until: the moment to catch up with; now if None.
    """
    moment = account.now() if until is None else until
    done = 0
    while (entry := account.agenda.take_due(moment)) and done < _MOST_STEPS:
        with account.clock.standing_at(entry.at):
            _DOES[entry.what](account, entry.object_id)
        done += 1
    return done


def advance(account: Account, seconds: int) -> int:
    """Move the clock forward and let happen what falls into that time; return how much it was.

    Raises:
        ValueError: the step is backwards.
    """
    if seconds < 0:
        raise ValueError("the clock of the test Stripe moves forward only")
    target = account.now() + seconds
    done = catch_up(account, target)
    account.clock.move(max(0, target - account.now()))
    return done
