"""Headers and limits that protect every page. Owns the policies by name; a page only says which one it needs."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from io import BytesIO
from typing import IO, Any, Final, ParamSpec

from flask import Flask, Request, Response, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from service.settings import Settings

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
Policy = Mapping[str, str]

LARGEST_BODY: Final = 3_000_000  # bytes: a manuscript of two million and its form around it
MOST_FORM_PARTS: Final = 100
MOST_FIELDS: Final = 5_000  # of a form without files; the longest of the desk has some hundred

PAGE: Final[Policy] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# An issue may show pictures from where its author keeps them.
ISSUE_PAGE: Final[Policy] = {**PAGE, "img-src": "'self' https:"}
# A mail brings its own styles and pictures, and may run nothing and send nothing.
MAIL: Final[Policy] = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",
    "img-src": "'self' https: data:",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
MAIL_IN_FRAME: Final[Policy] = {**MAIL, "frame-ancestors": "'self'"}

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # Keeps links with tokens from other sites, yet lets our own forms say where they come from: with no-referrer a
    # browser sends ``Origin: null`` even to us (Fetch standard, "append a request Origin header").
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Whoever may keep a copy says so; a page with somebody's token never does.
    "Cache-Control": "no-store",
}
HSTS: Final = "max-age=31536000"


class LimitedForm(FormDataParser):
    """Refuses a form of very many fields before it is taken apart: in memory each is a hundred times its bytes.

    Werkzeug counts only the parts of multipart forms (``MAX_FORM_PARTS``).
    """

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """Return the form; raises ``RequestEntityTooLarge``."""
        if mimetype == "application/x-www-form-urlencoded":
            body = stream.read()
            if body.count(b"&") >= MOST_FIELDS:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class LimitedRequest(Request):
    """A request with such forms."""

    form_data_parser_class = LimitedForm


def configure_security(app: Flask, settings: Settings) -> None:
    """Limit what may be sent to us and put the protecting headers on every answer, errors included."""
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_BODY, MAX_FORM_PARTS=MOST_FORM_PARTS
    )
    headers = {**HEADERS, "Content-Security-Policy": write_policy(PAGE)}
    if settings.is_production:
        headers["Strict-Transport-Security"] = HSTS
    app.before_request(measure_body)
    app.request_class = LimitedRequest

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response


def measure_body() -> None:
    """Give a body that does not say its length (RFC 9112 §7.1) one, so that every page's limit holds for it too.

    Werkzeug cuts such a body at the limit without a word (``wsgi.LimitedStream.readall``), and the page would take the
    part for the whole.

    Raises:
        RequestEntityTooLarge: it is more than any page takes that does not know its length.
        ClientDisconnected: it is broken.
    """
    environ = request.environ
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return
    sent = environ["wsgi.input"]
    del environ["HTTP_TRANSFER_ENCODING"]
    environ.update({"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"})  # for the page that says what went wrong
    try:
        body = sent.read(LARGEST_BODY + 1)
    except Exception as problem:  # the server's own kinds: for a wrong chunk gunicorn's are no OSError
        raise ClientDisconnected from problem
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def content_policy(policy: Policy) -> Callable[[View[P]], View[P]]:
    """Decorate a view whose pages need another policy than ``PAGE``; its problem pages keep ``PAGE``."""
    written = write_policy(policy)

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def protected(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            response = make_response(view(*args, **kwargs))
            response.headers["Content-Security-Policy"] = written
            return response

        return protected

    return decorate


def leading_to(origins: Iterable[str]) -> Policy:
    """Return the policy of a page whose form may end at one of ``origins``.

    Browsers hold a form's redirects to ``form-action`` too (CSP Level 3 §6.4.1, "pre-navigation check").
    """
    return {**PAGE, "form-action": " ".join(("'self'", *origins))}


def write_policy(policy: Policy) -> str:
    """Return ``policy`` as the value of a Content-Security-Policy header."""
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
