"""Compares an object with what the installed client's classes declare: every field, its type, its choice of words."""

from collections.abc import Iterator
from decimal import Decimal
from types import NoneType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

from stripe import ListObject, StripeObject
from stripe._stripe_object import UntypedStripeObject

from service.development.fakestripe.shapes import CLASSES, ON_REQUEST, literal_values

# Stripe leaves these out of an answer: deletion marks, and a product that the account has not joined.
_LEFT_OUT = frozenset({"OBJECT_NAME", "deleted", "managed_payments"})


def find_differences(value: dict[str, Any], place: str = "") -> Iterator[str]:
    """Yield a sentence for everything in which an object and its class differ."""
    name = value["object"]
    place = place or name
    declared = CLASSES[name].__annotations__
    left_out = _LEFT_OUT | ON_REQUEST.get(name, frozenset())
    if name == "payment_method":
        left_out |= set(literal_values(declared["type"])) - {value["type"]}
    if name == "event":
        left_out |= {"account", "context"}
    missing = set(declared) - left_out - set(value)
    if missing:
        yield f"{place} lacks {sorted(missing)}"
    yield from _compare_fields(value, declared, place)


def _compare_fields(value: dict[str, Any], declared: dict[str, Any], place: str) -> Iterator[str]:
    for field, inner in value.items():
        if field not in declared:
            yield f"{place} has {field}, which the client does not know"
        else:
            yield from _compare(inner, declared[field], f"{place}.{field}")


def _compare(value: Any, hint: Any, place: str) -> Iterator[str]:
    members = get_args(hint) if get_origin(hint) is Union else (hint,)
    if isinstance(value, dict):
        yield from _compare_dict(value, members, place)
    elif isinstance(value, list):
        [inner] = [get_args(member)[0] for member in members if get_origin(member) is list] or [None]
        for number, one in enumerate(value):
            yield from _compare(one, inner, f"{place}[{number}]")
    elif not any(_fits(value, member, words=bool(literal_values(hint))) for member in members):
        yield f"{place} is {value!r}, not {hint}"


def _compare_dict(value: dict[str, Any], members: tuple[Any, ...], place: str) -> Iterator[str]:
    name = value.get("object")
    if any(get_origin(member) is UntypedStripeObject for member in members):
        return
    if name == "list":
        if not any(get_origin(member) is ListObject for member in members):
            yield f"{place} is a list of Stripe's, and should not be"
        for number, one in enumerate(value["data"]):
            yield from find_differences(one, f"{place}[{number}]")
    elif isinstance(name, str) and name in CLASSES:
        if not any(isinstance(member, ForwardRef | str) or member is CLASSES[name] for member in members):
            yield f"{place} is an object, and should not be"
        yield from find_differences(value, place)
    else:
        yield from _compare_hash(value, members, place)


def _compare_hash(value: dict[str, Any], members: tuple[Any, ...], place: str) -> Iterator[str]:
    classes = [member for member in members if isinstance(member, type) and issubclass(member, StripeObject)]
    if not classes:
        yield f"{place} is a hash, and should not be"
        return
    declared = classes[0].__annotations__
    needed = {field for field, hint in declared.items() if NoneType not in get_args(hint)}
    if needed - set(value) - _LEFT_OUT:
        yield f"{place} lacks {sorted(needed - set(value))}"
    yield from _compare_fields(value, declared, place)


def _fits(value: Any, member: Any, *, words: bool) -> bool:
    if get_origin(member) is Literal:
        return value in get_args(member)
    if member is str:
        # Choices are declared as ``Literal | str``; the fake must stay within the words.
        return isinstance(value, str) and not words
    if member is Decimal:
        return isinstance(value, str) and Decimal(value) is not None
    if member is int:
        return type(value) is int
    return isinstance(member, type) and type(value) is member
