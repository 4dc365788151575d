"""Who was behind a hit, as a table of traces with their labels."""

from datetime import UTC, datetime, timedelta

import pytest

from service.tracking.models import Agent, Verdict
from service.tracking.verdict import Seen, agent_of, judge

SENT = datetime(2026, 11, 1, 8, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _seen(seconds: float, link: int | None, agent: Agent = Agent.BROWSER) -> Seen:
    return Seen(SENT + timedelta(seconds=seconds), link, agent, SENT)


@pytest.mark.parametrize(
    ("user_agent", "method", "agent"),
    [
        (FIREFOX, "GET", Agent.BROWSER),
        (FIREFOX, "HEAD", Agent.MACHINE),
        ("", "GET", Agent.MACHINE),
        ("curl/8.5", "GET", Agent.MACHINE),
        ("Mozilla/5.0 (compatible; BarracudaSentinel/1.0)", "GET", Agent.MACHINE),
        ("Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "GET", Agent.IMAGE_PROXY),
        ("Mozilla/5.0", "GET", Agent.IMAGE_PROXY),
    ],
)
def test_a_user_agent_is_reduced_to_its_kind(user_agent: str, method: str, agent: Agent) -> None:
    assert agent_of(user_agent, method) is agent


@pytest.mark.parametrize(
    ("trace", "verdicts"),
    [
        ([_seen(3600, 1)], [Verdict.HUMAN]),
        ([_seen(3600, None)], [Verdict.HUMAN]),
        ([_seen(3600, None, Agent.IMAGE_PROXY)], [Verdict.UNKNOWN]),
        ([_seen(3600, 1, Agent.MACHINE)], [Verdict.MACHINE]),
        ([_seen(4, 1)], [Verdict.MACHINE]),
        ([_seen(4, None)], [Verdict.HUMAN]),
        ([_seen(900, 1), _seen(901, 2), _seen(901.5, 3)], [Verdict.MACHINE] * 3),
        ([_seen(900, 1), _seen(905, 2), _seen(930, 3)], [Verdict.HUMAN] * 3),
        ([_seen(900, 1), _seen(900.2, 1), _seen(900.4, 1)], [Verdict.HUMAN] * 3),
    ],
)
def test_a_trace_gets_its_verdicts(trace: list[Seen], verdicts: list[Verdict]) -> None:
    assert [judge(hit, trace) for hit in trace] == verdicts


def test_a_hit_on_a_copy_without_an_answer_is_judged_without_it() -> None:
    assert judge(Seen(SENT, 1, Agent.BROWSER, None), []) is Verdict.HUMAN
