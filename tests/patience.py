"""How long tests wait for something: long enough for a machine that is busy with other work, and no test of speed."""

from __future__ import annotations

import os
from functools import partial

import httpx

HANG_S = float(os.environ.get("HANG_S", "300"))
"""What takes longer hangs. `HANG_S=5 pytest …` tells sooner while a test is being written."""
SILENCE_S = 5.0
"""A client's own limit in tests of servers that never answer; those that do take milliseconds, or some tenths of a
second on a busy machine."""
LONG_CPU_S = 60.0
"""Processor time in which something is done whose cost grows with its input: it takes a fraction of a second, and
minutes or more where its cost grows faster than that."""

get = partial(httpx.get, timeout=HANG_S)
"""httpx's own limit of 5 seconds is none for a busy machine."""
