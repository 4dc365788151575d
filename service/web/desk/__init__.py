"""The staff desk at ``/desk``: importing, editing, previewing and sending issues, and what became of them.

One file per group of pages. Every route declares the permission it needs (``access``); what may be done to an issue
is decided by ``issues`` and ``deliveries``, never here.
"""

from service.web.desk import findings, importing, issues, items, masthead, preview, results, sending, session
from service.web.desk.access import blueprint

__all__ = [
    "blueprint",
    "findings",
    "importing",
    "issues",
    "items",
    "masthead",
    "preview",
    "results",
    "sending",
    "session",
]
