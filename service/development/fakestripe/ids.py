"""Names for new objects: the prefixes that Stripe uses, then letters that follow from a seed. Never repeats one."""

import base64
import hashlib
import secrets


class Ids:
    """A source of ids; the same seed gives the same ids in the same order, so that a test can be repeated."""

    def __init__(self, seed: str = "", count: int = 0) -> None:
        self.seed = seed or secrets.token_hex(8)
        self.count = count

    def new(self, prefix: str, length: int = 24) -> str:
        """Return the next id, such as ``ch_`` and ``length`` letters."""
        self.count += 1
        digest = hashlib.sha512(f"{self.seed}:{self.count}".encode()).digest()
        letters = base64.b64encode(digest).decode().replace("+", "").replace("/", "").replace("=", "")
        return f"{prefix}_{letters[:length]}"
