"""The account on disk: one JSON file, written whole or not at all, so that a newcomer's gifts outlive a restart."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from service.development.fakestripe.account import Account, Manners
from service.development.fakestripe.agenda import Agenda
from service.development.fakestripe.clock import Clock
from service.development.fakestripe.ids import Ids
from service.errors import Conflict

# Raise it whenever what is written changes its meaning.
_FORM = 2


def save_account(account: Account, path: Path) -> None:
    """Write the account; a reader sees the old file or the new one, never a half."""
    with account.lock:
        text = json.dumps(
            {
                "form": _FORM,
                "base_url": account.base_url,
                "starts_at": account.clock.starts_at,
                "moved_by": account.clock.moved_by,
                "seed": account.ids.seed,
                "count": account.ids.count,
                "agenda": account.agenda.as_list(),
                "manners": asdict(account.manners),
                "tables": account.tables,
                "notes": account.notes,
                "replays": account.replays,
                "deliveries": account.deliveries,
                "outbox": list(account.outbox),
            },
            ensure_ascii=False,
        )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)


def load_account(path: Path) -> Account:
    """Read an account.

    Raises:
        Conflict: the file is of another release, or is no account.
    """
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["form"] != _FORM:
            raise Conflict(f"{path} was written by another release; remove it to start with an empty test Stripe.")
        return Account(
            clock=Clock(kept["starts_at"], kept["moved_by"]),
            ids=Ids(kept["seed"], kept["count"]),
            agenda=Agenda(kept["agenda"]),
            manners=Manners(**kept["manners"] | {"payment_methods": tuple(kept["manners"]["payment_methods"])}),
            tables=kept["tables"],
            notes=kept["notes"],
            replays=kept["replays"],
            deliveries=kept["deliveries"],
            base_url=kept["base_url"],
            outbox=dict.fromkeys(kept["outbox"]),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise Conflict(f"{path} is not the state of a test Stripe; remove it to start anew. ({problem})") from None
