"""Whose export a file is, by its header. Owns the choice of a layout; the columns' meaning is in ``suppliers``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from service.errors import BadInput
from service.lists.entries import EntryStatus
from service.lists.layouts import Layout
from service.lists.mapping import map_columns
from service.lists.own import COLUMNS, OWN
from service.lists.suppliers import SUPPLIERS, Supplier

# The three files of Mailchimp's export, and a fourth for those who only bought something; the first that fits counts.
# source: the notes on Mailchimp's exports at ginkgo.st/~ca/roadmap (2019), and TryGhost/migrate's three fixtures
_MAILCHIMP_NAMES: Final = (
    ("unsubscribed", EntryStatus.LEFT),
    ("nonsubscribed", EntryStatus.UNCONFIRMED),
    ("non-subscribed", EntryStatus.UNCONFIRMED),
    ("cleaned", EntryStatus.BOUNCED),
    ("subscribed", EntryStatus.SUBSCRIBED),
)


def find_supplier(header: Sequence[str]) -> Supplier | None:
    """Return the house whose export has this header, if any is known for it."""
    names = {name.casefold() for name in header}
    return next((supplier for supplier in SUPPLIERS if supplier.signs <= names), None)


def is_known(header: Sequence[str]) -> bool:
    """Tell whether a file with this header is a list of people that needs no mapping."""
    return tuple(header) == COLUMNS or find_supplier(header) is not None


def choose_layout(header: Sequence[str], filename: str, mapping: Mapping[str, str]) -> Layout:
    """Return how a file is read: as staff mapped it, else as its house writes, else by names that leave no doubt.

    Raises:
        BadInput: when the mapping does not fit, no column is surely the address, or only a lost file name could say
            whether these people left.
    """
    if mapping:
        return map_columns(header, mapping)
    if tuple(header) == COLUMNS:
        return OWN
    supplier = find_supplier(header)
    if supplier is None:
        return map_columns(header, {})
    layout = supplier.layout
    if layout.format == "Mailchimp":
        layout = replace(layout, otherwise=_find_mailchimp_status(header, filename))
    if supplier.dropped is not None:
        layout = replace(layout, fields=_keep_rest(header, layout, supplier.dropped))
    return layout


def _find_mailchimp_status(header: Sequence[str], filename: str) -> EntryStatus:
    names = {name.casefold() for name in header}
    if "unsub_time" in names:
        return EntryStatus.LEFT
    if "clean_time" in names:
        return EntryStatus.BOUNCED
    for word, status in _MAILCHIMP_NAMES:
        if word in filename.casefold():
            return status
    raise BadInput(
        "Mailchimp tells who is subscribed only in the name of the file: give it its name back (subscribed_…, "
        "unsubscribed_…, cleaned_…), or send the whole zip archive as it came."
    )


def _keep_rest(header: Sequence[str], layout: Layout, dropped: frozenset[str]) -> dict[str, str]:
    """Return the columns that the owner of the list added, by their own names."""
    used = {layout.address, *layout.names, layout.tags, layout.status, *layout.agreed_at, *layout.ended_at}
    return {name: low for name in header if (low := name.casefold()) and low not in used | dropped}
