"""The giver's own cookie: which form this browser sent last. It opens nothing but the giver's own thanks.

It holds a signed id. Without it, nobody who has a link to a thanks page learns who gave.
"""

from datetime import timedelta
from typing import Final

from flask import request
from werkzeug import Response

from service.tokens import Purpose
from service.web.services import get_services

COOKIE: Final = "postrider-gift"
LASTS: Final = timedelta(days=1)


def remember_gift(response: Response, attempt_id: int) -> Response:
    """Give the browser the cookie of this form. It comes back with the processor's redirect, and not to scripts."""
    services = get_services()
    response.set_cookie(
        _cookie_name(),
        services.signer.sign(Purpose.GIFT, attempt_id),
        max_age=LASTS,
        secure=services.settings.is_production,
        httponly=True,
        samesite="Lax",
    )
    return response


def recall_gift() -> int | None:
    """Return the attempt that this browser's cookie names, or None."""
    ids = get_services().signer.read(Purpose.GIFT, request.cookies.get(_cookie_name(), ""))
    return ids[0] if ids else None


def _cookie_name() -> str:
    # RFC 6265bis §4.1.3.2: a browser takes a __Host- cookie only over HTTPS and only from this very host.
    return f"__Host-{COOKIE}" if get_services().settings.is_production else COOKIE
