"""How fast an issue goes out, the whole path, beside a reference measured right before and after it in the same run.

Owns the rounds and what each is held against. How an issue goes out is in ``outgoing``.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from service.db import transaction
from service.development.bench.crowd import add_readers
from service.development.bench.outgoing import release_held, send_held, wait_for_signatures
from service.development.bench.references import find_program, measure_signatures, measure_smtp_source
from service.development.bench.specimen import add_specimen_newsletter
from service.development.bench.stage import Stage, make_folder, run_stage
from service.development.ports import LOOPBACK
from service.development.sample_gifts import add_organisation

# Newsletters by whether their domain has a key; the relay would sign for the other.
SIGNED, PLAIN = "signed", "plain"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What to measure. ``sign`` is none, rsa2048 or ed25519; ``presigned`` makes the signatures before the start.

    ``sink_port`` is a sink on the loopback address that takes the mail instead of our own.
    """

    recipients: int
    sign: str
    size_kb: int
    links: int
    processes: int
    presigned: bool
    sink_port: int | None
    rounds: int


@dataclass(frozen=True)
class SendFigures:
    """One round: the rate, what it is held against, and what it cost the senders."""

    messages_per_second: float
    reference: str
    reference_per_second: float
    ratio: float
    cpu_us: dict[str, float]
    peak_mb: float

    def to_plain_data(self) -> dict[str, object]:
        """Return the figures by name."""
        return asdict(self)


def measure_sending(order: Order, say: Say) -> SendFigures:
    """Send an issue as ordered, in every round; return the round whose ratio is the median. ``say`` hears of each.

    Raises:
        Unavailable: a program is missing or does not start, an issue does not go out, or the counts differ.
        BadInput: the mail can't be made as ordered.
    """
    if not order.presigned:
        find_program("smtp-source" if order.sign == "none" else "openssl")
    with make_folder() as folder:
        told = {
            "DKIM_KEYS": _make_key(folder, order.sign),
            "RETURN_DOMAIN": "bounces.example.org",
            "PUBLIC_URL": "http://letters.example.org",
        }
        stage = run_stage(folder, bulk=order.processes, with_web=False, sink_port=order.sink_port, told=told)
        with stage as running:
            _prepare(running, order.recipients)
            figures = [_measure_round(running, order, say) for _ in range(order.rounds)]
    return sorted(figures, key=lambda figure: figure.ratio)[(order.rounds - 1) // 2]


def _make_key(folder: Path, sign: str) -> str:
    """Write a new key and return the setting that signs with it; empty for none."""
    if sign == "none":
        return ""
    key = rsa.generate_private_key(65537, 2048) if sign == "rsa2048" else ed25519.Ed25519PrivateKey.generate()
    file = folder / "dkim.pem"
    file.touch(0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"bench@{SIGNED}.example.org={file}"


def _prepare(stage: Stage, recipients: int) -> None:
    with transaction(stage.services.factory) as session:
        add_organisation(session)
        add_readers(session, recipients, *(add_specimen_newsletter(session, slug) for slug in (SIGNED, PLAIN)))


def _measure_round(stage: Stage, order: Order, say: Say) -> SendFigures:
    issue_id = _release(stage, order, PLAIN if order.sign == "none" else SIGNED)
    if order.presigned:
        say(f"{order.recipients:,} signatures made ahead in {wait_for_signatures(stage, issue_id):.1f} s.")
    reference, measure = _choose_reference(stage, order)
    before = measure()
    sent = send_held(stage, issue_id)
    per_second = mean((before, measure()))
    figures = SendFigures(
        messages_per_second=round(sent.per_second, 1),
        reference=reference,
        reference_per_second=round(per_second, 1),
        ratio=round(sent.per_second / per_second, 3),
        cpu_us=sent.cpu_us,
        peak_mb=sent.peak_mb,
    )
    say(_describe(figures))
    return figures


def _describe(figures: SendFigures) -> str:
    spent = ", ".join(f"{section} {spent:.1f}" for section, spent in figures.cpu_us.items())
    return (
        f"{figures.messages_per_second:,.0f} mails a second; {figures.reference}: {figures.reference_per_second:,.0f}; "
        f"ratio {figures.ratio:.2f}. Processor µs a mail: {spent}. Peak memory of a sender: {figures.peak_mb:.0f} MB."
    )


def _release(stage: Stage, order: Order, slug: str) -> int:
    return release_held(stage, slug, order.size_kb * 1000, order.links)


def _choose_reference(stage: Stage, order: Order) -> tuple[str, Callable[[], float]]:
    if order.presigned:
        return "the same unsigned", lambda: send_held(stage, _release(stage, order, PLAIN)).per_second
    if order.sign == "none":
        name = "smtp-source, best of -s 1, 4, 16"
        return name, lambda: measure_smtp_source(LOOPBACK, stage.sink_port, order.size_kb * 1000)
    name = f"openssl speed -multi {order.processes} {order.sign}"
    return name, lambda: measure_signatures(order.sign, order.processes)
