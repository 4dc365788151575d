"""What failed on the way to a relay, in words. Owns that no secret is in them and that no mail is blamed."""

import ssl

from service.mail.events import About, Outcome, OutcomeKind


def away(what: str) -> Outcome:
    """Return what failed as an outcome that is held against no mail."""
    return Outcome(OutcomeKind.DEFERRED, None, what, About.RELAY)


def plain(problem: Exception) -> str:
    """Return what failed as a person can read it."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate can't be trusted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return f"TLS failed: {problem.reason or 'it hung up'}"
    if isinstance(problem, OSError):
        return problem.strerror or type(problem).__name__
    return str(problem)
