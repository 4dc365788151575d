"""Idempotency: the answer to a key is kept and given again. Owns which answers are kept, and for how long.

See https://docs.stripe.com/api/idempotent_requests: a failure of the server is kept as well, a request that was refused
before it began is not.
"""

import hashlib
import json
from typing import Any

from service.development.fakestripe.account import Account
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.shapes import JsonObject

_KEPT_FOR = DAY
_LONGEST_KEY = 255


def fingerprint(method: str, path: str, form: Any) -> str:
    """Return what tells one request from another."""
    text = json.dumps([method, path, form], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_replay(account: Account, key: str, mark: str) -> JsonObject | None:
    """Return the kept answer to this key: its ``status`` and ``body``; None if there is none.

    Raises:
        StripeProblem: the key was used for another request, or is too long.
    """
    if len(key) > _LONGEST_KEY:
        raise StripeProblem(f"An idempotency key may have up to {_LONGEST_KEY} characters.", kind="idempotency_error")
    kept = account.replays.get(key)
    if kept is None or kept["at"] + _KEPT_FOR < account.now():
        return None
    if kept["mark"] != mark:
        raise StripeProblem(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return kept


def keep_replay(account: Account, key: str, mark: str, status: int, body: JsonObject) -> None:
    """Keep an answer for this key."""
    account.replays[key] = {"mark": mark, "status": status, "body": body, "at": account.now()}
