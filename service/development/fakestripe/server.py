"""The Flask application of the test Stripe: the API, the donor's pages, the control page. Owns how they are joined."""

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from service.development.fakestripe.api import make_api
from service.development.fakestripe.pages.checkout import make_checkout_pages
from service.development.fakestripe.pages.control import make_control_pages
from service.development.fakestripe.pages.frame import configure_pages
from service.development.fakestripe.pages.invoice import make_invoice_pages
from service.development.fakestripe.pages.portal import make_portal_pages
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.remote import make_remote
from service.development.fakestripe.workbench import Workbench

_LARGEST_FORM = 1024 * 1024
_FOR_PROGRAMS = ("/v1/", "/_test/")


def make_app(bench: Workbench) -> Flask:
    """Return the application over an account."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_FORM
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    configure_pages(app)
    app.register_blueprint(make_api(bench.account, bench.faults, bench.after_change))
    app.register_blueprint(make_checkout_pages(bench))
    app.register_blueprint(make_portal_pages(bench))
    app.register_blueprint(make_invoice_pages(bench))
    app.register_blueprint(make_control_pages(bench))
    app.register_blueprint(make_remote(bench))

    @app.errorhandler(Exception)
    def answer_failure(problem: Exception) -> ResponseReturnValue:
        """Answer programs in Stripe's shape and people with a page; a mistake of the test Stripe names itself."""
        said = _describe(app, problem)
        if request.path.startswith(_FOR_PROGRAMS):
            return jsonify(said.body), said.status
        return render_template("problem.html", message=str(said)), said.status

    return app


def _describe(app: Flask, problem: Exception) -> StripeProblem:
    if isinstance(problem, StripeProblem):
        return problem
    if isinstance(problem, HTTPException):
        return StripeProblem(problem.description or problem.name, status=problem.code or 500)
    app.logger.error("the test Stripe made a mistake", exc_info=problem)
    return StripeProblem(f"The test Stripe made a mistake: {problem!r}", status=500, kind="api_error")
