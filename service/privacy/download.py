"""All that is known of a reader, for themselves and for an auditor. Reads only, and tells it to nobody by itself."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.donations.models import Donation, Donor
from service.errors import NotFound
from service.issues.models import Issue, Newsletter
from service.privacy.reach import Person, find_reach, is_about
from service.subscribers.change_models import AddressChange
from service.subscribers.consent import wording_version
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.signup_models import SignUp
from service.subscribers.suppression import find_standing
from service.tracking.models import Hit


def describe_person(session: Session, subscriber_id: int) -> dict[str, Any]:
    """Return all that is known of a reader, as plain data with aware moments.

    Raises:
        NotFound: when there is no such person, or they were erased.
    """
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None or subscriber.erased_at is not None:
        raise NotFound("This person is not known here.")
    person = find_reach(session, subscriber.address_key)
    return {
        **find_person(session, subscriber.address_key),
        "consent": list_consent(session, subscriber.address_key),
        "sign_ups": _list_rows(session, SignUp, person, ("created_at", "address", "name", "language", "source")),
        "address_changes": _list_rows(session, AddressChange, person, ("asked_at", "new_address")),
        "mails": _list_mails(session, person),
        "gifts": _list_gifts(session, person),
    }


def find_person(session: Session, address_key: str) -> dict[str, Any]:
    """Return who is behind an address, what they get, and why the address may not be mailed, if it may not.

    Raises:
        NotFound: when nobody has this address and nothing stands against it.
    """
    subscriber = session.scalar(select(Subscriber).where(Subscriber.address_key == address_key))
    standing = find_standing(session, address_key)
    if subscriber is None and standing is None:
        raise NotFound("Nobody is known by this address.")
    suppression = standing and {"reason": standing.reason, "since": standing.created_at, "note": standing.note}
    return {
        "person": subscriber and _describe(subscriber),
        "newsletters": _list_newsletters(session, subscriber) if subscriber else [],
        "suppression": suppression,
    }


def list_consent(session: Session, address_key: str) -> list[dict[str, Any]]:
    """Return every proof about the person with an address, oldest first; a file that brought them is one of them.

    Raises:
        NotFound: when nobody has this address.
    """
    ties = session.execute(
        select(Subscription.id, Subscription.import_id, Newsletter.slug)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(Newsletter, Newsletter.id == Subscription.newsletter_id)
        .where(Subscriber.address_key == address_key)
    ).all()
    if not ties:
        raise NotFound("Nobody is known by this address.")
    slugs = {tie.id: tie.slug for tie in ties}
    files = {tie.import_id: tie.slug for tie in ties if tie.import_id is not None}
    theirs = ConsentEvent.subscription_id.in_(slugs) | ConsentEvent.import_id.in_(files)
    events = session.scalars(select(ConsentEvent).where(theirs).order_by(ConsentEvent.happened_at, ConsentEvent.id))
    return [
        {
            "when": event.happened_at,
            "newsletter": slugs[event.subscription_id] if event.subscription_id else files[event.import_id or 0],
            "event": event.event,
            "source": event.source,
            "wording": event.wording,
            "version": wording_version(event.wording),
            "evidence": event.evidence | ({"import": event.import_id} if event.import_id else {}),
            "account": event.account_id,
        }
        for event in events
    ]


def _describe(subscriber: Subscriber) -> dict[str, Any]:
    names = ("id", "address", "name", "language", "tags", "fields", "created_at")
    return {name: getattr(subscriber, name) for name in names}


def _list_newsletters(session: Session, subscriber: Subscriber) -> list[dict[str, Any]]:
    names = ("state", "requested_at", "confirmed_at", "ended_at", "paused_until", "frequency", "source")
    more = ("ended_reason", "ended_note")
    ties = (
        select(Subscription, Newsletter.slug)
        .join(Newsletter, Newsletter.id == Subscription.newsletter_id)
        .where(Subscription.subscriber_id == subscriber.id)
        .order_by(Newsletter.slug)
    )
    return [
        {"newsletter": slug, **{name: getattr(tie, name) for name in (*names, *more)}}
        for tie, slug in session.execute(ties)
    ]


def _list_rows(
    session: Session, model: type[SignUp | AddressChange], person: Person, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    rows = session.scalars(select(model).where(is_about(model, person)).order_by(model.id))
    return [{name: getattr(row, name) for name in names} for row in rows]


def _list_mails(session: Session, person: Person) -> list[dict[str, Any]]:
    hits = select(func.count()).where(Hit.delivery_id == Delivery.id).correlate(Delivery)
    opens, clicks = (
        hits.where(kind).scalar_subquery() for kind in (Hit.link_number.is_(None), Hit.link_number.is_not(None))
    )
    mails = (
        select(Newsletter.slug, Issue.number, Delivery.recipient, Delivery.state, Delivery.changed_at, opens, clicks)
        .join(Issue, Issue.id == Delivery.issue_id)
        .join(Newsletter, Newsletter.id == Issue.newsletter_id)
        .where(is_about(Delivery, person))
        .order_by(Delivery.id)
    )
    names = ("newsletter", "issue", "address", "state", "changed_at", "opens", "clicks")
    return [dict(zip(names, row, strict=True)) for row in session.execute(mails)]


def _list_gifts(session: Session, person: Person) -> list[dict[str, Any]]:
    gifts = (
        select(Donation.paid_at, Donation.amount_minor, Donation.currency, Donation.state)
        .join(Donor, Donor.id == Donation.donor_id)
        .where(Donor.address_key.in_(person.keys))
        .order_by(Donation.id)
    )
    return [dict(row) for row in session.execute(gifts).mappings()]
