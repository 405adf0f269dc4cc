"""Folders of processes that may be killed: what one leaves behind, the next one on that machine deletes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from burnish.errors import RunLocked
from burnish.store.disk import lock

PREFIX = "burnish-scratch-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for this process alone, deleted at the end."""
    _delete_left()
    new = Path(tempfile.mkdtemp(prefix="burnish-new-"))
    descriptor = lock(new / "lock")
    folder = new.rename(new.with_name(new.name.replace("burnish-new-", PREFIX)))  # never seen without its lock
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _delete_left() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            descriptor = lock(left / "lock")
        except (OSError, RunLocked):  # of another user, or in use
            continue
        shutil.rmtree(left, ignore_errors=True)
        os.close(descriptor)
