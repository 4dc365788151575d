"""The desk's words for imports: their states, what became of lines, and what a column can hold. Decides nothing."""

from markupsafe import Markup

from service.lists.entries import EntryStatus
from service.lists.mapping import FIELD
from service.subscribers.importing.models import Import, ImportState, LineOutcome
from service.web.charts import Part, draw_parts, draw_share
from service.web.desk.access import blueprint
from service.web.desk.wording import Mark

_MARKS = {
    ImportState.UNMAPPED: Mark("Columns to name", "query", "warn"),
    ImportState.WAITING: Mark("Waiting", "open", "accent"),
    ImportState.RUNNING: Mark("Coming in", "half", "accent"),
    ImportState.DONE: Mark("Brought in", "full", "good"),
    ImportState.CANCELLED: Mark("Cancelled", "crossed", "bad"),
    ImportState.FAILED: Mark("Stopped", "crossed", "bad"),
    ImportState.UNDOING: Mark("Being undone", "half", "warn"),
    ImportState.UNDONE: Mark("Undone", "bars", "plain"),
}
_REHEARSED = {
    **_MARKS,
    ImportState.RUNNING: Mark("Dry run", "half", "accent"),
    ImportState.DONE: Mark("Dry run done", "open", "warn"),
}
OUTCOME_WORDS = {
    LineOutcome.ADDED: "Added",
    LineOutcome.UPDATED: "Updated",
    LineOutcome.UNCHANGED: "Left as they are",
    LineOutcome.SUPPRESSED: "Must not be mailed",
    LineOutcome.SKIPPED: "Skipped",
}
OUTCOME_MEANINGS = {
    LineOutcome.ADDED: "New to this newsletter, and mailed from its next issue on.",
    LineOutcome.UPDATED: "Readers already: what we did not know of them is filled in; or they left there, and so here.",
    LineOutcome.UNCHANGED: "Readers already, or gone already; the file says nothing new.",
    LineOutcome.SUPPRESSED: "Their address is given up, or they complained, here or there. No file changes that.",
    LineOutcome.SKIPPED: "Nobody becomes a reader by these lines; each has its reason.",
}
# What ``lists.mapping`` takes, as a person would ask for it, in the order of the form.
COLUMN_WORDS = {
    "address": ("E-mail address", ""),
    "name": ("Name", "The whole name in one column; else choose the two below."),
    "first_name": ("First name", ""),
    "last_name": ("Last name", ""),
    "language": ("Language", "Whoever has none gets the newsletter’s."),
    "status": ("State", "Whether they still read: words such as active, unsubscribed, bounced or complained."),
    "agreed_at": (
        "Day they agreed",
        "Such as 2024-01-31. A day that can be read in two ways is kept as written.",
    ),
    "ended_at": ("Day they left", "Whoever has one counts as gone."),
    "tags": ("Tags", "Several in one cell are parted by commas."),
    "source": ("Where they came from", ""),
}
PEOPLE_WORDS = {
    EntryStatus.SUBSCRIBED: "Readers (subscribed)",
    EntryStatus.LEFT: "People who left (unsubscribed)",
    EntryStatus.BOUNCED: "Addresses that were given up (cleaned)",
    EntryStatus.UNCONFIRMED: "People who never subscribed (nonsubscribed)",
}


def find_mark(row: Import) -> Mark:
    """Return the state of an import as a word with its shape."""
    return (_REHEARSED if row.is_dry_run else _MARKS)[row.state]


def name_mapping(row: Import) -> list[tuple[str, str]]:
    """Return what staff said of the columns: what each holds, in words, and its name; in the order of the form."""
    named = [(words, row.mapping.get(what, "")) for what, (words, _) in COLUMN_WORDS.items()]
    kept = [("Kept beside", column) for what, column in row.mapping.items() if what.startswith(FIELD)]
    return [(words, column) for words, column in (*named, *kept) if column]


def count_outcomes(row: Import) -> dict[LineOutcome, int]:
    """Return the lines of each outcome, in the order in which they are shown."""
    return {outcome: getattr(row, outcome.value) for outcome in OUTCOME_WORDS}


def draw_outcomes(row: Import) -> Markup:
    """Return the drawn bar of what becomes of an import's lines."""
    counts = count_outcomes(row)
    said = ", ".join(f"{OUTCOME_WORDS[outcome]} {count:,}" for outcome, count in counts.items() if count)
    parts = [Part(OUTCOME_WORDS[outcome], count, f"line-{outcome.value}") for outcome, count in counts.items()]
    return draw_parts(parts, f"Of {row.rows:,} lines: {said or 'none yet'}.")


def draw_reading(row: Import) -> Markup:
    """Return the drawn bar of how much of an import's file was read."""
    return draw_share(row.done_bytes, row.size_bytes, f"{share_read(row)}% of the file is read.")


def share_read(row: Import) -> int:
    """Return how much of an import's file was read, in percent."""
    return min(100 * row.done_bytes // max(row.size_bytes, 1), 100)


@blueprint.app_context_processor
def offer_import_words() -> dict[str, object]:
    """Give the desk's templates the words of imports."""
    return {"outcome_words": OUTCOME_WORDS, "outcome_meanings": OUTCOME_MEANINGS, "import_mark": find_mark}
