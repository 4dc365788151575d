"""What a worker does about letters that wait, for tests without workers."""

from service.db import transaction
from service.deliveries.letters import list_due_letters
from service.wiring import Services


def deliver_letters(services: Services) -> None:
    """Deliver every letter that waits."""
    with transaction(services.factory) as session:
        waiting = list_due_letters(session)
    for letter_id in waiting:
        services.letter_sender.deliver(letter_id)
