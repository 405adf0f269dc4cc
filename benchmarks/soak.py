"""Is any of 100,000 requests lost, doubled or given to another example, where a fifth fail in 24 ways and the verb is
killed five times?

    python benchmarks/soak.py
    python benchmarks/soak.py --requests 2000 --kills 2

A server in this process answers with the number of the question and a digest of the picture that it was sent. Every
fifth question meets one of 24 failures first: 19 that pass after one or two tries (429 with and without a time, 5xx,
resets, answers that are cut, empty or no JSON, silence), 5 that stay (filters, lengths). `burnish bench answers` runs
as a process of its own, is killed with SIGKILL at equal distances, and started again with the same words. Then each
question must have exactly one record, which has its own answer or, where the failure stays, its refusal. Exit code 1
says what is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from burnish.records import Dropped, Prediction
from burnish.store import Run
from loopback import listen, send
from server import write_questions

FAILING = 5
"""One question in so many fails first."""
TIMEOUT_S = 10.0
"""After which a silent server is asked again."""


@dataclass(frozen=True)
class Failure:
    """One way in which a server fails."""

    name: str
    status: str = ""
    """Of an answer in HTTP; without one, `raw` is all that is sent before the connection ends."""
    body: str = ""
    headers: str = ""
    raw: bytes | None = None
    stays: bool = False
    """Whether the question is refused however often it is asked."""


def error(code: int, message: str) -> str:
    """As OpenAI's errors are."""
    return json.dumps({"error": {"code": code, "message": message}})


