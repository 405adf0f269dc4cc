"""`transformers serve`, a real OpenAI-compatible server, as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from patience import HANG_S

SERVE = "import sys; sys.modules['torchvision'] = None; from transformers.cli.transformers import main; main()"
"""The command `transformers`, which would decode pictures with operators of torchvision that may not fit the torch."""


@contextmanager
def transformers_serve(model: Path, log: Path) -> Iterator[str]:
    """The address of a server that holds the checkpoint at `model`; what it says is written to `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, "serve", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(timeout=HANG_S)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    began = time.monotonic()
    while time.monotonic() - began < HANG_S:
        if process.poll() is not None:
            pytest.fail(f"transformers serve ended: {log.read_text()[-2000:]}")
        try:
            if httpx.get(url, timeout=10).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve did not come up: {log.read_text()[-2000:]}")
