"""What every page has: its headers, its words for amounts and moments, and the sentence that this is not Stripe."""

from datetime import UTC, datetime

from flask import Flask, Response

from service.money import write_amount

# Own styles only, no script at all. Forms may lead anywhere: the way back is the service's own address.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


def configure_pages(app: Flask) -> None:
    """Give the templates their words, and every page its headers."""
    app.jinja_env.filters["amount"] = write_amount
    app.jinja_env.filters["moment"] = write_moment
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.after_request
    def protect(response: Response) -> Response:
        """Let no page run a script, be framed or be kept."""
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def write_moment(seconds: int) -> str:
    """Return a moment for people, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y, %H:%M} UTC"
