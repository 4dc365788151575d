"""Why somebody in the audience gets no copy, or an issue rests, in the words that staff read. Owns only the words."""

from typing import Final

CANCELLED: Final = "the issue was cancelled"
LEFT: Final = "the person left after the audience was frozen"
SAME_MAILBOX: Final = "another reader's address leads to the same mailbox, and has a copy"
MISSED: Final = "Its time passed while nothing ran, so it did not start by itself."
