"""Dummies under the real supervisor, for the tests: ``python -m tests.development.dummy_service SCENARIO``.

Prints ``pid <name> <pid>`` for every process and ``all up`` once it watches; ends as ``postrider run`` ends.
"""

import os
import sys
from dataclasses import replace
from datetime import timedelta

from service.development.children import Program
from service.development.console import Console
from service.development.supervisor import StopAsked, Supervisor
from service.errors import Unavailable

SLEEP = "import time\nwhile True: time.sleep(0.1)\n"
# Says who it is, then says when it is asked to stop, so that the order of stopping can be read.
POLITE = (
    "import signal, sys, os\n"
    "signal.signal(signal.SIGTERM, lambda *_: (print('goes', flush=True), sys.exit(0)))\n"
    "print('is up', flush=True)\n" + SLEEP
)
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('is up', flush=True)\n" + SLEEP
WITH_GRANDCHILD = (
    "import subprocess, sys\n"
    "print('grandchild', subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True)\n"
    + POLITE
)
FAILING = "print('no luck'); raise SystemExit(3)"

SCENARIOS = {
    "polite": (POLITE, POLITE, POLITE),
    "grandchild": (WITH_GRANDCHILD,),
    "deaf": (POLITE, DEAF),
    "stubborn": (DEAF,),
    "failing": (POLITE, FAILING),
}


def main() -> int:
    """Run the scenario; return what ``postrider run`` would."""
    console = Console(sys.stdout)
    try:
        with Supervisor(console) as supervisor:
            for number, code in enumerate(SCENARIOS[sys.argv[1]], start=1):
                supervisor.start(_dummy(f"dummy-{number}", code))
                console.show(f"pid dummy-{number} {supervisor.pids[-1]}")
            console.show("all up")
            supervisor.watch()
    except StopAsked:
        return 0
    except Unavailable as problem:
        console.show(f"error: {problem}")
        return 1
    raise AssertionError("watching ends by an exception only")


def _dummy(name: str, code: str) -> Program:
    program = Program(
        name, (sys.executable, "-c", code), os.environ, ready_line="is up", stop_within=timedelta(minutes=10)
    )
    return replace(program, stop_within=timedelta(seconds=1)) if (sys.argv[1], code) == ("deaf", DEAF) else program


if __name__ == "__main__":
    sys.exit(main())
