"""Every route of the application, with arguments that exist. A route with an argument not known here is an error."""

from dataclasses import asdict, dataclass

from flask import Flask

from service.db import transaction
from service.development.inbox import new_envelope, store_mail
from service.settings import Settings
from service.web.services import EXTENSION
from tests.factories.giving import make_donor
from tests.web.bookshelf import FUND, keep_books
from tests.web.giving.visiting import make_link
from tests.web.publication import Publication

MAIL = b"Subject: Hello\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><p>Hello</p></html>\r\n"


@dataclass(frozen=True)
class Address:
    """One route with its path filled in."""

    endpoint: str
    path: str
    methods: frozenset[str]


def list_addresses(app: Flask, settings: Settings, publication: Publication) -> list[Address]:
    """Return every route of ``app`` for what ``publication`` holds; stores a mail for the inbox to show.

    Raises:
        KeyError: naming the argument of a new route for which this table has no value yet.
    """
    assert settings.inbox_dir is not None
    mail_id = store_mail(settings.inbox_dir, MAIL, new_envelope("letter@crossings.test", ["reader@example.org"]))
    values: dict[str, str | int] = {
        "slug": publication.slug,
        "label": "1-1",
        "number": 1,
        "filename": "base.css",
        "side": "source",
        "mail_id": mail_id,
        "issue_id": publication.issue_id,
        "subscriber_id": publication.subscriber_id,
        "suppression_id": publication.suppression_id,
        "item_id": publication.item_id,
        "finding_id": publication.finding_id,
        "field_id": publication.field_id,
        "archive_id": publication.archive_id,
        "import_id": publication.import_id,
        "kind": "stop",
        "fund": FUND,
        "route_name": "main",
        "segment_id": publication.segment_id,
        "decision": "again",
        "which": "old",
        "year": 2026,
        # Of routes that only take POST: any number will do.
        "request_id": 1,
        "event_id": 1,
        "alarm_id": 1,
        **_keep_books(app),
    }
    tokens = {
        "confirm": publication.confirm_token,
        "unsubscribe": publication.unsubscribe_token,
        "view": publication.view_token,
        "tracking": publication.track_token,
        "draft": publication.preview_token,
        "giving": _mail_link(app),
        "preferences": publication.preferences_token,
        "self_service": publication.self_service_token,
        "own_data": publication.self_service_token,
        "address": publication.address_token,
    }
    addresses = []
    for rule in app.url_map.iter_rules():
        page = rule.endpoint.partition(".")[0]
        token = tokens.get(page)
        filled = {name: token if name == "token" else values[name] for name in rule.arguments}
        built = rule.build(filled, append_unknown=False)
        assert built is not None, rule
        addresses.append(Address(rule.endpoint, built[1], frozenset(rule.methods or ())))
    return addresses


def _keep_books(app: Flask) -> dict[str, int]:
    services = app.extensions[EXTENSION]
    with transaction(services.factory) as session:
        return asdict(keep_books(session))


def _mail_link(app: Flask) -> str:
    """Return a fresh link to a donor's pages: whoever only looks at it must leave it usable."""
    services = app.extensions[EXTENSION]
    with transaction(services.factory) as session:
        return make_link(session, services.signer, make_donor(session, "donor.of.routes@example.org").id)
