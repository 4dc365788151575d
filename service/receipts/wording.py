"""The sentences that make a receipt one: goods or services, tax exemption, renewals, void and replaced versions.

They are in English whatever the donor reads, because a United States tax office reads them; counsel signs them off.
Owns the sentences, never where they stand on a page. Change one, and TEMPLATE_VERSION goes up.
"""

from typing import Final

from service.money import write_amount

TEMPLATE_VERSION: Final = 1

# A payment above this that is partly for something in return must be told what is deductible: 26 U.S.C. § 6115(a).
QUID_PRO_QUO_USD_MINOR: Final = 7500

NOTHING_IN_RETURN: Final = "No goods or services were provided in exchange for this contribution."
NOTHING_IN_RETURN_ALL: Final = "No goods or services were provided in exchange for these contributions."
NOTHING_ELSE_IN_RETURN: Final = (
    "No goods or services were provided in exchange for these contributions, except where it is said beside a gift."
)
RENEWAL: Final = "This gift is one payment of a recurring gift. Each payment has a receipt of its own."
VOID: Final = "This receipt is void. Please do not use it for tax purposes."
HELD: Final = "This receipt is on hold while the payment is in dispute. Please do not use it for tax purposes for now."
SUPERSEDED: Final = "This version was replaced by a newer one. Please do not use it for tax purposes."
STATEMENT_SUPERSEDED: Final = "This statement was replaced by a newer one. Please do not use it for tax purposes."
DRAFT: Final = "This is a draft for the organization’s own review. It has not been sent."
KEEP: Final = "Please keep this receipt with your tax records."
KEEP_STATEMENT: Final = (
    "Please keep this statement with your tax records. It is about the same gifts as the receipts named in it."
)


def say_what_was_given_in_return(
    paid_minor: int, fair_market_value_minor: int, benefit: str, deductible_minor: int, currency: str
) -> str:
    """Return the sentences on goods or services that a written acknowledgment must have (26 U.S.C. § 170(f)(8)(B)).

    ``paid_minor`` is the whole payment: the rule on payments above $75 looks at it, not at the deductible part.
    """
    thing = " ".join(benefit.split()).rstrip(".")
    if fair_market_value_minor == 0:
        return _something_small(thing) if thing else NOTHING_IN_RETURN
    value = write_amount(fair_market_value_minor, currency)
    sentence = (
        f"In exchange for this contribution, the following was provided to you: {thing or 'goods or services'}. "
        f"Our good-faith estimate of its fair market value is {value}."
    )
    if not _must_tell_the_excess(paid_minor, currency):
        return sentence
    return (
        f"{sentence} The amount of your contribution that is deductible for federal income tax purposes is limited to "
        f"the excess of your contribution over the value of the goods or services provided: "
        f"only the excess, {write_amount(deductible_minor, currency)}, is deductible."
    )


def say_who_is_exempt(legal_name: str, tax_number: str) -> str:
    """Return the line on section 501(c)(3) with the tax number."""
    name = legal_name.rstrip()
    return (
        f"{name} is exempt from federal income tax under section 501(c)(3) of the Internal Revenue Code. "
        f"Tax number (EIN): {tax_number}."
    )


def say_which_it_replaces(number: str, version: int) -> str:
    """Return the line of a later version; empty for the first."""
    return "" if version == 1 else f"This is version {version} of receipt {number}. It replaces every earlier version."


def say_which_statement_it_replaces(year: int, version: int) -> str:
    """Return the line of a later version of a year's statement; empty for the first."""
    if version == 1:
        return ""
    return f"This is version {version} of the statement for {year}. It replaces every earlier version."


def _something_small(thing: str) -> str:
    # The sentence that Rev. Proc. 90-12 offers for benefits of insubstantial value; staff decide that they are.
    return (
        f"You received: {thing}. Under Internal Revenue Service guidelines the estimated value of the benefits "
        "received is not substantial; therefore, the full amount of your payment is a deductible contribution."
    )


def _must_tell_the_excess(paid_minor: int, currency: str) -> bool:
    return currency != "usd" or paid_minor > QUID_PRO_QUO_USD_MINOR  # other money can't be compared: always tell
