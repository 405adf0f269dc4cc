"""While a training runs on a CPU under glibc, freed memory stays with the process.

glibc gives the heap's end back to the system and soon takes it again, page by page: a twentieth of a small model's
step. What is kept is used again at once, so the peak is no higher.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""mallopt's numbers for them: bytes at the heap's end that are given back, and of a block that is mapped on its own."""
_LARGEST: Final = 2**31 - 1
_LARGEST_BLOCK: Final = 2**25
"""As far as glibc itself raises it."""
_CHOSEN: Final = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")
"""Beginnings of variables by which a user chooses how memory is managed."""


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Within it; nothing where the C library is another, or where the environment says how memory is managed."""
    library: Any = ctypes.CDLL(None) if os.name == "posix" else None
    if not hasattr(library, "mallopt") or any(name.startswith(_CHOSEN) for name in os.environ):
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    library.mallopt(_TRIM_THRESHOLD, _LARGEST)
    try:
        yield
    finally:
        library.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_BLOCK)
        library.malloc_trim(0)
