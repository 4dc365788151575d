"""Metadata: the caller's own words on an object. Owns how an update merges them; see https://docs.stripe.com/api/metadata."""

from collections.abc import Mapping
from typing import Literal


def merge_metadata(kept: Mapping[str, str], sent: Mapping[str, str] | Literal[""] | None) -> dict[str, str]:
    """Return the metadata after an update: an empty value unsets its key, an empty whole unsets all."""
    if sent == "":
        return {}
    return {key: value for key, value in {**kept, **(sent or {})}.items() if value != ""}
