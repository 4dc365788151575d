"""Refusals that name the host which sends: its address, its name in the DNS, a blocklist on which it stands.

Owns how such a reply is told from one about a person; what follows is ``outcomes``' and ``breaker``'s.
"""

import re
from typing import Final

from service.mail.events import Outcome, OutcomeKind

# RFC 7372 §3.3: the reverse DNS of the host failed.
_REVERSE_DNS: Final = "5.7.25"
# Microsoft numbers its blocks of a sending address from 5.7.606 to 5.7.649
# (https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online).
_BANNED: Final = range(606, 650)
_HOST: Final = r"(?:client host|(?:your|sending|source|client|connecting) (?:ip|host|server|mail ?server|network))\b"
_ADDRESS: Final = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\bip address\b)"
_BLOCK: Final = r"\b(?:block(?:ed|list)?|black ?-?list(?:ed)?|ban(?:ned)?|listed|denied|reject(?:ed)?|refused)\b"
_NAMES_IT: Final = re.compile(
    rf"(?:{_HOST}|{_ADDRESS}).{{0,80}}?{_BLOCK}|{_BLOCK}.{{0,40}}?(?:{_HOST}|{_ADDRESS})"
    r"|\b(?:spamhaus|spamcop|barracudacentral|dnsbl|rbl|zen\.|sorbs)\b"
    r"|\b(?:reverse dns|rdns|ptr record|no ptr)\b",
    re.IGNORECASE | re.DOTALL,
)


def names_our_host(outcome: Outcome) -> bool:
    """Whether a refusal is, by its code or its words, about the host that sends.

    Never one whose enhanced code is about something else, such as a mailbox. To be wrong costs days, not a copy: the
    person is asked again until the window ends.
    """
    if outcome.kind is not OutcomeKind.REFUSED:
        return False
    if outcome.enhanced is None:
        return _NAMES_IT.search(outcome.text) is not None
    if not outcome.is_policy:
        return False
    detail = int(outcome.enhanced.rpartition(".")[2])
    return outcome.enhanced == _REVERSE_DNS or detail in _BANNED or _NAMES_IT.search(outcome.text) is not None
