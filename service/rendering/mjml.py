"""MJML to HTML: the program that ``layout.py`` runs as a child, and the only import of mjml.

It reads one document from standard input and writes the page to standard output, inside limits on time and memory. It
imports nothing of ours, so that it starts fast and nothing of ours dies with it.
"""

import contextlib
import resource
import sys
from typing import Final

REFUSED: Final = 3  # the exit status when the engine says no; its words are on standard error
_CPU_SECONDS: Final = 4
_MEMORY_BYTES: Final = 512 * 1024 * 1024


def main() -> int:
    """Lay out one document; return the exit status."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit but refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    from mjml import mjml2html  # noqa: PLC0415 - the engine is loaded inside the limits, and nowhere else

    try:
        # No fonts, because the default asks fonts.googleapis.com; no include loader, because it reads any path.
        page = mjml2html(sys.stdin.buffer.read().decode(), fonts={}, disable_comments=True)
    except ValueError as error:
        sys.stderr.write(str(error))
        return REFUSED
    sys.stdout.buffer.write(page.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