FAILURES = (
    Failure("429", "429 Too Many Requests", error(429, "slow down")),
    Failure("429 with no wait", "429 Too Many Requests", error(429, "slow down"), "Retry-After: 0\r\n"),
    Failure("429 with a date", "429 Too Many Requests", "", f"Retry-After: {formatdate(0, usegmt=True)}\r\n"),
    Failure("500", "500 Internal Server Error", error(500, "boom")),
    Failure("502 in HTML", "502 Bad Gateway", "<html><body>bad gateway</body></html>"),
    Failure("503 with a wait", "503 Service Unavailable", "", "Retry-After: 0.2\r\n"),
    Failure("504", "504 Gateway Timeout", "upstream request timeout"),
    Failure("529", "529 Overloaded", error(529, "overloaded")),
    Failure("closed without a word", raw=b""),
    Failure("closed after the status", raw=b"HTTP/1.1 200 OK\r\n"),
    Failure("cut answer", raw=b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices": [{"mess'),
    Failure("no HTTP", raw=b"SSH-2.0-OpenSSH_9.6\r\n"),
    Failure("empty answer", "200 OK"),
    Failure("broken JSON", "200 OK", '{"choices": [{"message"'),
    Failure("a list", "200 OK", "[1, 2]"),
    Failure("no choices", "200 OK", '{"id": "1"}'),
    Failure("empty choices", "200 OK", '{"choices": []}'),
    Failure("a page", "200 OK", "<html><body>Sign in</body></html>"),
    Failure("silence"),
    Failure("filter", "400 Bad Request", error(400, "The response was filtered: content_filter."), stays=True),
    Failure("too long", "400 Bad Request", error(400, "This prompt is longer than the context of 4096."), stays=True),
    Failure("flagged", "403 Forbidden", error(403, "Your input was flagged by moderation."), stays=True),
    Failure("too large", "413 Payload Too Large", "", stays=True),
    Failure("unprocessable", "422 Unprocessable Entity", error(422, "This picture cannot be read."), stays=True),
)


def failure_of(question: int) -> Failure | None:
    """How a question fails; None for four of five."""
    return None if question % FAILING else FAILURES[question // FAILING % len(FAILURES)]


@dataclass
class Served:
    """What the server has seen."""

    asked: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def answer(self, body: bytes, transport: asyncio.Transport) -> None:
        """Fail, or say the question's number and what its picture was."""
        if not body:
            send(transport, '{"data": []}')
            return
        picture, text = json.loads(body)["messages"][-1]["content"]
        question = int(re.findall(r"\d+", text["text"])[0])
        self.asked[question] += 1
        failure = failure_of(question)
        if failure and (failure.stays or self.asked[question] <= 1 + question % 2):
            self.failed[failure.name] += 1
            fail(failure, transport)
            return
        self.answered[question] += 1
        said = f"answer {question} about {digest(picture['image_url']['url'])}"
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        send(transport, json.dumps({"choices": [choice], "usage": {"completion_tokens": 4}}))


def fail(failure: Failure, transport: asyncio.Transport) -> None:
    """Answer as the failure has it; nothing at all where it has no answer."""
    if failure.raw is not None:
        transport.write(failure.raw)
        transport.close()
    elif failure.status:
        send(transport, failure.body, failure.status, failure.headers)


def digest(url: str) -> int:
    """Of a picture as it is sent."""
    return zlib.crc32(url.encode())


async def run_verb(command: list[str], served: Served, kill_at: int | None) -> int:
    """The exit code; the process is killed when the server has answered so many calls."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "burnish", *command, stdout=asyncio.subprocess.DEVNULL
    )
    ended = asyncio.create_task(process.wait())
    while not ended.done():
        await asyncio.wait([ended], timeout=0.05)
        if kill_at is not None and served.answered.total() >= kill_at and not ended.done():
            process.kill()
            kill_at = None
    return ended.result()


def faults(run: Path, requests: int, urls: dict[str, int]) -> list[str]:
    """What is wrong with the records; `urls` are the digests of pictures by their keys in the run."""
    found, seen = [], Counter[int]()
    for record in Run.open(run):
        question = int(record.id.rpartition("-")[2]) - 1  # ids are the numbers of lines
        seen[question] += 1
        failure = failure_of(question)
        if isinstance(record, Dropped):
            if not (failure and failure.stays):
                found.append(f"question {question} was dropped: {record.detail}")
        elif not isinstance(record, Prediction) or (failure and failure.stays):
            found.append(f"question {question} has a record that it cannot have")
        elif record.text != f"answer {question} about {urls[record.image]}":
            found.append(f"question {question} was given {record.text!r}")
    found += [f"question {number} has {count} records" for number, count in seen.items() if count > 1]
    return found + [f"question {number} was lost" for number in range(requests) if number not in seen]


async def soak(requests: int, kills: int, concurrency: int, folder: Path) -> list[str]:
    """Run, kill, run again; what is wrong in the end."""
    source, served, out = write_questions(folder, requests), Served(), folder / "run"
    began = time.perf_counter()
    server, port = await listen(served.answer)
    async with server:
        model = f"http://127.0.0.1:{port}/v1#soak"
        command = ["bench", "answers", "--model", model, source, "--out", str(out)]
        command += ["--concurrency", str(concurrency), "--timeout", str(TIMEOUT_S)]
        for kill in range(1, kills + 1):
            code = await run_verb(command, served, requests * kill // (kills + 1))
            print(f"kill {kill}: exit code {code} after {served.answered.total():,} answers", flush=True)
        code = await run_verb(command, served, None)
    seconds = time.perf_counter() - began
    wrong = [f"the verb ended with {code}"] if code else faults(out, requests, _sent(out))
    again = sum(count - 1 for count in served.answered.values() if count > 1)
    print(
        f"{requests:,} questions, {served.asked.total():,} calls, {served.failed.total():,} failed in "
        f"{len(served.failed)} ways; {again:,} answered twice, for a kill took what was on its way; "
        f"{seconds:.0f} s; {len(wrong):,} faults"
    )
    return wrong


def _sent(run: Path) -> dict[str, int]:
    """The digest of each picture of the run as it is sent, by its key."""
    from burnish.images import decode
    from burnish.models.sending import AS_THEY_ARE

    opened = Run.open(run)
    keys = {record.image for record in opened.records(Prediction)}
    return {key: digest(AS_THEY_ARE.data_url(decode(opened.image(key)))) for key in keys}


def main() -> int:
    """Soak, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000, help="questions (default: 100,000)")
    parser.add_argument("--kills", type=int, default=5, help="times that the verb is killed (default: 5)")
    parser.add_argument("--concurrency", type=int, default=128, help="calls that are open at once (default: 128)")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="burnish-soak-"))
    try:
        wrong = asyncio.run(soak(given.requests, given.kills, given.concurrency, folder))
    finally:
        shutil.rmtree(folder)
    print("\n".join(wrong[:20]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
