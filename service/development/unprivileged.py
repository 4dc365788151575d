"""Running PostgreSQL when we are root: it refuses that account, so it runs as ``nobody``.

Owns which account, which folder that account can reach, and copying binaries out of folders that it cannot read. Never
changes the mode or owner of a folder that it did not make: a checkout below /root stays closed.
"""

import hashlib
import os
import pwd
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
    folder = wanted if account is None or _opens_to_all(wanted.parent) else make_stand_in(str(wanted)) / wanted.name
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
    shelf = make_stand_in(f"{package} {release.st_size} {release.st_mtime_ns}")
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


def make_stand_in(purpose: str) -> Path:
    """Return our own folder below /var/tmp for this purpose; anyone may walk through it, only root may write."""
    folder = SHARED / f"postrider-{hashlib.sha256(purpose.encode()).hexdigest()[:16]}"
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
