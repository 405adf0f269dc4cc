"""How much faster is a verb at an endpoint whose replies take unequal times than another commit's build?

    python benchmarks/unequal.py [--against 391f94b] [--verb simulate] [--size 64] [--repeats 5] [--json FILE]

A server in this process answers each call after a lognormal time (median 0.3 s, sigma 0.8) that its words decide, so
that both builds wait for the same replies. They run in turns, as processes of their own, the other one from `git
archive`; the questions come from a folder that is written here. Seconds are counted from the first call to the last
answer, without the start of Python; a ratio is the median of the turns'. The fields that both builds' records have must
be equal.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import random
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from builds import THIS, command, environment, source_of
from loopback import listen
from server import COMPOSED, Seen, answering, write_questions

MEDIAN_S, SIGMA = 0.3, 0.8
PLACES = 64
SIZES = (64, 200)
VERBS: Mapping[str, tuple[str, ...]] = {
    "simulate": ("simulate", "--student", "{model}", "--teacher", "{model}"),
    "free": ("bench", "free", "--student", "{model}", "--teacher", "{model}"),
    "compose": ("compose", "--model", "{model}", "--prompt", "fire-compose"),
}
"""`{model}` stands for the server's model."""


def say(_: int, body: bytes) -> tuple[float, str]:
    """Seconds, and a reply: of a student in its turn, of a teacher whose score rises with it, or a dialogue."""
    sent = json.loads(body)
    messages = [(message["role"], _words(message["content"])) for message in sent["messages"]]
    digest = hashlib.sha256(json.dumps([messages, sent.get("seed")]).encode()).digest()
    return MEDIAN_S * math.exp(SIGMA * random.Random(digest).gauss(0, 1)), _text(messages, digest)


def _words(content: str | Sequence[Mapping[str, str]]) -> str:
    """Of a message, without its pictures, which builds send in different ways."""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def _text(messages: Sequence[tuple[str, str]], digest: bytes) -> str:
    words = " ".join(words for _, words in messages)
    if "# Round" in words:  # a quarter of the composed dialogues is asked for again
        return "I see a cat." if digest[0] < 64 else COMPOSED.format(number=digest.hex()[:6])
    if "Turn " in words and len(messages) <= 2:
        turn = max(number for number in range(1, 6) if f"Turn {number}" in words)
        return f"Score: {1 + turn}.\nFeedback: look again, {digest.hex()[:6]}"
    turn = sum(role == "user" for role, _ in messages)
    return f"Thought: I look.\nAnswer: Turn {turn}, {digest.hex()[:6]}"


async def measure(source: Path, verb: str, size: int, folder: Path) -> tuple[float, list[str]]:
    """Seconds of one build's run, and its records' lines."""
    seen = Seen()
    folder.mkdir()
    questions = write_questions(folder, size)
    server, port = await listen(answering(seen, say))
    async with server:
        model = f"http://127.0.0.1:{port}/v1#unequal"
        flags = [flag.format(model=model) for flag in VERBS[verb]]
        words = command([*flags, questions, "--concurrency", str(PLACES), "--out", str(folder / "run")])
        process = await asyncio.create_subprocess_exec(
            *words, env=environment(source), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        if process.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{errors.decode()}")
    files = sorted((folder / "run").glob("**/records/*.jsonl"))
    return seen.last_s - seen.first_s, [line for file in files for line in file.read_text().splitlines()]


def same(one: object, other: object) -> bool:
    """Whether the fields that both have are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one[name], other[name]) for name in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def compare(other: Path, verb: str, size: int, repeats: int) -> tuple[float, bool]:
    """The median ratio of seconds, and whether all records are equal."""
    ratios, equal = [], True
    for turn in range(repeats):
        with tempfile.TemporaryDirectory(prefix="burnish-unequal-") as folder:
            before, old = asyncio.run(measure(other, verb, size, Path(folder) / "before"))
            now, new = asyncio.run(measure(THIS, verb, size, Path(folder) / "now"))
        ratios.append(before / now)
        equal &= len(old) == len(new) and all(same(json.loads(a), json.loads(b)) for a, b in zip(old, new, strict=True))
        print(f"{verb} {size}, turn {turn + 1}: {before:.1f} s before, {now:.1f} s now", flush=True)
    return statistics.median(ratios), equal


def main() -> None:
    """Measure one verb and size, or all, in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="391f94b", help="the other build's commit (default: %(default)s)")
    parser.add_argument("--verb", choices=sorted(VERBS), action="append", help="which verb (default: all)")
    parser.add_argument("--size", type=int, action="append", help="dialogues (default: 64 and 200)")
    parser.add_argument("--repeats", type=int, default=5, help="turns of both builds (default: 5)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    given = parser.parse_args()
    found: dict[str, dict[str, float] | bool] = {}
    equal = True
    with tempfile.TemporaryDirectory(prefix="burnish-before-") as folder:
        other = source_of(given.against, Path(folder))
        for verb in given.verb or VERBS:
            ratios = {}
            for size in given.size or SIZES:
                ratios[str(size)], alike = compare(other, verb, size, given.repeats)
                equal &= alike
            found[verb] = ratios
            print(verb, {size: round(ratio, 2) for size, ratio in ratios.items()}, flush=True)
    found["equal"] = equal
    print("equal records:", equal)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
