"""The services of the running application. Owns how a view reaches them; never builds one (see ``service.wiring``)."""

from typing import cast

from flask import current_app

from service.wiring import Services

EXTENSION = "postrider"


def get_services() -> Services:
    """Return the services that ``create_app`` was given."""
    return cast("Services", current_app.extensions[EXTENSION])
