"""No public page shows who gave: every page a stranger can open, with donors in the database, searched for them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from service.donations.models import Donation
from service.settings import Settings
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation, make_recurring
from tests.fixtures.services import OpenTransaction
from tests.web.publication import Publication
from tests.web.routes import list_addresses

GIVERS = {"quentin.quillfeather@example.org": "Quentin Quillfeather", "жертвователь@example.org": "Аграфена Щедрая"}
TRIBUTE, EMPLOYER = "Zebulon Remembered", "Wobblethorpe and Sons"
SECRETS = [*GIVERS, *GIVERS.values(), "Quillfeather", "Щедрая", TRIBUTE, EMPLOYER]


@pytest.fixture
def givers(open_transaction: OpenTransaction, publication: Publication) -> None:
    """Donors whose gifts are tied to the issue that is read, one of them monthly, one in somebody's memory."""
    with open_transaction() as session:
        make_organisation(session)
        fund = make_fund(session)
        for address, name in GIVERS.items():
            donor = make_donor(session, address, name)
            make_donation(session, donor, fund)
            make_donation(session, donor, fund, recurring=make_recurring(session, donor, fund))
        session.execute(
            update(Donation).values(
                issue_id=publication.issue_id, tribute_kind="memory", tribute_name=TRIBUTE, employer=EMPLOYER
            )
        )


@pytest.mark.usefixtures("givers")
# Werkzeug drops a file's body on HEAD without closing it (Response.get_app_iter).
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_no_page_that_a_stranger_can_open_names_a_giver(
    app: Flask, client: FlaskClient, settings: Settings, publication: Publication
) -> None:
    opened = 0
    for address in list_addresses(app, settings, publication):
        if "GET" not in address.methods:
            continue
        for accept in ("text/html", "application/json"):
            answer = client.get(address.path, headers={"Accept": accept}, buffered=True)
            seen = answer.data.decode("utf-8", "replace")
            assert [secret for secret in SECRETS if secret in seen] == [], address.path
            opened += answer.status_code == 200
    assert opened > 20


@pytest.mark.usefixtures("givers")
def test_the_search_would_find_a_name(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/wall-of-thanks", "wall", lambda: f"<p>{GIVERS['quentin.quillfeather@example.org']}</p>")
    seen = client.get("/wall-of-thanks").text
    assert [secret for secret in SECRETS if secret in seen] == ["Quentin Quillfeather", "Quillfeather"]
