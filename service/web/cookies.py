"""A cookie of our own: one signed id, for our own pages alone. Owns how it is kept; never what it opens.

Staff have Flask's session instead. It is not sent with other sites' forms, and no script can read it.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import request
from werkzeug import Response

from service.tokens import Purpose
from service.web.services import get_services


@dataclass(frozen=True)
class OwnCookie:
    """One kind of cookie: its name, what its token is good for, and for how long a browser keeps it."""

    name: str
    purpose: Purpose
    lasts: timedelta

    def keep(self, response: Response, row_id: int) -> Response:
        """Give the browser the cookie with this id."""
        services = get_services()
        response.set_cookie(
            self._full_name(),
            services.signer.sign(self.purpose, row_id),
            max_age=self.lasts,
            secure=services.settings.is_production,
            httponly=True,
            samesite="Lax",
        )
        return response

    def read(self) -> int | None:
        """Return the id in this browser's cookie, or None."""
        ids = get_services().signer.read(self.purpose, request.cookies.get(self._full_name(), ""))
        return ids[0] if ids else None

    def forget(self, response: Response) -> Response:
        """Take the cookie back."""
        is_secure = get_services().settings.is_production
        response.delete_cookie(self._full_name(), secure=is_secure, httponly=True, samesite="Lax")
        return response

    def _full_name(self) -> str:
        # RFC 6265bis §4.1.3.2: a browser takes a __Host- cookie only over HTTPS and only from this very host.
        return f"__Host-{self.name}" if get_services().settings.is_production else self.name
