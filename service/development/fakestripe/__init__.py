"""A test Stripe of our own, for tests and for ``postrider run``: the unmodified client talks to it over HTTP.

Owns nothing that production uses, refuses to start there, and refuses live keys. What it plays is what ``catalogue``
lists; the rest is refused in a sentence, never silently ignored.
"""
