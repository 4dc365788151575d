"""The life of one person's copy as a Mermaid diagram, drawn from the table that the service itself goes by.

For the README; a test compares. Owns no move.
"""

from itertools import groupby

from service.deliveries.states import MOVES, DeliveryState, is_open


def draw_states() -> str:
    """Return the diagram: an arrow for each pair of states, named by every event that leads from one to the other."""
    lines = ["stateDiagram-v2", "    direction LR", "    [*] --> queued"]
    moves = sorted(((state, after, event) for (state, event), after in MOVES.items()), key=_place)
    for (state, after), group in groupby(moves, key=lambda move: move[:2]):
        events = ", ".join(event for _, _, event in group)
        lines.append(f"    {state} --> {after}: {events}")
    lines += [f"    {state} --> [*]" for state in DeliveryState if not is_open(state)]
    return "\n".join(lines)


def _place(move: tuple[DeliveryState, DeliveryState, str]) -> tuple[int, int]:
    order = list(DeliveryState)
    return order.index(move[0]), order.index(move[1])


if __name__ == "__main__":
    print(draw_states())  # noqa: T201 - this is the command's answer
