"""Events from outside, as they knock at our door: verified, stored once, answered. Handling them is a worker's."""

from flask import Blueprint

from service.web.forgery import needs_no_token

blueprint = needs_no_token(Blueprint("webhooks", __name__, url_prefix="/webhooks"))
