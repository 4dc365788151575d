"""The web application: which pages there are and what protects them. Owns putting it together, once per process."""

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from service.issues.queries import issue_label
from service.settings import ROOT, load_settings
from service.web import (
    address,
    archive,
    assets,
    confirm,
    draft,
    embed,
    feed,
    give,
    giving,
    health,
    home,
    inbox,
    own_data,
    preferences,
    self_service,
    signup,
    signup_json,
    tracking,
    unsubscribe,
    view,
    webhooks,
)
from service.web.assets import configure_assets
from service.web.desk import blueprint as desk
from service.web.forgery import configure_forgery
from service.web.language import configure_languages
from service.web.problems import configure_problems
from service.web.security import configure_security
from service.web.services import EXTENSION
from service.web.sessions import configure_sessions
from service.wiring import Services, wire

PAGES = (
    *(home, signup, signup_json, embed, confirm, unsubscribe, preferences, self_service, own_data, address),
    *(view, draft, archive, feed, tracking, health, assets),
    *(give, giving, webhooks),
)


class SlugConverter(BaseConverter):
    """A newsletter's name in a URL: anything but a slash and NUL, which PostgreSQL's text can't hold."""

    regex = "[^/\x00]+"


def create_app(services: Services | None = None) -> Flask:
    """Return the application on these services, or on those that the environment describes.

    Raises:
        BadSettings: when the environment is read and something in it is missing or wrong.
    """
    services = services or wire(load_settings())
    app = Flask(__name__, template_folder=ROOT / "templates")
    app.extensions[EXTENSION] = services
    app.url_map.converters["slug"] = SlugConverter
    # Redirects of the URL map itself would be absolute, and so made of the Host that a stranger sent.
    app.url_map.strict_slashes = app.url_map.merge_slashes = app.url_map.redirect_defaults = False
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["issue_label"] = issue_label
    app.jinja_env.globals["in_production"] = services.settings.is_production
    _trust_proxies(app, services.settings.trusted_proxies)
    configure_sessions(app, services.settings)
    configure_security(app, services.settings)
    configure_forgery(app)
    configure_problems(app)
    configure_assets(app)
    configure_languages(app)
    _register_pages(app, services)
    return app


def _trust_proxies(app: Flask, count: int) -> None:
    """Believe as many ``X-Forwarded-For`` hops as we have proxies of our own; a stranger can write the rest."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=0, x_host=0)  # type: ignore[method-assign] # as Flask's docs do


def _register_pages(app: Flask, services: Services) -> None:
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    app.register_blueprint(desk)
    if not services.settings.is_production:
        app.register_blueprint(inbox.blueprint)
