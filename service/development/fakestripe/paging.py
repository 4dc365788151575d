"""Pages of a list: ``limit``, ``starting_after``, ``ending_before``, ``has_more``. Never filters or sorts.

See https://docs.stripe.com/api/pagination: the newest first, ten to a page unless told otherwise.
"""

from collections.abc import Iterable

from service.development.fakestripe.problems import StripeProblem, missing
from service.development.fakestripe.route import Params
from service.development.fakestripe.shapes import JsonObject

_USUAL, _MOST = 10, 100


def cut_page(found: Iterable[JsonObject], params: Params, path: str) -> JsonObject:
    """Return one page of a list, in Stripe's shape.

    Raises:
        StripeProblem: the limit is out of range, or an id to start at is not in the list.
    """
    limit = params.get("limit", _USUAL)
    if not 1 <= limit <= _MOST:
        raise StripeProblem(
            f"This value must be between 1 and {_MOST}: {limit}", code="parameter_invalid_integer", param="limit"
        )
    everything = list(found)
    if "ending_before" in params:
        end = _find_place(everything, params["ending_before"], "ending_before")
        start = max(0, end - limit)
        return _shape(everything[start:end], path, has_more=start > 0)
    start = 0
    if "starting_after" in params:
        start = _find_place(everything, params["starting_after"], "starting_after") + 1
    return _shape(everything[start : start + limit], path, has_more=len(everything) > start + limit)


def _find_place(everything: list[JsonObject], object_id: str, param: str) -> int:
    for place, found in enumerate(everything):
        if found["id"] == object_id:
            return place
    raise missing("object", object_id, param)


def _shape(members: list[JsonObject], path: str, *, has_more: bool) -> JsonObject:
    return {"object": "list", "data": members, "has_more": has_more, "url": path}
