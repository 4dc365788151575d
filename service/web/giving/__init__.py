"""A donor's own pages at ``/giving``: gifts, receipts, statements, and changing or stopping a recurring gift.

One file per group of pages. Whose page it is, is decided by ``visit``; what may be changed, by ``donations``.
"""

from service.web.giving import entering, overview, papers, recurring, stopping
from service.web.giving.visit import blueprint

__all__ = ["blueprint", "entering", "overview", "papers", "recurring", "stopping"]
