"""Which DKIM key of this house signs mail from an address. Owns the rule for staff to see; never signs, asks no DNS.

DMARC (RFC 9989) accepts a signature whose domain is aligned with the From domain: the same, or, where a domain does
not ask for strict alignment, one of the same organisation. A key of a domain above is both nearest and surely that.
"""

from collections.abc import Collection


def find_signing_domain(address: str, key_domains: Collection[str]) -> str | None:
    """Return the domain whose key signs mail from ``address``: its own, else the nearest above; None: no key fits.

    ``key_domains`` are those that have a key here. As ``service.mail.dkim.DkimKeys.find_signer`` chooses.
    """
    domain = domain_of(address)
    while domain:
        if domain in key_domains:
            return domain
        domain = domain.partition(".")[2]
    return None


def domain_of(address: str) -> str:
    """Return the domain of a From address, as keys are kept by."""
    return address.rpartition("@")[2].lower()
