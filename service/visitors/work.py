"""Proof of work: a sum that takes a browser about a second and a flood its machines. Owns the sum and its checking.

The sum is about the mark of one form, so that its answer is worth one form and nothing has to be remembered here. It
proves no person: it makes ten thousand forms ten thousand times as dear as one.
"""

from hashlib import sha256
from typing import Final

# Of SHA-256, leading zero bits: 65,536 tries on average, half a second to two of a browser's ``crypto.subtle``.
BITS: Final = 16
_LONGEST_ANSWER: Final = 20  # digits; one try in 10**20 is never needed


def is_solved(mark: str, answer: str) -> bool:
    """Return whether the SHA-256 of ``mark:answer`` begins with ``BITS`` zero bits.

    Args:
        mark: of the form that the sum belongs to; whether it is ours is asked of ``form_age``.
        answer: as it came back, any text at all; right ones are decimal digits.
    """
    if not (mark.isascii() and answer.isascii() and answer.isdigit() and len(answer) <= _LONGEST_ANSWER):
        return False
    digest = sha256(f"{mark}:{answer}".encode()).digest()
    return int.from_bytes(digest) >> (8 * len(digest) - BITS) == 0
