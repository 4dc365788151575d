"""Which newsletter a command is about: the one that is named, or the only one there is."""

from sqlalchemy.orm import Session

from service.errors import BadInput, NotFound
from service.issues.models import Newsletter
from service.issues.queries import get_newsletter, list_newsletters


def choose_newsletter(session: Session, slug: str | None) -> Newsletter:
    """Return the newsletter with this short name, or without one the only newsletter.

    Raises:
        NotFound: when there is none. BadInput: when there are several and none was named.
    """
    if slug:
        return get_newsletter(session, slug)
    newsletters = list_newsletters(session)
    if not newsletters:
        raise NotFound("There is no newsletter yet. Add one: postrider newsletter add --help")
    if len(newsletters) > 1:
        names = ", ".join(newsletter.slug for newsletter in newsletters)
        raise BadInput(f"There are several newsletters; name one with --newsletter: {names}.")
    return newsletters[0]
