"""Builds the parts from settings. The only importer of adapters; decides nothing else."""

from dataclasses import dataclass

from celery import Celery
from redis import Redis

from service.adapters.celery import CeleryPublisher, make_celery
from service.adapters.smtp import SmtpTransport
from service.adapters.stripe.gateway import make_gateway
from service.db import SessionFactory, make_engine, make_session_factory
from service.deliveries.compose import Links
from service.deliveries.letters import LetterSender
from service.deliveries.sending import Sender
from service.donations.gateway import Gateway
from service.jobs import use_publisher
from service.mail.transport import Transport
from service.settings import Settings
from service.tokens import TokenSigner


@dataclass(frozen=True)
class Services:
    """Everything that web, workers and commands share in one process."""

    settings: Settings
    factory: SessionFactory
    signer: TokenSigner
    transport: Transport
    celery: Celery
    redis: "Redis"
    gateway: Gateway | None = None

    @property
    def links(self) -> Links:
        """Makes readers' links."""
        return Links(self.signer, self.settings.public_url)

    @property
    def sender(self) -> Sender:
        """Sends issues."""
        return Sender(self.factory, self.transport, self.links, self.settings.public_host)

    @property
    def letter_sender(self) -> LetterSender:
        """Sends single letters."""
        return LetterSender(self.factory, self.transport, self.links, self.settings.public_host)


def wire(settings: Settings, *, pool_size: int = 10) -> Services:
    """Build the parts and set this process's job publisher. Opens no connection yet."""
    celery = make_celery(settings.redis_url)
    use_publisher(CeleryPublisher(celery))
    return Services(
        settings=settings,
        factory=make_session_factory(make_engine(settings.database_url, pool_size=pool_size)),
        signer=TokenSigner(settings.secret_keys),
        transport=SmtpTransport(settings.routes[0].url, settings.public_host),
        celery=celery,
        redis=Redis.from_url(settings.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5),
        gateway=make_gateway(settings) if settings.takes_gifts else None,
    )
