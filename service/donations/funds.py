"""What gifts may be for. Owns opening, changing and finding funds; never what was given to them."""

import re
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.donations.models import Fund
from service.errors import BadInput, Conflict, NotFound

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAKEN: Final = frozenset({"thanks", "back"})  # pages of their own below /give
_LONGEST_NAME: Final = 80  # a fund's name is a line on the processor's page and on the receipt


def list_open_funds(session: Session) -> list[Fund]:
    """Return the funds that a giver may choose from, the oldest first: it is the one for general use."""
    return list(session.scalars(select(Fund).where(Fund.is_open).order_by(Fund.id)))


def list_funds(session: Session) -> list[Fund]:
    """Return every fund, open ones first, each part from old to new."""
    return list(session.scalars(select(Fund).order_by(Fund.is_open.desc(), Fund.id)))


def add_fund(session: Session, slug: str, name: str, *, description: str = "", goal_minor: int | None = None) -> Fund:
    """Open a fund. ``slug`` is its name in addresses and for the processor, and stays for ever.

    Raises:
        BadInput: when a name can't be used; the sentence says why.
        Conflict: when there is a fund with this slug already, open or closed.
    """
    if not _SLUG.fullmatch(slug) or slug in _TAKEN:
        raise BadInput("The fund’s short name is for addresses: small letters and digits, such as “travel-grants”.")
    if session.scalar(select(Fund.id).where(Fund.slug == slug)) is not None:
        raise Conflict(f"There is a fund “{slug}” already, open or closed.")
    fund = Fund(slug=slug, name="", description="")
    change_fund(fund, name=name, description=description, goal_minor=goal_minor)
    session.add(fund)
    session.flush()
    return fund


def change_fund(fund: Fund, *, name: str, description: str, goal_minor: int | None) -> None:
    """Set what givers read about a fund. Receipts that were issued keep the name that they were issued with.

    Raises:
        BadInput: when the name is empty or too long, or the goal is not above zero.
    """
    tidy_name = " ".join(name.split())
    if not 0 < len(tidy_name) <= _LONGEST_NAME:
        raise BadInput(f"A fund needs a name of at most {_LONGEST_NAME} characters.")
    if goal_minor is not None and goal_minor <= 0:
        raise BadInput("A goal is an amount above zero; leave it empty when there is none.")
    fund.name, fund.description, fund.goal_minor = tidy_name, " ".join(description.split()), goal_minor


def close_fund(session: Session, fund_id: int) -> Fund:
    """Take no more new gifts for a fund; its recurring gifts go on. Safe to repeat.

    Raises:
        NotFound: when there is no such fund.
        Conflict: when it is the last open one: a gift must be for something.
    """
    open_funds = session.scalars(select(Fund).where(Fund.is_open).with_for_update()).all()
    fund = _get_fund(session, fund_id)
    if fund.is_open and len(open_funds) == 1:
        raise Conflict("This is the only open fund. Open or add another first, or pause giving as a whole.")
    fund.is_open = False
    return fund


def open_fund(session: Session, fund_id: int) -> Fund:
    """Take gifts for a fund again. Safe to repeat. Raises NotFound when there is no such fund."""
    fund = _get_fund(session, fund_id)
    fund.is_open = True
    return fund


def _get_fund(session: Session, fund_id: int) -> Fund:
    fund = session.get(Fund, fund_id)
    if fund is None:
        raise NotFound("There is no such fund.")
    return fund
