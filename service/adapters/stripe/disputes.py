"""Disputes: a giver's bank contests a payment. Reads their states and the money that they have moved so far."""

from typing import Final

import stripe

from service.adapters.stripe.balance import read_transaction
from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import find_moment, id_of, moment
from service.donations.gateway import DisputeFacts
from service.donations.states import DisputeState

# https://docs.stripe.com/api/disputes/object#dispute_object-status. A "prevented" one was settled by a refund before it
# became a dispute, so like an inquiry it moves no money itself.
_STATES: Final = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.INQUIRY,
    "prevented": DisputeState.INQUIRY,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}


def list_disputes(client: stripe.StripeClient, payment_id: str) -> tuple[DisputeFacts, ...]:
    """Return every dispute of a payment, oldest first."""
    with translated():
        page = client.v1.disputes.list({"payment_intent": payment_id, "limit": 100})
        found = [_read(one) for one in page.auto_paging_iter()]
    return tuple(sorted(found, key=lambda one: (one.created_at, one.dispute_id)))


def _read(dispute: stripe.Dispute) -> DisputeFacts:
    return DisputeFacts(
        dispute_id=dispute.id,
        amount_minor=dispute.amount,
        reason=dispute.reason,
        status=dispute.status,
        state=_STATES.get(dispute.status, DisputeState.OPEN),
        answer_by=find_moment(dispute.evidence_details.due_by),
        created_at=moment(dispute.created),
        transactions=tuple(
            read_transaction(line, "dispute", id_of(dispute.payment_intent)) for line in dispute.balance_transactions
        ),
    )
