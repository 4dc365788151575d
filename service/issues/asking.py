"""How an issue asks for gifts that are taken here: each ask with links of its own, so that a gift says what won it.

A link names the issue and the item, never the reader: a mail that is passed on tells nothing about anybody. Owns the
addresses; whether gifts are taken at all is decided by ``donations``.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from service.money import write_amount
from service.rendering.content import GiftAmount, GiftOffer
from service.rendering.words import words_for
from service.tokens import Purpose, TokenSigner

CLOSING_BLOCK: Final = 0  # the "item" of the block that closes an issue in which no item asks


@dataclass(frozen=True)
class Asking:
    """What every ask offers now. ``amounts_minor`` are suggestions in minor units of ``currency``."""

    signer: TokenSigner
    public_url: str
    amounts_minor: tuple[int, ...]
    currency: str

    def offer(self, issue_id: int, item_id: int, language: str) -> GiftOffer:
        """Return the ways to give below one ask; the pages that they lead to speak its ``language`` if they can."""
        token = self.signer.sign(Purpose.ASK, issue_id, item_id)
        spoken = words_for(language).language

        def link(**choice: object) -> str:
            return f"{self.public_url}/give?{urlencode({'ask': token, **choice, 'lang': spoken})}"

        return GiftOffer(
            amounts=tuple(
                GiftAmount(write_amount(minor, self.currency, short=True), link(amount=minor))
                for minor in self.amounts_minor
            ),
            other_url=link(),
            monthly_url=link(frequency="monthly"),
            giving_url=f"{self.public_url}/giving?lang={spoken}",
        )
