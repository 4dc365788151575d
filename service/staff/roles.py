"""Who may do what. One table; a test walks every route of the desk against it."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is trusted with."""

    EDITOR = "editor"
    PUBLISHER = "publisher"


class Permission(StrEnum):
    """One thing that a route of the desk lets a person do."""

    EDIT = "edit"  # read the desk, import, edit, preview, send a test to oneself
    SEND = "send"  # release, pause, resume and cancel


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.EDITOR: frozenset({Permission.EDIT}),
    Role.PUBLISHER: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    """Return whether ``role`` includes ``permission``."""
    return permission in GRANTS[role]
