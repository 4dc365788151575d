"""Any table becomes a layout: by what staff say of its columns, and by names that leave no doubt. Never by position."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.errors import BadInput
from service.lists.entries import EntryStatus
from service.lists.layouts import Layout

FORMAT: Final = "CSV"
FIELD: Final = "field:"  # "field:city" keeps a column as the field "city"

# What the columns are called in the languages of our readers, and in other houses' files.
_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "address": (
        *("email", "e-mail", "mail", "email address", "e-mail address", "email_address", "emailaddress", "address"),
        *("адрес", "почта", "эл. почта", "электронная почта", "邮箱", "电子邮箱", "电子邮件"),
        *("courriel", "adresse e-mail", "adresse email", "e-mail-adresse", "correo", "correo electrónico"),
    ),
    "name": ("name", "full name", "full_name", "имя", "姓名", "nom", "nombre"),
    "first_name": ("first name", "first_name", "firstname", "given name", "vorname", "prénom"),
    "last_name": ("last name", "last_name", "lastname", "surname", "family name", "nachname", "фамилия", "apellidos"),
    "language": ("language", "lang", "язык", "语言", "langue", "idioma", "sprache"),
    "tags": ("tags", "labels"),
    "agreed_at": (
        *("agreed_at", "confirmed_at", "opted_in_at", "subscribed_at", "subscription_date", "date subscribed"),
        *("created_at", "created at", "joined"),
    ),
    "ended_at": ("ended_at", "unsubscribed_at", "unsubscription_date", "canceled_at", "cancelled_at"),
    "source": ("source",),
    "status": ("status", "state", "статус", "状态", "statut", "estado"),
}
_WORDS: Final[Mapping[str, EntryStatus]] = {
    **dict.fromkeys(("subscribed", "active", "confirmed", "enabled", "yes", "true", "1"), EntryStatus.SUBSCRIBED),
    **dict.fromkeys(
        ("unsubscribed", "left", "cancelled", "canceled", "disabled", "no", "false", "0"), EntryStatus.LEFT
    ),
    **dict.fromkeys(("bounced", "cleaned", "undeliverable", "invalid", "suppressed"), EntryStatus.BOUNCED),
    **dict.fromkeys(("complained", "spam", "complaint"), EntryStatus.COMPLAINED),
    **dict.fromkeys(("unconfirmed", "pending", "inactive", "unactivated"), EntryStatus.UNCONFIRMED),
}


def map_columns(header: Sequence[str], mapping: Mapping[str, str]) -> Layout:
    """Return the layout of a table whose columns staff named, or whose names leave no doubt.

    Args:
        mapping: what we take: its column; "" leaves a column alone that would be taken by its name.

    Raises:
        BadInput: when a column is not there, or none holds the addresses.
    """
    columns = {name.casefold(): name for name in reversed(header)}
    found = {what: next((name for name in usual if name in columns), "") for what, usual in _USUAL.items()}
    fields: dict[str, str] = {}
    for what, column in mapping.items():
        if column and column.casefold() not in columns:
            raise BadInput(f"This file has no column “{column}”. {_list_columns(header)}")
        if what.startswith(FIELD):
            fields[what.removeprefix(FIELD)] = column.casefold()
        elif what in found:
            found[what] = column.casefold()
        else:
            raise BadInput(f"“{what}” is nothing that we take from a file: {', '.join(found)}, or {FIELD}NAME.")
    if not found["address"]:
        raise BadInput(f"No column of this file is surely the e-mail address: say which. {_list_columns(header)}")
    return Layout(
        format=FORMAT,
        address=found["address"],
        names=(found["name"],) if found["name"] else (found["first_name"], found["last_name"]),
        language=found["language"],
        tags=found["tags"],
        agreed_at=(found["agreed_at"],),
        ended_at=(found["ended_at"],),
        source=(found["source"],),
        marks={found["ended_at"]: EntryStatus.LEFT} if found["ended_at"] else {},
        status=found["status"],
        words=_WORDS,
        fields=fields,
    )


def _list_columns(header: Sequence[str]) -> str:
    return f"Its columns are: {', '.join(header)[:500]}."
