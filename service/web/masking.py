"""An address as strangers may see it: its owner knows it again, nobody else can use it."""

from typing import Final

SHORTEST_SHOWN: Final = 3  # characters before the @; of fewer, even the first says too much


def mask_address(address: str) -> str:
    """Return an address that its owner knows again and nobody else can use: ``j•••@example.org``."""
    local, _, domain = address.rpartition("@")
    shown = local[0] if len(local) >= SHORTEST_SHOWN else ""
    return f"{shown}•••@{domain}"
