"""The tasks of gifts: settle an event, a form or a refund, and compare the books every night."""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from service.clock import now
from service.donations.changes import carry_out_change
from service.donations.checkout import close_page
from service.donations.gateway import Gateway
from service.donations.intake import fetch_missed_events
from service.donations.reconcile import LOOK_BACK, reconcile
from service.donations.refunds import send_refund
from service.donations.settlement import Settlement
from service.jobs import Job
from service.wiring import Services


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the tasks to ``app``."""

    @app.task(name=Job.HANDLE_EVENT.value, shared=False)
    def handle_event(event_row_id: int) -> None:
        """Settle one event. Safe to repeat: a handled event is left alone."""
        Settlement(services().factory, _gateway(services())).handle_event(event_row_id)

    @app.task(name=Job.SYNC_ATTEMPT.value, shared=False)
    def sync_attempt(attempt_id: int) -> None:
        """Read anew what became of one form. Safe to repeat."""
        Settlement(services().factory, _gateway(services())).sync_attempt(attempt_id)

    @app.task(name=Job.SEND_REFUND.value, shared=False)
    def send_one_refund(request_id: int) -> None:
        """Pay one refund back. Safe to repeat: the request's id is the processor's idempotency key."""
        send_refund(services().factory, _gateway(services()), request_id)

    @app.task(name=Job.CLOSE_PAGE.value, shared=False)
    def close_open_page(attempt_id: int) -> None:
        """Close a payment page while giving is paused. Safe to repeat: a closed page stays closed."""
        close_page(services().factory, _gateway(services()), attempt_id)

    @app.task(name=Job.CHANGE_RECURRING.value, shared=False)
    def change_recurring(change_id: int) -> None:
        """Carry out what a donor asked while the processor was away. Safe to repeat: one change is one key there."""
        carry_out_change(services().factory, _gateway(services()), change_id)

    @app.task(name=Job.FETCH_EVENTS.value, shared=False)
    def fetch_events() -> None:
        """Take in what the processor could not deliver. Safe to repeat: an event is stored once."""
        fetch_missed_events(services().factory, _gateway(services()), now() - LOOK_BACK)

    @app.task(name=Job.RECONCILE.value, shared=False)
    def reconcile_books(days: int) -> None:
        """Compare the books with the processor. Safe to repeat."""
        reconcile(services().factory, _gateway(services()), now() - timedelta(days=days))


def _gateway(services: Services) -> Gateway:
    if services.gateway is None:
        raise RuntimeError("a gift's job has come to a worker without STRIPE_KEY")
    return services.gateway
