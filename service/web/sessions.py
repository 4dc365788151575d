"""The session cookie. Owns its name, keys and flags; what is in it belongs to the pages of the desk.

Only staff ever get one: pages for readers never touch the session, so that a reader needs no cookie at all.
"""

from datetime import timedelta

from flask import Flask

from service.settings import Settings

LASTS = timedelta(hours=12)


def configure_sessions(app: Flask, settings: Settings) -> None:
    """Sign the session cookie with the first secret key (all verify) and keep it from scripts and other sites."""
    first, *older = settings.secret_keys
    app.config.update(
        SECRET_KEY=first,
        SECRET_KEY_FALLBACKS=older,
        # RFC 6265bis §4.1.3.2: a browser takes a __Host- cookie only over HTTPS and only from this very host.
        SESSION_COOKIE_NAME="__Host-postrider" if settings.is_production else "postrider",
        SESSION_COOKIE_SECURE=settings.is_production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=LASTS,
    )
