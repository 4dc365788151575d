"""A test Stripe of our own, for tests and for ``postrider run``: the unmodified client talks to it over HTTP.

Owns nothing that production uses, refuses to start there, and refuses live keys. What it plays is what ``catalogue``
lists; the rest is refused in a sentence, never silently ignored.

Where it differs from Stripe on purpose: an invoice is final at once instead of an hour later; failed renewals are tried
on fixed days (``renewals``); one card is kinder (``cards``); there are no prorations, taxes, coupons or currencies that
are converted. It is a model: that the service works with Stripe itself is for the ``stripe_live`` tests to prove.
"""
