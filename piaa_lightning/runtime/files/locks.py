"""Locks on open files, which the system lets go of when their process ends, however it ends."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import lock_descriptor

from piaa_lightning.errors import UserError

if sys.platform != "win32":
    import fcntl

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def _told(file: IO[Any]) -> Iterator[None]:
    """Within this, a file system that has no locks is a sentence: without them two runs would spoil each other's files.

    Raises:
        UserError: the file system refuses locks.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        raise UserError(
            f"{file.name}: the file system does not let files be locked ({error.strerror}); name directories on another"
            " with paths.runs=DIR and paths.cache=DIR, or have locks switched on where it is mounted."
        ) from error


def lock(file: IO[Any]) -> None:
    """Lock an open file for this process alone, until the file is closed; wait for whoever holds it."""
    with _told(file):
        lock_descriptor(file.fileno())


def try_lock(file: IO[Any]) -> bool:
    """Lock an open file as `lock` does; False, at once, where another process holds it.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile() as one, open(one.name, "ab") as other:
        ...     try_lock(one), try_lock(other)
        (True, False)
    """
    with _told(file):
        return lock_descriptor(file.fileno(), blocking=False)


def mark_in_use(descriptor: int) -> None:
    """Share an open file with others that read, until it is closed; meanwhile `unused` refuses it.

    NOTE: on Windows nothing is locked: a directory in which any file is open cannot be renamed there.

    Raises:
        BlockingIOError: somebody holds it as `unused`.
    """
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


@contextmanager
def unused(path: Path) -> Iterator[None]:
    """Hold a file that nobody has marked as in use, so that its directory can be renamed.

    Raises:
        OSError: somebody uses it, or it is gone.
    """
    if sys.platform == "win32":  # an open file, ours too, would keep the directory; renaming it fails where one is
        yield
        return
    with path.open("rb") as file:
        if not try_lock(file):
            raise BlockingIOError(f"{path} is in use")
        yield
