"""Why somebody in the audience gets no copy, or an issue rests, in the words that staff read. Owns only the words."""

from typing import Final

CANCELLED: Final = "the issue was cancelled"
LEFT: Final = "the person left after the audience was frozen"
MOVED: Final = "the person changed their address after the audience was frozen"
PAUSED: Final = "the person asked for a rest after the audience was frozen"
SUPPRESSED: Final = "the address may not be mailed since the audience was frozen"
RETURNABLE: Final = (LEFT, PAUSED, SUPPRESSED)  # who gets a copy after all, once they may be mailed again
SAME_MAILBOX: Final = "another reader's address leads to the same mailbox, and has a copy"
MISSED: Final = "Its time passed while nothing ran, so it did not start by itself."
