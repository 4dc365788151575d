"""Laying out a mail: MJML in, HTML out, through a guarded child process.

A crash, a loop or a flood of memory in the engine costs one child and becomes a sentence; the caller always survives.
Owns the child's life and the repair of what it writes; what may enter is ``mjml_rules.py``'s, what may leave
``checks.py``'s, and the engine is in ``mjml.py``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from service.errors import Unavailable
from service.rendering.mjml_rules import BadLayout, check_mjml

WALL_SECONDS: Final = 5

_PROGRAM: Final = Path(__file__).with_name("mjml.py")
_REFUSED: Final = 3  # mjml.REFUSED; importing it from here would put the engine's door into every process
_ARTICLE: Final = re.compile(r'<div [^>]*aria-roledescription="email"[^>]* (?P<language>lang="[^"]*" dir="[^"]*")')
_ENDING: Final = "</body></html>"


def lay_out(source: str) -> str:
    """Return ``source``, one MJML document, as a complete HTML document.

    Starts one child process and waits at most 5 s for it; issues take tens of milliseconds. Raises BadLayout when the
    document breaks our rules or the engine refuses it or fails on it, Unavailable when no child can be started.
    """
    checked = check_mjml(source)
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file; the document goes in by standard input
            [sys.executable, "-P", str(_PROGRAM)],  # -P: or the program would find itself under the engine's name
            input=checked.encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    except subprocess.TimeoutExpired as error:
        raise BadLayout(f"The mail took longer than {WALL_SECONDS} seconds to lay out; make it simpler.") from error
    except OSError as error:
        raise Unavailable(f"The program that lays out mail could not be started: {error.strerror}.") from error
    if done.returncode == _REFUSED:
        raise BadLayout(f"The mail cannot be laid out: {done.stderr.decode(errors='replace').strip()}.")
    if done.returncode != 0:
        raise BadLayout(f"The mail cannot be laid out: its layout program stopped (status {done.returncode}).")
    return _mark_main(done.stdout.decode())


def _mark_main(page: str) -> str:
    """Wrap what is shown in a main landmark: opened in a browser, a mail is a page like any other."""
    article = _ARTICLE.search(page)
    if article is None or not page.endswith(_ENDING):
        raise BadLayout("The mail cannot be laid out: its layout program wrote a page of a shape that we do not know.")
    before, shown = page[: article.start()], page[article.start() : -len(_ENDING)]
    return f'{before}<div role="main" {article["language"]}>{shown}</div>{_ENDING}'
