"""Opens files that may come from elsewhere: no pipe is waited for, nothing is larger than expected, and where it lies
in somebody's folder it is not a link to another place.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 100_000_000
"""Of a small file, such as a configuration, a manifest or a picture."""


def cache_folder() -> Path:
    """Where what can be made again is kept: `$XDG_CACHE_HOME/burnish`, else below `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "burnish"


def read_plain(path: Path, *, follow: bool = True, most_bytes: int = MOST_BYTES) -> bytes:
    """The content of a file.

    Raises OSError for what is not a plain file (a pipe, a device; without `follow` also a link), and for a file of more
    than `most_bytes`.
    """
    with open(open_plain(path, os.O_RDONLY, follow=follow), "rb") as file:
        if os.fstat(file.fileno()).st_size > most_bytes:
            raise OSError(errno.EFBIG, f"it has more than {most_bytes:,} bytes", str(path))
        return file.read()


def open_plain(path: Path, flags: int, *, follow: bool = False) -> int:
    """A descriptor of the plain file, made where `flags` say so, that never waits for whoever is at a pipe's other end.

    Raises OSError, for a link too unless `follow` is set.
    """
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW), 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise OSError(errno.ELOOP, "it is a link to another place", str(path)) from error
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, _NOT_PLAIN, str(path)) from error
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, _NOT_PLAIN, str(path))


_NOT_PLAIN = "it is a folder, a pipe or a device, and not a plain file"


def strange_entry(folder: Path, *, unread: str) -> Path | None:
    """The first entry anywhere below the folder that is a link, a pipe or a device, if there is one.

    Of the folder in it that is called `unread` only its folders are looked at: its files are looked at when they are
    opened. The folder itself may be a link. Raises OSError.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            place = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                found = _linked_folder(place) if entry.name == unread else strange_entry(place, unread="")
                if found:
                    return found
            elif not entry.is_file(follow_symlinks=False):
                return place
    return None


def _linked_folder(folder: Path) -> Path | None:
    with os.scandir(folder) as entries:
        return next((folder / entry.name for entry in entries if entry.is_symlink() and entry.is_dir()), None)
