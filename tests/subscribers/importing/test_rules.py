"""What a file may do about somebody: a total table, in which nobody comes back who left."""

from itertools import product

from service.lists.entries import EntryStatus
from service.subscribers.importing.classify import RULES, Deed, Standing
from service.subscribers.importing.models import LineOutcome


def test_every_status_meets_every_standing() -> None:
    assert set(RULES) == set(product(EntryStatus, Standing))


def test_only_somebody_without_a_tie_is_added_and_only_as_subscribed() -> None:
    added = {pair for pair, rule in RULES.items() if rule.deed is Deed.ADD}
    assert added == {(EntryStatus.SUBSCRIBED, Standing.NEW), (EntryStatus.SUBSCRIBED, Standing.KNOWN)}


def test_leaving_elsewhere_ends_a_tie_and_nothing_else_does() -> None:
    ended = {pair for pair, rule in RULES.items() if rule.deed is Deed.END}
    assert ended == {(EntryStatus.LEFT, Standing.PENDING), (EntryStatus.LEFT, Standing.ACTIVE)}


def test_a_dead_mailbox_and_a_complaint_always_suppress() -> None:
    for (status, _), rule in RULES.items():
        assert rule.suppresses is (status in {EntryStatus.BOUNCED, EntryStatus.COMPLAINED})
        assert (rule.outcome is LineOutcome.SUPPRESSED) is rule.suppresses


def test_every_line_that_is_not_as_asked_has_a_sentence() -> None:
    for rule in RULES.values():
        assert bool(rule.reason) is (
            rule.outcome in {LineOutcome.SKIPPED, LineOutcome.SUPPRESSED} or rule.deed is Deed.END
        )
        assert not rule.reason or rule.reason.endswith(".")
