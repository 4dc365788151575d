"""The gift form, and its sending: to the processor's page, or back with a sentence and everything that was typed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response, current_app, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.checkout import StaleForm, make_form_token, open_attempt, open_page
from service.donations.defence import Arrival, close_if_flooded, is_closed_to
from service.donations.funds import list_open_funds
from service.donations.gateway import Gateway
from service.donations.giftform import FIELDS, BadGift, cover_of
from service.donations.models import Attempt, Fund
from service.donations.states import AttemptState
from service.errors import BadInput, PostriderError, Unavailable
from service.money import get_currency
from service.organisation.models import Organisation
from service.organisation.queries import find_organisation
from service.tokens import Purpose
from service.visitors.challenge import Challenge, check_challenge
from service.visitors.networks import network_of
from service.web.give.cookie import GIFT_COOKIE
from service.web.give.pages import blueprint, show_page
from service.web.give.prefilled import list_suggested, prefill, prefill_again, prefill_person, read_typed_amount
from service.web.giving.visit import find_guest
from service.web.language import choose_language
from service.web.services import get_services
from service.web.transaction import asking_records, unit_of_work

CHALLENGE: Final = "gift_challenge"  # the extension that holds a ``visitors.Challenge``, where one is set up
LONGEST_TYPED: Final = 500  # characters of a field that are shown again
WAYS: Final = ("amount", "frequency", "ask", "again")
RETRY_AFTER: Final = {429: "3600", 503: "60"}  # seconds


@blueprint.get("/give")
@blueprint.get("/give/<slug:fund>")
def show_form(fund: str = "") -> Response:
    """Show the form, or a page that says why there is none now. Changes nothing."""
    with unit_of_work() as session:
        organisation, funds = find_organisation(session), list_open_funds(session)
        if organisation is None or not funds or get_services().gateway is None:
            return show_page("give_closed", organisation, reason="not_open")
        if organisation.giving_paused_at is not None:
            return show_page("give_closed", organisation, reason="paused")
        typed = prefill(request.args, organisation, funds, fund)
        if is_closed_to(session, _read_arrival(session)):
            return show_page("give_closed", organisation, reason="flooded")
        prefill_person(typed, find_guest(session))
        _prefill_again(session, typed, organisation)
        return _show_form(organisation, funds, typed)


@blueprint.post("/give")
def give() -> ResponseReturnValue:
    """Store what the form asks for and lead to the processor's page, the same one however often the form is sent."""
    gateway = get_services().gateway
    try:
        if gateway is None:
            raise Unavailable("Gifts can’t be taken here yet.")
        check_challenge(_challenge(), _challenge_answer(), request.remote_addr or "")
        attempt_id = _store()
        url = _open_page(gateway, attempt_id)
    except PostriderError as problem:
        return _show_again(problem)
    return GIFT_COOKIE.keep(redirect(url, 303), attempt_id)


def _store() -> int:
    with unit_of_work() as session:
        # A transaction of its own: the alarm must stay even though the form is refused because of it.
        close_if_flooded(session)
    with unit_of_work() as session:
        arrival, form = _read_arrival(session), request.form.to_dict()
        return open_attempt(session, get_services().signer, form, arrival, choose_language()).id


def _open_page(gateway: Gateway, attempt_id: int) -> str:
    services = get_services()
    with asking_records():
        return open_page(services.factory, gateway, attempt_id, services.settings.public_url)


def _show_again(problem: PostriderError) -> Response:
    """Return the form as it was sent, with what is wrong; nothing that was typed is lost even when our records are."""
    typed = {name: value[:LONGEST_TYPED] for name, value in request.form.items() if name in FIELDS}
    is_spent = isinstance(problem, StaleForm) or type(problem) is BadInput
    said: dict[str, Any] = {
        "faults": problem.faults if isinstance(problem, BadGift) else {},
        "notice": problem.code,
        "token": _fresh_token() if is_spent else request.form.get("token", "") or _fresh_token(),
        "status": problem.status,
    }
    try:
        with unit_of_work() as session:
            organisation, funds = find_organisation(session), list_open_funds(session)
            if organisation is None or not funds:
                return show_page("give_closed", organisation, 503, reason="not_open")
            response = _show_form(organisation, funds, typed, **said)
    except Unavailable:
        response = show_page("give_again", None, 503, typed=typed, token=said["token"], ask=_ask())
    if problem.status in RETRY_AFTER:
        response.headers["Retry-After"] = RETRY_AFTER[problem.status]
    return response


def _show_form(organisation: Organisation, funds: Sequence[Fund], typed: Mapping[str, str], **said: Any) -> Response:
    suggested = list_suggested(organisation)
    covered = read_typed_amount(typed, organisation) or organisation.smallest_minor
    shown = {
        "faults": {},
        "notice": "",
        "token": said.pop("token", "") or _fresh_token(),
        "suggested": suggested,
        "currency": get_currency(organisation.currency),
        "percent": _write_percent(organisation.fee_basis_points),
        "shown_cover": (covered, cover_of(organisation, covered)),
        "funds": funds,
        "typed": typed,
        "ask": _ask(),
        "challenge": _challenge(),
        "ways": _ways(funds),
        **said,
    }
    return show_page("give", organisation, **shown)


def _ways(funds: Sequence[Fund]) -> dict[str, str]:
    """Return what the form's address says, for the same form in another language.

    By name and never as it came: ``url_for`` takes ``_scheme``, ``_external`` and more of its own from the same words.
    """
    said = {name: request.args[name][:LONGEST_TYPED] for name in WAYS if request.args.get(name)}
    slug = (request.view_args or {}).get("fund") or request.args.get("fund", "")
    return said | {"fund": slug} if slug in {fund.slug for fund in funds} else said


def _read_arrival(session: Session) -> Arrival:
    ids = get_services().signer.read(Purpose.ASK, _ask())
    return Arrival(
        network=network_of(request.remote_addr),
        asked_by=(ids[0], ids[1]) if ids is not None and len(ids) == 2 else None,
        is_signed_in=find_guest(session) is not None,
    )


def _prefill_again(session: Session, typed: dict[str, str], organisation: Organisation) -> None:
    attempt_id = GIFT_COOKIE.read() if "again" in request.args else None
    attempt = session.get(Attempt, attempt_id) if attempt_id is not None else None
    if attempt is not None and attempt.state is not AttemptState.COMPLETE:
        prefill_again(typed, attempt, organisation)


def _write_percent(basis_points: int) -> str:
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".")


def _fresh_token() -> str:
    return make_form_token(get_services().signer)


def _ask() -> str:
    return str(request.values.get("ask", ""))[:LONGEST_TYPED]


def _challenge() -> Challenge | None:
    return current_app.extensions.get(CHALLENGE)


def _challenge_answer() -> str:
    challenge = _challenge()
    return request.form.get(challenge.field, "") if challenge is not None else ""
