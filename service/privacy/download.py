"""All that is known of a reader, for themselves and for an auditor. Reads only, and tells it to nobody by itself."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.donations.models import Donation, Donor
from service.errors import NotFound
from service.issues.models import Newsletter
from service.privacy.mails import list_mails
from service.privacy.reach import Person, find_reach, is_about
from service.subscribers.change_models import AddressChange
from service.subscribers.consent import wording_version
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.signup_models import SignUp
from service.subscribers.suppression import find_standing


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
        "consent": list_consent_of(session, subscriber_id),
        "sign_ups": _list_rows(
            session, SignUp, person, ("created_at", "address", "name", "language", "source", "fields", "network")
        ),
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
    subscriber_id = session.scalar(select(Subscriber.id).where(Subscriber.address_key == address_key))
    if subscriber_id is None:
        raise NotFound("Nobody is known by this address.")
    return list_consent_of(session, subscriber_id)


def list_consent_of(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    """Return every proof about a person, oldest first; of an erased one too, for a proof names nobody."""
    ties = session.execute(
        select(Subscription.id, Subscription.import_id, Newsletter.slug)
        .join(Newsletter, Newsletter.id == Subscription.newsletter_id)
        .where(Subscription.subscriber_id == subscriber_id)
    ).all()
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


def list_sign_ups(session: Session, subscriber_id: int) -> list[SignUp]:
    """Return the sign-ups of the last 30 days with a person's address, newest first, whoever sent them."""
    address_key = select(Subscriber.address_key).where(Subscriber.id == subscriber_id).scalar_subquery()
    return list(session.scalars(select(SignUp).where(SignUp.address_key == address_key).order_by(SignUp.id.desc())))


def write_download(told: Mapping[str, Any]) -> str:
    """Return what is told of a person as one JSON document: text in its own script, moments in ISO 8601 and UTC."""
    return json.dumps(told, ensure_ascii=False, indent=2, default=_write_moment) + "\n"


def _write_moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} has no form in a download.")


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
    names = ("opens", "machine_opens", "clicks", "machine_clicks")
    return [
        {
            "newsletter": mail.issue.newsletter.slug,
            "issue": mail.issue.number,
            "address": mail.copy.recipient,
            "state": mail.copy.state,
            "changed_at": mail.copy.changed_at,
            **{name: getattr(mail, name) for name in names},
        }
        for mail in reversed(list_mails(session, person.subscriber_id))
    ]


def _list_gifts(session: Session, person: Person) -> list[dict[str, Any]]:
    gifts = (
        select(Donation.paid_at, Donation.amount_minor, Donation.currency, Donation.state)
        .join(Donor, Donor.id == Donation.donor_id)
        .where(Donor.address_key.in_(person.keys))
        .order_by(Donation.id)
    )
    return [dict(row) for row in session.execute(gifts).mappings()]
