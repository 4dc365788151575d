"""One issue on its way over a stage: released and held, signed ahead, started, sent, counted. Never compares rates."""

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, text, update

from service.db import transaction
from service.deliveries.metering import COPIES, SECTIONS, read_meters
from service.deliveries.models import Batch, BatchSignatures, Delivery
from service.deliveries.planning import add_missing, release_issue
from service.deliveries.starting import start_each_due_issue
from service.deliveries.states import DeliveryState
from service.development.bench.counting import count_accepted, count_states, read_peak_mb
from service.development.bench.specimen import add_specimen
from service.development.bench.stage import Stage
from service.errors import Unavailable
from service.issues.models import Issue, Newsletter
from service.issues.states import IssueState

HOLD = timedelta(days=1)  # longer than any run: we start it ourselves
SLOWEST = 20  # mails a second; slower is called stuck
PATIENCE = 60  # seconds beside


@dataclass(frozen=True)
class Sent:
    """An issue that went out: its rate, the senders' processor time by section in µs a mail, their peak memory."""

    per_second: float
    cpu_us: dict[str, float]
    peak_mb: float


def release_held(stage: Stage, slug: str, size: int, links: int) -> int:
    """Write an issue whose mail has ``size`` bytes, release it to the newsletter's readers and return its id.

    Raises:
        BadInput: such a mail can't be made, or may not go out.
    """
    services = stage.services
    base_url = services.settings.public_url
    with transaction(services.factory) as session:
        newsletter = session.scalars(select(Newsletter).where(Newsletter.slug == slug)).one()
        issue = add_specimen(session, newsletter, size, links, base_url)
        release_issue(session, issue.id, base_url, services.signer, hold=HOLD)
        add_missing(session, issue)  # in the background, a large audience would be planned while we measure
        return issue.id


def wait_for_signatures(stage: Stage, issue_id: int) -> float:
    """Return how many seconds it took from now until every batch of the held issue has its signatures.

    Raises:
        Unavailable: it takes for ever.
    """
    begins = time.monotonic()
    unsigned = (
        select(func.count())
        .select_from(Batch)
        .outerjoin(BatchSignatures, BatchSignatures.batch_id == Batch.id)
        .where(Batch.issue_id == issue_id, BatchSignatures.batch_id.is_(None))
    )
    ends = begins + _find_patience(stage, issue_id)
    while True:
        with transaction(stage.services.factory) as session:
            missing = session.scalar(unsigned)
        if not missing:
            return time.monotonic() - begins
        if time.monotonic() > ends:
            raise Unavailable(f"{missing} batches are still not signed ahead.")
        time.sleep(0.5)


def send_held(stage: Stage, issue_id: int) -> Sent:
    """Start the issue, wait until it is sent, and compare the rows with each other and with the sink.

    Raises:
        Unavailable: it paused, takes for ever, a copy is anything but sent, or the sink took another number.
    """
    accepted, before = count_accepted(stage.sink_port), read_meters(stage.meters)
    _start(stage, issue_id)
    _wait_until_sent(stage, issue_id)
    senders = [child.pid for name, child in stage.children.items() if name.startswith("bulk")]
    peak = read_peak_mb(senders)
    with transaction(stage.services.factory) as session:
        states = count_states(session, issue_id)
        seconds = session.scalar(
            select(func.extract("epoch", func.max(Delivery.changed_at) - func.min(Delivery.changed_at))).where(
                Delivery.issue_id == issue_id
            )
        )
    sent = states.get(DeliveryState.SENT, 0)
    if states != {DeliveryState.SENT.value: sent}:
        raise Unavailable(f"Every copy should have been sent, but the states are {states}.")
    _compare_with_sink(stage, sent, accepted)
    after = read_meters(stage.meters)
    measured = max(after[COPIES] - before[COPIES], 1)
    return Sent(
        per_second=sent / max(float(seconds or 0), 0.001),
        cpu_us={section: round((after[section] - before[section]) / measured * 1e6, 1) for section in SECTIONS},
        peak_mb=round(peak, 1),
    )


def _start(stage: Stage, issue_id: int) -> None:
    with stage.services.factory.kw["bind"].connect() as connection:
        # What planning wrote is on disk by the time a real hold ends.
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("checkpoint"))
    with transaction(stage.services.factory) as session:
        session.execute(update(Issue).where(Issue.id == issue_id).values(starts_at=func.now()))
    start_each_due_issue(stage.services.factory)


def _wait_until_sent(stage: Stage, issue_id: int) -> None:
    """Ask once a second, and only the issue: to count its copies would cost the senders time."""
    ends = time.monotonic() + _find_patience(stage, issue_id)
    while True:
        time.sleep(1)
        with transaction(stage.services.factory) as session:
            issue = session.get_one(Issue, issue_id)
            state, reason = issue.state, issue.pause_reason
        if state is IssueState.SENT:
            return
        if state is IssueState.PAUSED:
            raise Unavailable(f"The issue paused: {reason}")
        if time.monotonic() > ends:
            with transaction(stage.services.factory) as session:
                raise Unavailable(f"The issue is stuck: {count_states(session, issue_id)}")


def _find_patience(stage: Stage, issue_id: int) -> float:
    with transaction(stage.services.factory) as session:
        return PATIENCE + (session.get_one(Issue, issue_id).audience or 0) / SLOWEST


def _compare_with_sink(stage: Stage, sent: int, accepted_before: int | None) -> None:
    accepted = count_accepted(stage.sink_port)
    if accepted is None or accepted_before is None:
        return  # a sink that does not count
    if accepted - accepted_before != sent:
        raise Unavailable(f"The rows say that {sent} were sent, but the sink took {accepted - accepted_before}.")
