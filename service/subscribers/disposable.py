"""Is an address one to throw away? Owns the look into a list that others keep; staff decide whether it matters.

The list is https://github.com/disposable-email-domains/disposable-email-domains, as packaged on PyPI: a new release is
a new list.
"""

from disposable_email_domains import blocklist


def is_disposable(mailed_address: str) -> bool:
    """Return whether the domain of ``mailed_address`` (A-labels), or one that it is a part of, is on the list."""
    domain = mailed_address.rpartition("@")[2]
    while domain:
        if domain in blocklist:
            return True
        domain = domain.partition(".")[2]
    return False
