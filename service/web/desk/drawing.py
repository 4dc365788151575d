"""The desk's own figures as drawings. Owns which counts are drawn and their words; ``charts`` owns the shapes."""

from markupsafe import Markup

from service.deliveries.queries import Progress
from service.deliveries.states import DeliveryState
from service.tracking.queries import Engagement, LinkCount
from service.web.charts import Part, draw_parts, draw_share
from service.web.desk.wording import DELIVERY_MARKS


def count_states(progress: Progress) -> dict[DeliveryState, int]:
    """Return the count of each state, in the order in which states are shown."""
    return {state: getattr(progress, state) for state in DELIVERY_MARKS}


def draw_progress(progress: Progress) -> Markup:
    """Return the drawn bar of the seven states."""
    counts = count_states(progress)
    said = ", ".join(f"{DELIVERY_MARKS[state].word} {count:,}" for state, count in counts.items() if count)
    parts = [Part(DELIVERY_MARKS[state].word, count, state.value) for state, count in counts.items()]
    return draw_parts(parts, f"Of {progress.audience:,} copies: {said or 'none yet'}.")


def draw_engagement(engagement: Engagement, sent: int) -> list[tuple[str, int, int, Markup]]:
    """Return for opens and clicks: the word, people, machines, and a bar of people against accepted copies."""
    rows = (
        ("Opened", engagement.opened, engagement.machine_opened),
        ("Clicked", engagement.clicked, engagement.machine_clicked),
    )
    return [
        (word, people, machines, draw_share(people, sent, f"{people:,} of {sent:,} copies", word.lower()))
        for word, people, machines in rows
    ]


def draw_links(links: list[LinkCount]) -> list[tuple[LinkCount, Markup]]:
    """Return every link with its people as a bar against the most followed one."""
    most = max((link.people for link in links), default=0)
    return [(link, draw_share(link.people, most, "", "clicked")) for link in links]
