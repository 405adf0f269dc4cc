"""What glibc is told while a training runs on a CPU."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FAULTS = """
import resource
from burnish.train.heap import freed_memory_kept

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        blocks = [bytearray(2**20) for _ in range(16)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
with freed_memory_kept():
    faults()
    kept = faults()
print(kept)
"""
PAGES = 5 * 16 * 2**20 // 4096
"""Of all blocks."""


def faults(**environment: str) -> int:
    chosen = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_", "LD_"))}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], env=chosen | environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_freed_memory_is_used_again_unless_the_environment_says_otherwise() -> None:
    assert faults() < PAGES / 10
    assert faults(MALLOC_MMAP_THRESHOLD_="65536") > PAGES / 2
