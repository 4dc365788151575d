"""Who may do what. One table; a test walks every route of the desk against it."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is trusted with."""

    EDITOR = "editor"
    TREASURER = "treasurer"
    PUBLISHER = "publisher"


class Permission(StrEnum):
    """One thing that a route of the desk lets a person do."""

    ENTER = "enter"  # sign in, see the alarms, keep one's own account
    EDIT = "edit"  # read the desk, import, edit, preview, send a test to oneself
    SEND = "send"  # release, pause, resume and cancel
    READERS = "readers"  # see readers and their consent, bring lists in and out, lift a suppression, mind the doors
    FINANCE = "finance"  # see gifts and books, enter offline gifts, reconcile, make statements, export
    REFUND = "refund"  # pay back, and approve what somebody else wants to pay back


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.EDITOR: frozenset({Permission.ENTER, Permission.EDIT}),
    Role.TREASURER: frozenset({Permission.ENTER, Permission.FINANCE, Permission.REFUND}),
    Role.PUBLISHER: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    """Return whether ``role`` includes ``permission``."""
    return permission in GRANTS[role]
