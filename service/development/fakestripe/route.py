"""One entrance of the API: its method and path, the parameters it takes, and who answers. Never knows HTTP itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from service.development.fakestripe.account import Account
from service.development.fakestripe.shapes import JsonObject

Params = dict[str, Any]
_PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})


@dataclass(frozen=True)
class Route:
    """An entrance.

    ``answer`` is called with the account, the checked parameters and the ids of the path, under the account's lock.
    ``takes`` is the client's own TypedDict. ``plays`` names those of its parameters that mean something here: others
    are refused, because a parameter that is silently ignored would make a test lie.
    """

    method: str
    path: str
    takes: type
    plays: frozenset[str]
    answer: Callable[..., JsonObject | Iterable[JsonObject]]
    is_list: bool = False


def read(path: str, takes: type, answer: Callable[..., JsonObject], plays: str = "") -> Route:
    """Return an entrance that answers with one object."""
    return Route("GET", path, takes, frozenset(plays.split()) | {"expand"}, answer)


def page(path: str, takes: type, answer: Callable[..., Iterable[JsonObject]], plays: str = "") -> Route:
    """Return an entrance that answers with a page of objects; ``answer`` gives all that match, the newest first."""
    return Route("GET", path, takes, frozenset(plays.split()) | _PAGING, answer, is_list=True)


def write(path: str, takes: type, answer: Callable[..., JsonObject], plays: str = "") -> Route:
    """Return an entrance that changes something and answers with one object."""
    return Route("POST", path, takes, frozenset(plays.split()) | {"expand"}, answer)


def remove(path: str, takes: type, answer: Callable[..., JsonObject], plays: str = "") -> Route:
    """Return an entrance that ends something and answers with one object."""
    return Route("DELETE", path, takes, frozenset(plays.split()) | {"expand"}, answer)


def is_in_range(moment: int, wanted: int | Params | None) -> bool:
    """Whether a moment is what a list's filter asks for: one moment, or bounds named gt, gte, lt, lte."""
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return moment == wanted
    compare = {"gt": moment.__gt__, "gte": moment.__ge__, "lt": moment.__lt__, "lte": moment.__le__}
    return all(compare[name](bound) for name, bound in wanted.items())


def list_matching(account: Account, name: str, params: Params, *fields: str) -> Iterable[JsonObject]:
    """Walk over the objects whose ``fields`` equal the parameters of the same names, and whose ``created`` fits."""
    wanted = {field: params[field] for field in fields if field in params}
    for found in account.newest_first(name):
        if all(found[field] == value for field, value in wanted.items()) and is_in_range(
            found.get("created", 0), params.get("created")
        ):
            yield found
