"""Builds the parts from settings. The only importer of adapters; decides nothing else."""

from dataclasses import dataclass

from celery import Celery
from redis import Redis

from service.adapters import redis
from service.adapters.celery import CeleryPublisher, make_celery
from service.adapters.smtp import SmtpRelay
from service.adapters.stripe.gateway import make_gateway
from service.db import SessionFactory, make_engine, make_session_factory
from service.deliveries.compose import Composers, Links
from service.deliveries.guard import Guard
from service.deliveries.letters import LetterSender
from service.deliveries.metering import MeterFile
from service.deliveries.sending import Sender
from service.donations.gateway import Gateway
from service.jobs import use_publisher
from service.mail.dkim import DkimKeys
from service.mail.verp import ReturnPaths
from service.routes.buckets import DatabaseLimiter
from service.routes.choosing import Routes
from service.routes.limiter import SharedLimiter
from service.settings import Settings
from service.tokens import TokenSigner


@dataclass(frozen=True)
class Services:
    """Everything that web, workers and commands share in one process."""

    settings: Settings
    factory: SessionFactory
    signer: TokenSigner
    composers: Composers
    routes: Routes
    guard: Guard
    letter_sender: LetterSender
    celery: Celery
    redis: "Redis"
    gateway: Gateway | None = None

    @property
    def links(self) -> Links:
        """Makes readers' links."""
        return self.composers.links

    @property
    def sender(self) -> Sender:
        """Sends issues."""
        meter_dir = self.settings.meter_dir
        return Sender(
            factory=self.factory,
            routes=self.routes,
            guard=self.guard,
            load_composer=self.composers.load,
            journal_dir=self.settings.journal_dir,
            meter=MeterFile(meter_dir) if meter_dir else None,
        )

    def close(self) -> None:
        """Let go of every connection; never raises."""
        self.letter_sender.close()
        self.factory.kw["bind"].dispose()
        self.redis.close()


def wire(settings: Settings, *, pool_size: int = 10) -> Services:
    """Build the parts and set this process's job publisher. Opens no connection yet."""
    celery, signer = make_celery(settings.redis_url), TokenSigner(settings.secret_keys)
    use_publisher(CeleryPublisher(celery))
    factory = make_session_factory(make_engine(settings.database_url, pool_size=pool_size))
    client = redis.connect(settings.redis_url)
    returns = ReturnPaths(signer, settings.return_domain)
    relays = [(route, SmtpRelay(route, settings.public_host)) for route in settings.routes]
    routes = Routes(relays, factory, SharedLimiter(redis.RedisLimiter(client), DatabaseLimiter(factory)))
    composers = Composers(Links(signer, settings.public_url), DkimKeys.load(settings.dkim_keys), returns)
    guard = Guard(factory, settings.public_url, redis.RedisEpochs(client))
    return Services(
        settings=settings,
        factory=factory,
        signer=signer,
        composers=composers,
        routes=routes,
        guard=guard,
        letter_sender=LetterSender(factory, routes, composers, guard, settings.public_host, settings.journal_dir),
        celery=celery,
        redis=client,
        gateway=make_gateway(settings) if settings.takes_gifts else None,
    )
