"""Running PostgreSQL when we are root: it refuses that account, so it runs as ``nobody``.

Owns which account, which folder that account can reach, and copying binaries out of folders that it cannot read. Never
changes the mode or owner of a folder that it did not make: a checkout below /root stays closed.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from service.errors import Conflict

SHARED = Path("/var/tmp")  # noqa: S108 - kept over a reboot; what we make there is checked to be ours


@dataclass(frozen=True)
class Account:
    """A system account to run a program as."""

    uid: int
    gid: int


def find_server_account() -> Account | None:
    """Return ``nobody`` if we are root, None if we can run servers as ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def find_server_folder(wanted: Path, account: Account | None) -> Path:
    """Make a folder that ``account`` owns and return it: ``wanted``, or one that stands for it below /var/tmp.

    Args:
        wanted: where the data should be.
        account: who will write there; None for ourselves.

    Raises:
        Conflict: the folder is there, and is somebody else's.
    """
    wanted = wanted.absolute()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    folder = wanted if account is None or _opens_to_all(wanted.parent) else _find_elsewhere(wanted)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    elif folder.stat().st_uid != os.geteuid():
        raise Conflict(f"{folder} was made by another account (by root?); remove it, or start as that account.")
    return folder


def find_readable_copy(installation: Path, account: Account | None) -> Path:
    """Return the installation, or a copy of it that ``account`` can read.

    Args:
        installation: a folder with ``bin`` below a Python package. Its libraries lie beside the package, in
            ``<package>.libs``, and are copied along, because the binaries look for them by a relative path.
        account: who will run the binaries; None for ourselves.
    """
    if account is None or (_opens_to_all(installation / "bin") and _may_all_read(installation / "bin" / "postgres")):
        return installation
    package = installation.parent
    release = (installation / "bin" / "postgres").stat()
    mark = hashlib.sha256(f"{package} {release.st_size} {release.st_mtime_ns}".encode()).hexdigest()[:16]
    shelf = make_shelf(SHARED / f"postrider-{mark}")
    copy = shelf / package.name / installation.name
    for source in (*package.parent.glob(f"{package.name}.libs"), installation):
        target = shelf / source.relative_to(package.parent)
        if not target.exists():
            _copy_readable(source, target)
    return copy


def _opens_to_all(folder: Path) -> bool:
    """Whether any account can walk down to ``folder``."""
    path = folder.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def _may_all_read(file: Path) -> bool:
    return file.stat().st_mode & 0o005 == 0o005


def _find_elsewhere(wanted: Path) -> Path:
    """Return the folder below /var/tmp that stands for ``wanted``, where a note says which one that is.

    The note goes with the checkout: a new checkout at the same place starts with data of its own.
    """
    note = wanted.with_name(f"{wanted.name}.elsewhere")
    if not note.is_file():
        note.write_text(str(SHARED / f"postrider-{secrets.token_hex(8)}"))
    return make_shelf(Path(note.read_text())) / wanted.name


def make_shelf(folder: Path) -> Path:
    """Make a folder of ours in a place that all may write to: anyone may walk through it, only we may write.

    Raises:
        Conflict: somebody else was there first.
    """
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Conflict(f"{folder} belongs to somebody else; remove it and start again.")
    folder.chmod(0o755)
    return folder


def _copy_readable(source: Path, target: Path) -> None:
    """Copy a tree so that everybody may read it; seen whole or not at all."""
    target.parent.mkdir(exist_ok=True)
    target.parent.chmod(0o755)
    unfinished = Path(tempfile.mkdtemp(dir=target.parent)) / target.name
    shutil.copytree(source, unfinished, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
    unfinished.rename(target)
    unfinished.parent.rmdir()
