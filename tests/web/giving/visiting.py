"""A donor's browser: how a link comes to be, and how one signs in with it. Owns no fixture."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from service.clock import now
from service.donations.signin import DonorSignIn
from service.tokens import Purpose, TokenSigner


def make_link(session: Session, signer: TokenSigner, donor_id: int, *, age: timedelta = timedelta(0)) -> str:
    """Store a link that was mailed ``age`` ago; return its token."""
    asked = now() - age
    sign_in = DonorSignIn(donor_id=donor_id, requested_at=asked, expires_at=asked + timedelta(minutes=15))
    session.add(sign_in)
    session.flush()
    return signer.sign(Purpose.DONOR_SIGN_IN, sign_in.id)


def come_in(app: Flask, token: str) -> FlaskClient:
    """Return a browser in which the button behind a link was pressed."""
    browser = app.test_client()
    answer = browser.post(f"/giving/enter/{token}")
    assert answer.status_code == 303, answer.status_code
    return browser
