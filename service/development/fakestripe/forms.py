"""Form bodies with nested names, as Stripe's clients write them: ``items[0][price_data][currency]=usd``.

Owns the nesting and its refusals; what the values mean is ``parameters``.
"""

import re
from collections.abc import Iterable
from typing import Any

from service.development.fakestripe.problems import StripeProblem

_NAME = re.compile(r"^([A-Za-z_0-9]+)((?:\[[^\[\]]*\])*)$")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_MOST_STEPS = 8


def unfold(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the pairs as nested dicts; the members of a list have their numbers as keys.

    Raises:
        StripeProblem: a name is malformed, or is both a value and a hash.
    """
    unfolded: dict[str, Any] = {}
    for name, value in pairs:
        first, *steps = split_name(name)
        inner = unfolded
        for step, following in zip([first, *steps], steps, strict=False):
            inner = inner.setdefault(_numbered(step, inner), {})
            if not isinstance(inner, dict):
                raise StripeProblem(f"Invalid {name}: {following} lies inside of a value.", param=name)
        inner[_numbered([first, *steps][-1], inner)] = value
    return unfolded


def split_name(name: str) -> list[str]:
    """Return the steps of a nested name.

    Raises:
        StripeProblem: it is none, or nests too deep.
    """
    match = _NAME.match(name)
    if match is None:
        raise StripeProblem(f"Invalid request: {name[:80]!r} is not a parameter's name.", code="parameter_unknown")
    steps = [match.group(1), *_STEP.findall(match.group(2))]
    if len(steps) > _MOST_STEPS:
        raise StripeProblem(f"Invalid request: {name[:80]!r} nests too deep.", code="parameter_unknown")
    return steps


def _numbered(step: str, inner: dict[str, Any]) -> str:
    """``[]`` is the next number: curl users write ``expand[]=a``."""
    return step or str(len(inner))


def join_name(outer: str, step: str) -> str:
    """Return the nested name of something one step further in."""
    return f"{outer}[{step}]" if outer else step
