"""Makes a database ready to look at: migrations, then the sample organisation, whose staff sign-in it writes down.

Run as a process of its own, so that the supervisor stays small and a failure here is one failed program.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from service.development.environment import refuse_production
from service.development.sample import SignIn, load_sample
from service.errors import PostriderError
from service.schema import migrate
from service.settings import BadSettings, load_settings
from service.wiring import wire


def prepare_database(sign_in_file: Path) -> None:
    """Bring the environment's database up to date and, if it is empty, fill it with the sample. Safe to repeat.

    Args:
        sign_in_file: where the staff sign-in of the sample is kept, readable by our own account only.
    """
    refuse_production(os.environ)
    settings = load_settings()
    migrate(settings.database_url)
    sign_in = load_sample(wire(settings))
    if sign_in:
        _keep(sign_in_file, sign_in)


def _keep(file: Path, sign_in: SignIn) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(asdict(sign_in), handle)


def main() -> None:
    """Prepare the database; the one argument says where the sign-in is kept."""
    try:
        prepare_database(Path(sys.argv[1]))
    except (PostriderError, BadSettings) as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main()
