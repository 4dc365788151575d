"""The account: every object, what is planned for it, and one lock over all. Owns finding and numbering, no rule.

Whoever reads or writes holds the lock; nobody holds it while talking to another program.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from service.development.fakestripe.agenda import Agenda
from service.development.fakestripe.clock import Clock
from service.development.fakestripe.ids import Ids
from service.development.fakestripe.problems import missing
from service.development.fakestripe.shapes import JsonObject, shape

# As Stripe's sentences name them: "No such charge: 'ch_…'".
_NAMES = {"checkout.session": "checkout.session", "billing_portal.configuration": "configuration"}

# Where objects carry the address of a page.
_ADDRESSES = {
    "billing_portal.session": ("url",),
    "checkout.session": ("url",),
    "invoice": ("hosted_invoice_url", "invoice_pdf"),
}


@dataclass
class Manners:
    """How the account behaves until told otherwise.

    ``payment_methods``: what Checkout offers where the session names none. ``late_balance``: whether balance
    transactions appear an hour after their charges, as with Stripe's asynchronous capture. ``next_refund``: the status
    that the next refunds begin with. ``returns_dispute_fee``: whether a dispute that is won gives its fee back.
    """

    payment_methods: tuple[str, ...] = ("card",)
    late_balance: bool = False
    next_refund: str = "succeeded"
    returns_dispute_fee: bool = False


@dataclass
class Cause:
    """The API request that events are caused by; both None when time or a donor caused them."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Account:
    """All that the test Stripe knows.

    ``tables``: objects by their ``object`` name and id, oldest first. ``notes``: what is known about an object that
    Stripe's API does not show, by the object's id. ``replays``: answers by idempotency key. ``deliveries``: for each
    event, what became of it at each endpoint. ``outbox``: events that are still on their way.
    ``base_url``: where its pages are.
    """

    clock: Clock = field(default_factory=Clock)
    ids: Ids = field(default_factory=Ids)
    agenda: Agenda = field(default_factory=Agenda)
    manners: Manners = field(default_factory=Manners)
    tables: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    notes: dict[str, JsonObject] = field(default_factory=dict)
    replays: dict[str, JsonObject] = field(default_factory=dict)
    deliveries: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    outbox: dict[str, None] = field(default_factory=dict)
    cause: Cause = field(default_factory=Cause)
    base_url: str = "http://127.0.0.1"
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> int:
        """Return the present moment of this account."""
        return self.clock.now()

    def add(self, name: str, prefix: str, /, length: int = 24, **fields: Any) -> JsonObject:
        """Make an object of this name with a new id, keep it and return it; ``created`` is now where it has one."""
        fields = {"id": self.ids.new(prefix, length), "created": self.now(), **fields}
        made = shape(name, **fields)
        self.keep(made)
        return made

    def keep(self, made: JsonObject) -> None:
        """Keep an object under its name and id."""
        self.tables.setdefault(made["object"], {})[made["id"]] = made

    def move(self, base_url: str) -> None:
        """Let the pages be at this address from now on, also those that were made while they were elsewhere."""
        before, self.base_url = self.base_url, base_url
        for name, fields in _ADDRESSES.items():
            for made in self.tables.get(name, {}).values():
                for one in fields:
                    made[one] = made[one] and made[one].replace(before, base_url, 1)

    def get(self, name: str, object_id: str, param: str = "id") -> JsonObject:
        """Return the object.

        Raises:
            StripeProblem: there is none; 404, resource_missing, naming ``param``.
        """
        found = self.find(name, object_id)
        if found is None:
            raise missing(_NAMES.get(name, name.rpartition(".")[2]), object_id, param)
        return found

    def find(self, name: str, object_id: str | None) -> JsonObject | None:
        """Return the object, or None."""
        return self.tables.get(name, {}).get(object_id or "")

    def find_any(self, object_id: str) -> JsonObject | None:
        """Return the object of any kind that has this id, or None."""
        return next((table[object_id] for table in self.tables.values() if object_id in table), None)

    def newest_first(self, name: str) -> Iterator[JsonObject]:
        """Walk over all objects of this name, the newest first."""
        return reversed(list(self.tables.get(name, {}).values()))

    def note(self, object_id: str) -> JsonObject:
        """Return the notes on an object, to be read and written."""
        return self.notes.setdefault(object_id, {})
