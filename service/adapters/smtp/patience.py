"""How long a relay may keep us waiting. Owns the durations alone; each is for a whole phase."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. A byte now and then never prolongs a phase; only a whole reply begins the next.

    ``greeting``: connecting, TLS, EHLO and signing in together. ``command``: one reply, or the text of a mail leaving.
    ``answer``: the reply to the final dot (RFC 5321 §4.5.3.2.6); giving up earlier makes doubtful mails. ``rest``:
    before a relay that refused a further connection is asked for one again. ``goodbye``: the reply to QUIT.
    """

    greeting: float = 30.0
    command: float = 60.0
    answer: float = 600.0
    rest: float = 5.0
    goodbye: float = 0.5
