"""Static files by their content. Owns their versioned URLs and how long a browser may keep them.

A URL that names the content it holds may be kept for ever, because a change of content is another URL.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, request, send_from_directory

from service.rendering.design import css_variables

FOLDER: Final = Path(__file__).parent / "static"
TOKENS: Final = "tokens.css"
ICON: Final = "mark.svg"
FOR_EVER: Final = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


@blueprint.get(f"/static/{TOKENS}")
def show_tokens() -> Response:
    """Answer with the design tokens as a stylesheet of CSS variables."""
    return Response(css_variables(), content_type="text/css; charset=utf-8")


@blueprint.get("/favicon.ico")
def show_icon() -> Response:
    """Answer with the house mark where browsers look by themselves, as they do for a mail shown on its own."""
    return send_from_directory(FOLDER, ICON)


def configure_assets(app: Flask) -> None:
    """Add the content's version to every static URL, and let versioned answers be kept for ever."""

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = version_of(values["filename"])

    @app.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith("/static/") and response.status_code in {200, 304}:
            named = request.args.get("v") == version_of(request.path.removeprefix("/static/"))
            response.headers["Cache-Control"] = FOR_EVER if named else "no-cache"
        return response


def version_of(filename: str) -> str | None:
    """Return the version of a static file, or None when there is no such file."""
    if filename == TOKENS:
        return _hash(css_variables().encode())
    path = FOLDER / filename
    return _hash_file(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=256)
def _hash_file(path: Path, changed_at: int) -> str:  # noqa: ARG001 - the time of change is part of the cache's key
    return _hash(path.read_bytes())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
