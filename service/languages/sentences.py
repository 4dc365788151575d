"""Sentences that are written where nobody knows yet who will read them. The page that shows one translates it."""


def for_readers(sentence: str) -> str:
    """Return ``sentence`` as it is, and let it be found for the catalogues."""
    return sentence
