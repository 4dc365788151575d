"""The two letters about another address: a page with one button for each. Looking at it changes nothing at all."""

from typing import Final

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from service.languages.sentences import for_readers
from service.subscribers.address_change import Side, agree, get_change, has_agreed, is_done
from service.subscribers.change_models import AddressChange
from service.subscribers.preferences import get_person
from service.tokens import Purpose
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import gettext, speak_to
from service.web.links import read_link
from service.web.masking import mask_address
from service.web.transaction import unit_of_work

PURPOSES: Final = {Side.OLD: Purpose.ADDRESS_OLD, Side.NEW: Purpose.ADDRESS_NEW}
WORDINGS: Final = {
    Side.OLD: for_readers("Yes, write to the other address"),
    Side.NEW: for_readers("Yes, this address is mine"),
}

blueprint = needs_no_token(Blueprint("address", __name__, url_prefix="/address"))
blueprint.before_request(refuse_foreign_forms)


@blueprint.get("/<any(old, new):which>/<token>")
def show_button(which: str, token: str) -> str:
    """Show the button of one of the two addresses, or what came of it before."""
    side = Side(which)
    (change_id,) = read_link(PURPOSES[side], token)
    with unit_of_work() as session:
        return _show(session, get_change(session, change_id), side)


@blueprint.post("/<any(old, new):which>/<token>")
def say_yes(which: str, token: str) -> str:
    """Keep the yes of one address. Safe to repeat: a mail program may press the button as well as the person."""
    side = Side(which)
    (change_id,) = read_link(PURPOSES[side], token)
    with unit_of_work() as session:
        speak_to(get_person(session, get_change(session, change_id).subscriber_id).language)
        return _show(session, agree(session, change_id, side, wording=gettext(WORDINGS[side])), side)


def _show(session: Session, change: AddressChange, side: Side) -> str:
    speak_to(get_person(session, change.subscriber_id).language)
    return render_template(
        "web/public/address.html",
        newsletter=None,
        side=side,
        has_agreed=has_agreed(change, side),
        is_done=is_done(change),
        address=mask_address(change.new_address),
        wording=gettext(WORDINGS[side]),
    )
