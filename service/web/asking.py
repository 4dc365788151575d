"""What the asks of an issue offer, for pages that show one before it is sent. Owns nothing; ``donations`` decides."""

from sqlalchemy.orm import Session

from service.donations.asking import find_asking
from service.issues.asking import Asking
from service.web.services import get_services


def present_asking(session: Session) -> Asking | None:
    """Return what a release at this moment would offer; None where no processor is set up."""
    services = get_services()
    if services.gateway is None:
        return None
    return find_asking(session, services.signer, services.settings.public_url)
