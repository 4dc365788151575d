"""A donor's own pages at ``/giving``: gifts, receipts, statements, and changing or stopping a recurring gift."""

from flask import Blueprint

from service.web.forgery import needs_no_token, refuse_foreign_forms

blueprint = needs_no_token(Blueprint("giving", __name__, url_prefix="/giving"))
blueprint.before_request(refuse_foreign_forms)
