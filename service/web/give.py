"""Asking for a gift: the form at ``/give``, and the way to the processor's own page."""

from flask import Blueprint

from service.web.forgery import needs_no_token, refuse_foreign_forms

blueprint = needs_no_token(Blueprint("give", __name__))
blueprint.before_request(refuse_foreign_forms)
