"""Who was probably behind a hit: a person, a machine, or unknown. Pure rules on what was seen; touches no row.

Apple's and Google's proxies fetch images whoever reads, so a proxy's open says nothing: unknown. Scanners fetch links
within moments of delivery and many at once; people do neither.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.tracking.models import Agent, Verdict

PROXIES = ("googleimageproxy", "yahoomailproxy", "mail privacy")
MACHINES = (
    "bot", "crawl", "spider", "scan", "preview", "curl", "wget", "python", "java/", "go-http", "libwww", "okhttp",
    "headless", "barracuda", "mimecast", "proofpoint", "safelinks",
)  # fmt: skip
SCAN_AFTER_DELIVERY = timedelta(seconds=10)
BURST = timedelta(seconds=2)
BURST_LINKS = 3


@dataclass(frozen=True)
class Seen:
    """One hit with what the verdict needs. ``sent_at`` is when the relay took the mail, if it did."""

    happened_at: datetime
    link_number: int | None
    agent: Agent
    sent_at: datetime | None


def agent_of(user_agent: str, method: str) -> Agent:
    """Return which kind of program asked. The user agent itself is kept nowhere."""
    name = user_agent.casefold()
    if method == "HEAD" or not name or any(mark in name for mark in MACHINES):
        return Agent.MACHINE
    # Apple Mail's prefetch announces itself as this bare string, without a product behind it.
    if any(mark in name for mark in PROXIES) or name == "mozilla/5.0":
        return Agent.IMAGE_PROXY
    return Agent.BROWSER


def judge(hit: Seen, others: list[Seen]) -> Verdict:
    """Return the verdict on ``hit``, given the other hits on the same copy."""
    if hit.agent is Agent.MACHINE or _is_scan(hit) or _is_burst(hit, others):
        return Verdict.MACHINE
    if hit.agent is Agent.IMAGE_PROXY:
        return Verdict.UNKNOWN
    return Verdict.HUMAN


def _is_scan(hit: Seen) -> bool:
    if hit.link_number is None or hit.sent_at is None:
        return False
    return hit.happened_at - hit.sent_at < SCAN_AFTER_DELIVERY


def _is_burst(hit: Seen, others: list[Seen]) -> bool:
    if hit.link_number is None:
        return False
    near = {
        other.link_number
        for other in [hit, *others]
        if other.link_number is not None and abs(other.happened_at - hit.happened_at) <= BURST
    }
    return len(near) >= BURST_LINKS
