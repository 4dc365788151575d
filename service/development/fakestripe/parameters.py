"""The drift guard: every request is read by the installed client's own TypedDicts, nested ones too.

An unknown name, a missing one, a word outside a choice or a number that is none becomes the 400 that Stripe would give.
No list of parameters is kept here: the guard moves with the client's pinned version.
"""

import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from stripe import RequestOptions

from service.development.fakestripe.forms import join_name
from service.development.fakestripe.problems import StripeProblem, not_played
from service.development.fakestripe.route import Params

_OPTIONS = frozenset(RequestOptions.__annotations__)
# Stripe's limits (https://docs.stripe.com/api/metadata).
_MOST_METADATA, _LONGEST_KEY, _LONGEST_VALUE = 50, 40, 500


class _Mismatch(Exception):  # noqa: N818 - one member of a union did not fit; another may
    pass


def read_params(form: Mapping[str, Any], takes: type, plays: frozenset[str]) -> Params:
    """Return the request's parameters with the types that the client declares: integers, booleans, lists.

    Args:
        form: the unfolded form.
        takes: a TypedDict of ``stripe.params``.
        plays: the parameters that mean something to this test Stripe.

    Raises:
        StripeProblem: the first thing that is wrong, by its full name.
    """
    params = _read_dict(form, takes, "")
    for name in params:
        if name not in plays:
            raise not_played(f"the parameter {name}", name)
    if isinstance(params.get("metadata"), dict):
        check_metadata(params["metadata"], "metadata")
    return params


def check_metadata(metadata: Mapping[str, str], name: str) -> None:
    """Do nothing if Stripe would keep this metadata.

    Raises:
        StripeProblem: too many keys, or one that is too long.
    """
    if len(metadata) > _MOST_METADATA:
        raise StripeProblem(f"Metadata may have up to {_MOST_METADATA} keys.", param=name)
    for key, value in metadata.items():
        if len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise StripeProblem(
                f"Metadata: a key may have up to {_LONGEST_KEY} characters and a value up to {_LONGEST_VALUE}; "
                f"{key[:_LONGEST_KEY]!r} has more.",
                param=join_name(name, key[:_LONGEST_KEY]),
            )


@cache
def declared(takes: type) -> dict[str, Any]:
    """Return the parameters of a TypedDict with their types, without the client's own request options."""
    # Names of the client's own options, which their module does not lend to those of others.
    hints = typing.get_type_hints(takes, localns={"StripeContext": str, "Mapping": Mapping})
    return {name: hint for name, hint in hints.items() if name not in _OPTIONS}


def _read_dict(form: Mapping[str, Any], takes: type, outer: str) -> Params:
    hints = declared(takes)
    for name in form:
        if name not in hints:
            param = join_name(outer, name)
            raise StripeProblem(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)
    required: frozenset[str] = takes.__required_keys__  # type: ignore[attr-defined]  # every TypedDict has it
    for name in sorted(required - set(form)):
        param = join_name(outer, name)
        raise StripeProblem(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return {name: _read(value, hints[name], join_name(outer, name)) for name, value in form.items()}


def _read(value: Any, hint: Any, name: str) -> Any:
    if isinstance(value, str):
        return _read_text(value, hint, name)
    return _read_nested(value, hint, name)


def _read_nested(value: Mapping[str, Any], hint: Any, name: str) -> Any:
    for member in _members(hint):
        origin = get_origin(member)
        if hasattr(member, "__required_keys__"):  # a TypedDict, also one of typing_extensions
            return _read_dict(value, member, name)
        if origin is list and all(key.isdigit() for key in value):
            (inner,) = get_args(member)
            return [_read(value[key], inner, join_name(name, key)) for key in sorted(value, key=int)]
        if origin is dict:
            return {key: _read(inner, get_args(member)[1], join_name(name, key)) for key, inner in value.items()}
    raise StripeProblem(f"Invalid {name}: a hash was sent where a value belongs.", param=name)


def _read_text(value: str, hint: Any, name: str) -> Any:
    members = _members(hint)
    words = [word for member in members if get_origin(member) is Literal for word in get_args(member)]
    if value in words:
        return value
    for member in members:
        try:
            # Choices are declared as ``Literal | str``: the words are the choice, unless "" is the only one.
            return _convert(value, member, is_choice=any(words))
        except _Mismatch:
            continue
    raise _refuse_text(value, members, words, name)


def _convert(value: str, member: Any, *, is_choice: bool) -> Any:
    if member is bool and value in {"true", "false"}:
        return value == "true"
    if member is int and value.removeprefix("-").isdecimal() and value.isascii():
        return int(value)
    if member is Decimal or member is float:
        try:
            return Decimal(value)
        except InvalidOperation:
            raise _Mismatch from None
    if member is str and not is_choice:
        return value
    raise _Mismatch


def _refuse_text(value: str, members: tuple[Any, ...], words: list[Any], name: str) -> StripeProblem:
    if [word for word in words if word]:
        listed = ", ".join(str(word) for word in words[:-1])
        choice = f"{listed}, or {words[-1]}" if listed else str(words[-1])
        return StripeProblem(f"Invalid {name}: must be one of {choice}", param=name)
    if int in members:
        return StripeProblem(f"Invalid integer: {value[:80]}", code="parameter_invalid_integer", param=name)
    if bool in members:
        return StripeProblem(f"Invalid boolean: {value[:80]}", param=name)
    return StripeProblem(f"Invalid {name}: a value was sent where a hash or a list belongs.", param=name)


def _members(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, one after the other; a plain type is its only member."""
    if get_origin(hint) in {Union, UnionType}:
        return tuple(member for part in get_args(hint) for member in _members(part))
    return (hint,)
