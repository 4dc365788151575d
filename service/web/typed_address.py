"""An address that came back to the form it was typed in: the sentence beside it, and what the field then holds.

A form may hold the address that ``addresses`` found in what was typed; it is taken only when a person sends that form.
"""

from collections.abc import Mapping
from typing import Final

from service.addresses import BadAddress, Fault
from service.errors import PostriderError
from service.languages.sentences import for_readers
from service.web.language import gettext, translate_sentence

_SAID: Final[Mapping[Fault, str]] = {
    Fault.MAILTO: for_readers(
        "Only the address itself belongs here, without %(prefix)s before it. We have left that out: please look "
        "whether the address is right, and press the button once more."
    ),
    Fault.NAMED: for_readers(
        "Only the address itself belongs here, without a name and brackets. We have left these out: please look "
        "whether the address is right, and press the button once more."
    ),
    Fault.SIGNS: for_readers(
        "Only the address itself belongs here, without signs before or after it. We have left these out: please look "
        "whether the address is right, and press the button once more."
    ),
    Fault.WIDE_AT: for_readers(
        "An address has the plain @ in it, and this was a wide one. We have put that right: please look whether the "
        "address is right, and press the button once more."
    ),
    Fault.SEVERAL: for_readers("Please write one address only."),
}


def explain(problem: PostriderError, typed: str) -> tuple[str, str]:
    """Return what to say of a refused address in the page's language, and the text for its field."""
    if isinstance(problem, BadAddress):
        return gettext(_SAID[problem.fault], prefix="mailto:"), problem.offered or typed
    otherwise = gettext("This is not an address that we can write to. Please look at it once more.")
    return translate_sentence(problem.message, otherwise), typed
