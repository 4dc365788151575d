"""What went wrong at Stripe, in our own four words. Never passes on a key or a stack trace.

Stripe's own sentences are kept where a person can act on them: a refund that is too large, a card that is declined.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import stripe

from service.errors import BadInput, NotFound, PostriderError, Unavailable

log = logging.getLogger(__name__)

AWAY: Final = "The payment service does not answer at this moment. Please try again in a minute."
_LONGEST: Final = 300
_SECRET: Final = re.compile(r"\b(?:[srp]k|whsec|ek)_[A-Za-z0-9_*]+")
# Another request holds the object or the same idempotency key: https://docs.stripe.com/error-codes
_BUSY: Final = frozenset({"lock_timeout", "idempotency_key_in_use", "rate_limit"})


@contextmanager
def translated() -> Iterator[None]:
    """Turn every error of Stripe inside the block into ours.

    Raises:
        Unavailable: nobody answered, too many asked, or Stripe itself failed; also a key that Stripe refuses, because
            the same request works once an operator has mended it.
        NotFound: there is no such object.
        BadInput: Stripe refuses this for good; with its sentence.
    """
    try:
        yield
    except stripe.StripeError as problem:
        # Without a chain: Stripe's errors carry the request's headers and body, and a log of causes would show them.
        raise _translate(problem) from None


def _translate(problem: stripe.StripeError) -> PostriderError:
    status = problem.http_status or 0
    if isinstance(problem, stripe.AuthenticationError | stripe.PermissionError):
        log.error("Stripe refuses our key (%s): check STRIPE_KEY and what it may do", status)
        return Unavailable(AWAY)
    if isinstance(problem, stripe.APIError | stripe.APIConnectionError | stripe.RateLimitError):
        log.warning("Stripe is away: %s, status %s", type(problem).__name__, status)
        return Unavailable(AWAY)
    if problem.code in _BUSY or status in {409, 429} or status >= 500:
        log.warning("Stripe is busy: %s, status %s", problem.code, status)
        return Unavailable(AWAY)
    sentence = clean_sentence(problem.user_message or "The payment service refused this.")
    if problem.code == "resource_missing" or status == 404:
        return NotFound(sentence)
    return BadInput(sentence)


def clean_sentence(text: str) -> str:
    """Return a sentence of Stripe's on one line, of bearable length and without anything that looks like a key."""
    return _SECRET.sub("…", " ".join(text.split()))[:_LONGEST]
