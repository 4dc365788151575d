"""Stopping a regular gift: one page with one button. As easy as giving, and nobody is asked why."""

import secrets

from flask.typing import ResponseReturnValue

from service.donations.history import get_own_recurring
from service.donations.wishes import list_possible
from service.web.giving.pages import show_page
from service.web.giving.recurring import OWN
from service.web.giving.visit import blueprint, current_donor, for_donor
from service.web.transaction import unit_of_work


@blueprint.get(f"{OWN}/stop")
@for_donor
def show_stop(recurring_id: int) -> ResponseReturnValue:
    """Ask once, and say what will happen. The button posts to ``recurring.change_recurring``."""
    with unit_of_work() as session:
        recurring = get_own_recurring(session, current_donor().id, recurring_id)
    return show_page("stop", recurring=recurring, possible=list_possible(recurring), nonce=secrets.token_urlsafe(16))
