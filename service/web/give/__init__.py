"""Asking for a gift: the form at ``/give``, and where a giver comes back to from the processor's page.

One file per group of pages. What may be given and whether a payment page is opened is decided in ``donations``.
"""

from service.web.give import coming_back, form
from service.web.give.pages import blueprint

__all__ = ["blueprint", "coming_back", "form"]
