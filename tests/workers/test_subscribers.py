"""A sign-up in a worker: decided and its letter delivered by the same hand, once."""

from service.db import transaction
from service.jobs import Job
from service.subscribers.signup_models import SignUp, SignUpOutcome
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import PublishedJobs
from tests.fixtures.smtp import SmtpSink
from tests.subscribers.signing_up import sign_up
from workers.subscribers import handle_and_deliver

JANE = "jane@example.org"


def test_a_sign_up_becomes_a_letter_on_its_way_without_another_job(
    services: Services, published_jobs: PublishedJobs, smtp_sink: SmtpSink
) -> None:
    with transaction(services.factory) as session:
        sign_up_id = sign_up(session, JANE, [make_newsletter(session).id]).id
    assert published_jobs.of(Job.HANDLE_SIGN_UP) == [(sign_up_id,)]
    for _ in range(2):
        handle_and_deliver(services, sign_up_id)
    assert smtp_sink.recipients == [JANE]
    assert published_jobs.of(Job.DELIVER_LETTER) == []
    with transaction(services.factory) as session:
        assert session.get_one(SignUp, sign_up_id).outcome is SignUpOutcome.CONFIRM


def test_a_job_for_a_sign_up_that_was_erased_meanwhile_does_nothing(services: Services, smtp_sink: SmtpSink) -> None:
    handle_and_deliver(services, 12345)
    assert smtp_sink.recipients == []
