"""A publication's standing facts: adding one, and changing them later. Owns what such facts may be; never a page.

Short name and List-Id are set once: pages' addresses and readers' mail filters hold on to them.
"""

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.errors import BadInput, Conflict, NotFound
from service.issues.editing import one_line
from service.issues.models import Newsletter
from service.rendering.markdown import is_address

MOST_ADDRESS_LINES: Final = 8  # they stand at the foot of every mail
_REQUIRED: Final = {"name": "The name", "publisher": "The publisher", "sender_name": "The sender’s name"}
_OPTIONAL: Final = {
    "tagline": "The tagline",
    "tax_line": "The sentence about tax",
    "gift_url": "The address of gifts",
}
_WEB: Final = frozenset({"http", "https"})


@dataclass(frozen=True)
class Facts:
    """Everything that every issue of a newsletter prints, or is sent by. ``gift_url`` is empty, or a page elsewhere."""

    name: str
    tagline: str
    language: str
    publisher: str
    postal_address: str
    tax_line: str
    gift_url: str
    sender_name: str
    sender_address: str
    reply_address: str

    @property
    def fingerprint(self) -> str:
        """A few characters that are others once any fact is: two windows never overwrite each other unseen."""
        return sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


Changes = dict[str, tuple[str, str]]


def facts_of(newsletter: Newsletter) -> Facts:
    """Return the facts as they stand."""
    return Facts(**{field.name: getattr(newsletter, field.name) for field in fields(Facts)})


def add_newsletter(session: Session, slug: str, facts: Facts) -> Newsletter:
    """Store a new publication. ``slug`` is its short name in addresses.

    Raises:
        BadInput: naming the first fact that will not do, or that the short name is taken.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise BadInput("A short name has lower-case letters, digits and single hyphens only.")
    clean = check_facts(facts)
    if session.scalar(select(Newsletter.id).where(Newsletter.slug == slug)) is not None:
        raise BadInput(f"There is a newsletter {slug} already.")
    newsletter = Newsletter(slug=slug, list_id=f"{slug}.{clean.sender_address.rpartition('@')[2]}", **asdict(clean))
    session.add(newsletter)
    session.flush()
    return newsletter


def change_newsletter(session: Session, slug: str, seen: str, facts: Facts) -> Changes:
    """Make a publication be what ``facts`` say, in all mail from now on. Returns what each changed fact was and is.

    A released issue keeps what was sealed. Safe to repeat.

    Args:
        seen: the fingerprint of the facts as they stood where ``facts`` were typed.

    Raises:
        BadInput: naming the first fact that will not do.
        Conflict: when somebody changed the facts since they were ``seen``.
        NotFound: when there is no such newsletter.
    """
    clean = check_facts(facts)
    newsletter = session.scalar(select(Newsletter).where(Newsletter.slug == slug).with_for_update(key_share=True))
    if newsletter is None:
        raise NotFound("There is no such newsletter here.")
    standing, wanted = facts_of(newsletter), asdict(clean)
    changes = {name: (was, wanted[name]) for name, was in asdict(standing).items() if was != wanted[name]}
    if changes and seen != standing.fingerprint:
        raise Conflict(
            "The newsletter was changed in another window since you opened it. Your text is still here: compare them."
        )
    for name, (_, value) in changes.items():
        setattr(newsletter, name, value)
    session.flush()
    return changes


def check_facts(facts: Facts) -> Facts:
    """Return the facts with their lines tidied. Raises BadInput naming the first that will not do."""
    lines = {name: one_line(getattr(facts, name), label) for name, label in (_REQUIRED | _OPTIONAL).items()}
    lines["postal_address"] = _tidy_lines(facts.postal_address)
    for name, label in {**_REQUIRED, "postal_address": "The postal address"}.items():
        if not lines[name]:
            raise BadInput(f"{label} is missing.")
    if lines["gift_url"] and not is_address(lines["gift_url"], _WEB):
        raise BadInput("The address of gifts starts with https:// or http:// and names a page.")
    for name in ("sender_address", "reply_address"):
        lines[name] = parse_address(getattr(facts, name)).mailed
    return replace(facts, **lines)


def _tidy_lines(raw: str) -> str:
    lines = [line for line in (one_line(line, "A line of the postal address") for line in raw.splitlines()) if line]
    if len(lines) > MOST_ADDRESS_LINES:
        raise BadInput(f"The postal address has {len(lines)} lines; at most {MOST_ADDRESS_LINES} fit below a mail.")
    return "\n".join(lines)
