"""Gift forms as browsers send them, and a processor that a test can break at will."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from service.clock import now
from service.donations.checkout import make_form_token
from service.donations.gateway import CheckoutOrder, Gateway, OpenedCheckout
from service.tokens import TokenSigner

GIVER = "ada.giver@example.org"


def fill_form(signer: TokenSigner, made_at: datetime | None = None, **changes: str) -> dict[str, str]:
    """Return a form for $50 once, on which somebody spent a minute; ``changes`` replace or add fields."""
    filled = {
        "token": make_form_token(signer, made_at or now() - timedelta(minutes=1)),
        "frequency": "once",
        "amount": "5000",
        "other_amount": "",
        "name": "Ada Giver",
        "address": GIVER,
    }
    return {**filled, **changes}


@dataclass
class BreakablePages:
    """The processor's pages: the same key again finds the same page. ``fault`` is raised before or after making one."""

    fault: Exception | None = None
    loses_answer: bool = False
    orders: dict[str, CheckoutOrder] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    hosts: tuple[str, ...] = ("https://pay.test",)

    @property
    def gateway(self) -> Gateway:
        """This as the gateway; what it lacks is never called here."""
        return cast("Gateway", self)

    def open_checkout(self, order: CheckoutOrder, key: str) -> OpenedCheckout:
        """Make a page, or find the one that this key has made."""
        self.calls.append(key)
        if self.fault is not None and not self.loses_answer:
            raise self.fault
        assert self.orders.setdefault(key, order) == order, "another order under an old key"
        if self.fault is not None:
            raise self.fault
        number = list(self.orders).index(key)
        return OpenedCheckout(f"cs_test_{number}", f"https://pay.test/{number}")
