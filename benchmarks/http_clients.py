"""CPU time of one call with many open: what an HTTP client costs beside the model that answers.

    python benchmarks/http_clients.py [--calls 6000] [--open 256] [--json FILE]

A server in a process of its own answers every call after the same delay, over real HTTP. Each client asks it in one
of its own too, in turns, `--rounds` times: aiohttp as Burnish uses it (`Endpoint.client`), httpx2 and httpx as Burnish
used httpx until aiohttp came (a client of one connection for each open call), each with a body of `--kb` kilobytes.
Counted is the CPU time of the client's process from its first call to its last. The table has the median.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from burnish.models.endpoint import Endpoint
from loopback import listen
from server import Seen, answering

Call: TypeAlias = Callable[[bytes], Awaitable[object]]
CLIENTS = ("aiohttp", "httpx2", "httpx")
BEFORE = "httpx"


async def serve(delay_s: float) -> None:
    """Answer until killed; the first line printed is the port."""
    server, port = await listen(answering(Seen(), lambda *_: (delay_s, "fine")))
    async with server:
        print(port, flush=True)
        await server.serve_forever()


async def by_aiohttp(address: str, places: int, fill: Callable[[Call], Awaitable[None]]) -> None:
    """One client for all calls, through `Endpoint.call`."""
    endpoint = Endpoint.parse(address, api_key_env="NO_KEY", timeout_s=60, retries=0)
    async with endpoint.client() as client:

        async def call(body: bytes) -> object:
            return await endpoint.call(client, "POST", "/chat/completions", body, lambda answer: answer)

        await asyncio.gather(*(fill(call) for _ in range(places)))


async def by_httpx(name: str, address: str, places: int, fill: Callable[[Call], Awaitable[None]]) -> None:
    """A client for each place, as in `Endpoint.client` of earlier commits."""
    httpx = import_module(name)
    certificates = httpx.create_ssl_context()

    async def place() -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        async with httpx.AsyncClient(limits=limits, timeout=None, verify=certificates) as client:

            async def call(body: bytes) -> object:
                async with asyncio.timeout(60):
                    response = await client.request(
                        "POST",
                        f"{address}/chat/completions",
                        content=body,
                        headers={"Content-Type": "application/json"},
                    )
                return json.loads(response.content)

            await fill(call)

    await asyncio.gather(*(place() for _ in range(places)))


async def cpu_us(client: str, address: str, calls: int, places: int, body: bytes) -> float:
    """CPU time of a call, in microseconds."""
    numbers, spent = iter(range(calls)), 0.0

    async def fill(call: Call) -> None:
        nonlocal spent
        await call(body)  # opens the connection
        spent = spent or time.process_time()
        for _ in numbers:
            await call(body)

    if client == "aiohttp":
        await by_aiohttp(address, places, fill)
    else:
        await by_httpx(client, address, places, fill)
    return 1e6 * (time.process_time() - spent) / calls


def measured(client: str, address: str, given: argparse.Namespace) -> float:
    """In a process of its own."""
    numbers = ["--calls", str(given.calls), "--open", str(given.open), "--kb", str(given.kb)]
    words = [sys.executable, __file__, "--client", client, "--address", address, *numbers]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure all clients, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=6000)
    parser.add_argument("--open", type=int, default=256)
    parser.add_argument("--kb", type=int, default=20, help="size of a call, as of a small picture")
    parser.add_argument("--delay", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client == "server":
        asyncio.run(serve(given.delay))
    if given.client:
        body = json.dumps({"messages": "a" * 1024 * given.kb}).encode()
        print(asyncio.run(cpu_us(given.client, given.address, given.calls, given.open, body)))
        return
    words = [sys.executable, __file__, "--client", "server", "--delay", str(given.delay)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        found = {client: list[float]() for client in CLIENTS}
        for _ in range(given.rounds):
            for client in CLIENTS:
                found[client].append(measured(client, address, given))
        server.kill()
    medians = {client: statistics.median(times) for client, times in found.items()}
    for client, median in medians.items():
        ratio = median / medians[BEFORE]
        print(f"{client:8} {version(client):8} {median:6.0f} us of CPU a call, {ratio:.2f} times that of {BEFORE}")
    if given.json:
        given.json.write_text(json.dumps({"cpu_us": medians, "ratio": medians["aiohttp"] / medians[BEFORE]}) + "\n")


if __name__ == "__main__":
    main()
