"""Links with a token, and links that leave the house. Owns reading the one and writing the other."""

from typing import Any

from flask import url_for

from service.errors import NotFound
from service.languages.sentences import for_readers
from service.tokens import Purpose
from service.web.language import FIELD
from service.web.services import get_services

DEAD_LINK = for_readers("This link leads nowhere. A part of it may be lost: please use the whole link from your mail.")


def read_link(purpose: Purpose, token: str) -> tuple[int, ...]:
    """Return the ids in a link's token.

    Raises:
        NotFound: in the same words for every token that is not ours, of another purpose, or damaged.
    """
    ids = get_services().signer.read(purpose, token)
    if ids is None:
        raise NotFound(DEAD_LINK)
    return ids


def absolute_url(endpoint: str, **values: Any) -> str:
    """Return the full URL of a page by the address in our settings, whatever ``Host`` the request came with.

    It is the same for everybody: without the language that somebody chose by hand.
    """
    return get_services().settings.public_url + url_for(endpoint, **{FIELD: None, **values})
