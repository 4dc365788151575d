"""What the letters about gifts say, from the rows that they are about. The receipt's own letters are in ``receipts``.

Owns which facts each kind of letter is given and where its button leads; never the wording, never the sending. Days are
those of the organisation's zone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from service.db import Base
from service.donations.models import Donation, Donor, RecurringChange, RecurringDonation, RenewalFailure
from service.donations.signin import DonorSignIn
from service.donations.states import RecurringState
from service.errors import NotFound
from service.mail.models import Letter, LetterKind
from service.money import write_amount
from service.organisation.queries import get_organisation
from service.rendering.words import words_for
from service.tokens import Purpose, TokenSigner

# docs.stripe.com/api/subscriptions/object#subscription_object-cancellation_details-reason; all else was asked for.
_END_REASONS: Final = {"payment_failed": "failed", "payment_disputed": "disputed"}

_Facts = dict[str, str | datetime | None]
_Row = TypeVar("_Row", bound=Base)


@dataclass(frozen=True)
class GiftLinks:
    """Makes the addresses in letters about gifts. ``public_url`` comes from settings, never from a request."""

    signer: TokenSigner
    public_url: str

    @property
    def give(self) -> str:
        """Where anybody gives."""
        return f"{self.public_url}/give"

    @property
    def giving(self) -> str:
        """Where donors look after their gifts."""
        return f"{self.public_url}/giving"

    def enter(self, sign_in_id: int) -> str:
        """Return the link that lets a donor in."""
        return f"{self.giving}/enter/{self.signer.sign(Purpose.DONOR_SIGN_IN, sign_in_id)}"


def describe_gift_letter(session: Session, letter: Letter, links: GiftLinks) -> dict[str, str]:
    """Return the values of a letter about a gift, a standing gift or a donor's sign-in; empty where there is none.

    Raises:
        NotFound: when what it is about is gone.
    """
    donor, facts = _DESCRIPTIONS[letter.kind](session, letter.about, links)
    language = donor.language if donor else "en"
    zone, words = get_organisation(session).zone, words_for(language)
    days = {
        name: words.format_date(fact.astimezone(zone).date()) if isinstance(fact, datetime) else fact or ""
        for name, fact in facts.items()
    }
    return {"language": language, "donor_name": donor.name if donor else "", "button_url": "", **days}


def _describe_pending(session: Session, about: dict[str, int], _: GiftLinks) -> tuple[Donor | None, _Facts]:
    donation = _get(session, Donation, about["donation"], "gift")
    return donation.donor, {**_money_facts(donation), "begun_on": donation.created_at}


def _describe_failed(session: Session, about: dict[str, int], links: GiftLinks) -> tuple[Donor | None, _Facts]:
    donation = _get(session, Donation, about["donation"], "gift")
    return donation.donor, {**_money_facts(donation), "button_url": links.give}


def _describe_failed_renewal(session: Session, about: dict[str, int], links: GiftLinks) -> tuple[Donor | None, _Facts]:
    failure = _get(session, RenewalFailure, about["failure"], "failed renewal")
    recurring = _get(session, RecurringDonation, failure.recurring_id, "recurring gift")
    can_pay = (failure.pay_url or "").startswith(("https://", "http://"))
    return recurring.donor, {
        **_standing_facts(recurring),
        "tries": str(failure.tries),
        "tried_on": failure.noted_at,
        "next_try_on": failure.next_try_at,
        "is_last": "yes" if failure.next_try_at is None else "",
        "can_pay": "yes" if can_pay else "",
        "button_url": failure.pay_url if can_pay else links.giving,
    }


def _describe_notice(session: Session, about: dict[str, int], links: GiftLinks) -> tuple[Donor | None, _Facts]:
    recurring = _get(session, RecurringDonation, about["recurring"], "recurring gift")
    charge = {"charge_on": recurring.next_charge_at, "button_url": links.giving}
    return recurring.donor, {**_standing_facts(recurring), **charge}


def _describe_change(session: Session, about: dict[str, int], links: GiftLinks) -> tuple[Donor | None, _Facts]:
    """Tell what was asked for: the arrangement's row may be older, or of another change since."""
    change = _get(session, RecurringChange, about["change"], "change of a gift")
    recurring = _get(session, RecurringDonation, change.recurring_id, "recurring gift")
    asked, currency = change.details, recurring.currency
    # A new amount while the gift rests, or while a failed one is being tried, says nothing of when it is charged next.
    is_near = change.kind != "amount" or recurring.state is RecurringState.ACTIVE
    previous, amount = asked.get("previous_minor"), asked.get("amount_minor", recurring.amount_minor)
    return recurring.donor, {
        **_standing_facts(recurring),
        "change": change.kind,
        "by_staff": "yes" if change.account_id is not None else "",
        "amount": write_amount(amount, currency),
        "previous": write_amount(previous, currency) if previous else "",
        "charge_on": (_read_moment(asked.get("at")) or recurring.next_charge_at) if is_near else None,
        "resumes_on": _read_moment(asked.get("resumes_at")) or recurring.resumes_at,
        "button_url": links.giving,
    }


def _describe_end(session: Session, about: dict[str, int], links: GiftLinks) -> tuple[Donor | None, _Facts]:
    recurring = _get(session, RecurringDonation, about["recurring"], "recurring gift")
    reason = _END_REASONS.get(recurring.end_reason, "stopped")
    return recurring.donor, {
        **_standing_facts(recurring),
        "reason": reason,
        "ended_on": recurring.ended_at or recurring.changed_at,
        "button_url": links.give if reason == "failed" else links.giving,
    }


def _describe_sign_in(session: Session, about: dict[str, int], links: GiftLinks) -> tuple[Donor | None, _Facts]:
    sign_in = _get(session, DonorSignIn, about["sign_in"], "sign-in")
    # Rounded: the two moments may be by two clocks, and 14 minutes and 59.9 seconds are a quarter of an hour.
    lasts = sign_in.expires_at - sign_in.requested_at + timedelta(seconds=30)
    return sign_in.donor, {"minutes": str(lasts // timedelta(minutes=1)), "button_url": links.enter(sign_in.id)}


def _money_facts(gift: Donation | RecurringDonation) -> _Facts:
    return {
        "amount": write_amount(gift.amount_minor, gift.currency),
        "fund": gift.fund.name if gift.fund else "",
        "method": gift.method,
    }


def _standing_facts(recurring: RecurringDonation) -> _Facts:
    return {**_money_facts(recurring), "frequency": recurring.frequency.value}


def _get(session: Session, model: type[_Row], row_id: int, name: str) -> _Row:
    row = session.get(model, row_id)
    if row is None:
        raise NotFound(f"There is no such {name}.")
    return row


def _read_moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


_Description = Callable[[Session, dict[str, int], GiftLinks], tuple[Donor | None, _Facts]]
_DESCRIPTIONS: Final[dict[LetterKind, _Description]] = {
    LetterKind.GIFT_PENDING: _describe_pending,
    LetterKind.GIFT_FAILED: _describe_failed,
    LetterKind.RENEWAL_FAILED: _describe_failed_renewal,
    LetterKind.RENEWAL_NOTICE: _describe_notice,
    LetterKind.RECURRING_CHANGED: _describe_change,
    LetterKind.RECURRING_ENDED: _describe_end,
    LetterKind.DONOR_SIGN_IN: _describe_sign_in,
}
