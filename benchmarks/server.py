"""How near does a verb come to the most that an endpoint allows, which is its concurrency over its delay?

    python benchmarks/server.py --delay 1.0 --json server.json
    python benchmarks/server.py --verb pairs --delay 0.3 --calls 100000

A server in this process answers every call after the same delay; the verb runs as a process of its own, over real HTTP,
on small pictures, into a real run. Calls a second are counted from the first call to the last answer: without the start
of Python and the report, with the filling and emptying of the window. The verb's resident memory is read every 10,000
calls. HTTP is read by hand here, because any framework would take more of the machine than the client that is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from loopback import Answer, listen, send

PICTURES = 50
SIDE = 64
"""Of a picture, in pixels."""
MEMORY_EVERY = 10_000
"""Calls between two looks at the verb's memory."""

FEEDBACK = "Score: 3. Feedback: look at part {number} again."
"""As an answer it differs from every other, so every pair is kept; as feedback it asks for another turn."""
COMPOSED = "\n".join(
    f"# Round {turn}\n## Student's response\nThought: I look.\nAnswer: {turn}, of {{number}}\n"
    f"## Teacher's feedback\nScore: {3 * turn}\nFeedback: Go on."
    for turn in (1, 2, 3)
)


@dataclass(frozen=True)
class Verb:
    """What is run, and what the server says to it."""

    flags: tuple[str, ...]
    """`{model}` stands for the server's model."""
    calls: int
    """Per question."""
    says: str


VERBS: Mapping[str, Verb] = {
    "pairs": Verb(("pairs", "--model", "{model}", "--distort", "flip"), 2, FEEDBACK),
    "answers": Verb(("bench", "answers", "--model", "{model}"), 1, FEEDBACK),
    "simulate": Verb(("simulate", "--student", "{model}", "--teacher", "{model}"), 6, FEEDBACK),
    "compose": Verb(("compose", "--model", "{model}"), 1, COMPOSED),
}


@dataclass
class Seen:
    """What the server has seen of one verb."""

    calls: int = 0
    open: int = 0
    most_open: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    process: int = 0
    """The verb's."""
    resident_mib: dict[int, float] = field(default_factory=dict)
    """The verb's memory by the number of calls."""

    def came(self) -> int:
        """Count a call and return its number."""
        self.first_s = self.first_s or time.perf_counter()
        self.calls += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        if self.calls % MEMORY_EVERY == 0:
            status = Path(f"/proc/{self.process}/status").read_text(encoding="ascii")
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            self.resident_mib[self.calls] = int(found[1]) / 1024 if found else 0.0
        return self.calls

    def went(self) -> None:
        """Count an answer."""
        self.open -= 1
        self.last_s = time.perf_counter()


Say: TypeAlias = Callable[[int, bytes], tuple[float, str]]
"""From a call's number and its JSON to the seconds until it is answered, and the answer."""


def answering(seen: Seen, say: Say) -> Answer:
    """Answers each call after its delay."""

    def answer(body: bytes, transport: asyncio.Transport) -> None:
        delay_s, text = say(seen.came(), body)
        asyncio.get_running_loop().call_later(delay_s, reply, text, transport)

    def reply(text: str, transport: asyncio.Transport) -> None:
        seen.went()
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 600, "completion_tokens": 10}
        send(transport, json.dumps({"choices": [choice], "usage": usage}))

    return answer


@dataclass(frozen=True)
class Result:
    """One verb against the server."""

    verb: str
    delay_s: float
    concurrency: int
    calls: int
    calls_a_second: float
    of_the_most: float
    """Calls a second over concurrency / delay."""
    most_open: int
    client_cpu_ms: float
    """The verb's CPU time a call, start and report included."""
    server_cpu_ms: float
    resident_mib: dict[int, float]


def write_questions(folder: Path, number: int) -> str:
    """A folder source of so many questions about a few pictures."""
    from PIL import Image

    for picture in range(PICTURES):
        image = Image.radial_gradient("L").resize((SIDE, SIDE)).rotate(7 * picture)
        Image.merge("RGB", (image, image.rotate(90), image.rotate(180))).save(folder / f"{picture}.png")
    with (folder / "questions.jsonl").open("w") as file:
        for question in range(number):
            row = {"image": f"{question % PICTURES}.png", "question": f"What is in part {question}?", "answer": "a"}
            file.write(json.dumps(row) + "\n")
    return f"folder:{folder / 'questions.jsonl'}"


def children_cpu_s() -> float:
    """CPU time of all processes that this one has started, and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


async def measure(name: str, delay_s: float, concurrency: int, calls: int, folder: Path) -> Result:
    """One verb, about as many calls as are asked for."""
    verb, seen = VERBS[name], Seen()

    def say(number: int, _: bytes) -> tuple[float, str]:
        return delay_s, verb.says.format(number=number)

    source = write_questions(folder, calls // verb.calls)
    server, port = await listen(answering(seen, say))
    async with server:
        model = f"http://127.0.0.1:{port}/v1#fixed-delay"
        flags = [flag.format(model=model) for flag in verb.flags]
        sampling = ["--per-image", str(calls)] if name == "pairs" else []
        command = [*flags, source, "--concurrency", str(concurrency), "--out", str(folder / "run"), *sampling]
        server_cpu_s, client_cpu_s = time.process_time(), children_cpu_s()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "burnish", *command, stdout=asyncio.subprocess.DEVNULL
        )
        seen.process = process.pid
        if await process.wait():
            raise SystemExit(f"burnish {' '.join(command)} failed.")
    rate = seen.calls / (seen.last_s - seen.first_s)
    return Result(
        verb=name,
        delay_s=delay_s,
        concurrency=concurrency,
        calls=seen.calls,
        calls_a_second=rate,
        of_the_most=rate * delay_s / concurrency,
        most_open=seen.most_open,
        client_cpu_ms=1e3 * (children_cpu_s() - client_cpu_s) / seen.calls,
        server_cpu_ms=1e3 * (time.process_time() - server_cpu_s) / seen.calls,
        resident_mib=seen.resident_mib,
    )


def told(result: Result) -> str:
    """In a line, and one for the memory."""
    memory = ", ".join(f"{calls:,}: {mib:.0f}" for calls, mib in result.resident_mib.items())
    return (
        f"{result.verb:9} delay {result.delay_s:g} s, {result.calls:,} calls: {result.calls_a_second:.0f} a second, "
        f"{100 * result.of_the_most:.1f} % of the most; {result.most_open} open at once; CPU a call "
        f"{result.client_cpu_ms:.2f} ms, the server's {result.server_cpu_ms:.2f} ms"
        + (f"\n          resident MiB by calls: {memory}" if memory else "")
    )


def main() -> None:
    """Measure one verb, or all, in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verb", choices=sorted(VERBS), help="which verb (default: all)")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds from a call to its answer (default: 1)")
    parser.add_argument("--concurrency", type=int, default=256, help="calls that are open at once (default: 256)")
    parser.add_argument("--calls", type=int, default=256 * 48, help="calls in all, about (default: 12,288)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    given = parser.parse_args()
    results = []
    for name in [given.verb] if given.verb else VERBS:
        folder = Path(tempfile.mkdtemp(prefix="burnish-server-"))
        try:
            results.append(asyncio.run(measure(name, given.delay, given.concurrency, given.calls, folder)))
        finally:
            shutil.rmtree(folder)
        print(told(results[-1]), flush=True)
    if given.json:
        given.json.write_text(json.dumps([dataclasses.asdict(result) for result in results], indent=2) + "\n")


if __name__ == "__main__":
    main()
