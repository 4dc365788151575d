"""Words that another house filled in for each reader: ``{{name}}``, ``{first_name, "friend"}``, ``*|FNAME|*``.

What stands in an archive is the same for everybody, so the fallback stays and the rest goes. Knows text only.
"""

import re
from typing import Final

# Ghost: docs of its e-mail cards, {first_name, "there"}. Mailchimp: *|FNAME|*. Substack: %%checkout_url%% in exports.
# Mailgun, through which Ghost sends: %recipient.name%, %unsubscribe_url%, %%{uuid}%%.
_MERGE: Final = re.compile(
    r"\{\{[^{}\n]{0,200}\}\}"
    r"|\{%[^{}\n]{0,200}%\}"
    r"|%%[{\w.}-]{1,60}%%"
    r"|\*\|[^|\n]{1,60}\|\*"
    r"|%(?:recipient\.[\w.]{1,60}|(?:tag_|list_)?unsubscribe(?:_url|_email)?)%"
    r"|\{(?:first_?name|last_?name|name|email|uuid|unsubscribe_url)\b[^{}\n]{0,100}\}",
    re.IGNORECASE,
)
_FALLBACK: Final = re.compile(r"""[,|]\s*(?:default\s*:\s*)?["“']?([^"”'{}|%]{1,80}?)["”']?\s*\}""")
_DOUBLED: Final = re.compile(r"\{(?=\{)")


def take_out_merge_words(text: str) -> tuple[str, list[str]]:
    """Return ``text`` with each merge field replaced by its fallback or by nothing, and the fields as they stood.

    Two braces that are no field get a space between them: they mean something to our own pages.
    """
    found = [match[0] for match in _MERGE.finditer(text)]
    kept = _MERGE.sub(_fallback, text) if found else text
    return _DOUBLED.sub("{ ", kept), found


def has_merge_words(text: str) -> bool:
    """Return whether ``text`` holds a merge field."""
    return _MERGE.search(text) is not None


def _fallback(match: re.Match[str]) -> str:
    fallback = _FALLBACK.search(match[0])
    return fallback[1].strip() if fallback else ""
