"""The staff desk at ``/desk``: issues from manuscript to results, and the gifts with their books.

One file per group of pages. Every route declares the permission it needs (``access``); what may be done to an issue
or a gift is decided by ``issues``, ``deliveries`` and ``donations``, never here.
"""

from service.web.desk import (
    alarms,
    disputes,
    donors,
    exporting,
    findings,
    funds,
    gifts,
    importing,
    issues,
    items,
    masthead,
    offline,
    organisation,
    papers,
    preview,
    reconciliation,
    recurring,
    refunds,
    results,
    sending,
    session,
    statements,
    totals,
)
from service.web.desk.access import blueprint

__all__ = [
    "alarms",
    "blueprint",
    "disputes",
    "donors",
    "exporting",
    "findings",
    "funds",
    "gifts",
    "importing",
    "issues",
    "items",
    "masthead",
    "offline",
    "organisation",
    "papers",
    "preview",
    "reconciliation",
    "recurring",
    "refunds",
    "results",
    "sending",
    "session",
    "statements",
    "totals",
]
