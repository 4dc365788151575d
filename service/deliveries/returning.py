"""Mail that comes back to one copy's own addresses. Owns what its arrival alone does; never reads its text."""

from typing import Final

from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.errors import BadInput, NotFound
from service.mail.verp import Errand, MailKind, ReturnPaths
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe

WORDING: Final = "mailto in List-Unsubscribe"  # RFC 2369 §3.2


def take_unsubscribe(session: Session, returns: ReturnPaths, recipient: str) -> Delivery:
    """End the subscription whose copy carried ``recipient`` as its address to unsubscribe by. Safe to repeat.

    Returns that copy. The address is proof enough, as the link beside it is: whatever the mail says, and from whom.

    Raises:
        BadInput: when the address is none of ours, or is of another errand.
        NotFound: when there is no such copy any more.
    """
    returned = returns.read(recipient)
    if returned is None or (returned.errand, returned.kind) != (Errand.UNSUBSCRIBE, MailKind.DELIVERY):
        raise BadInput("This is not an address to unsubscribe by (u-…@RETURN_DOMAIN, as our mails carry it).")
    delivery = session.get(Delivery, returned.id)
    if delivery is None:
        raise NotFound("The copy that this address belongs to is gone.")
    unsubscribe(session, delivery.subscription_id, source=ConsentSource.MAIL, wording=WORDING, delivery_id=delivery.id)
    return delivery
