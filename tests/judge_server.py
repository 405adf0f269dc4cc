"""A judge that is a scripted HTTP server, and the command that asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish.cli import main
from burnish.records import Judgement
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, serving
from patience import HANG_S


@dataclass
class JudgeServer:
    """What it was sent, and where it is."""

    flag: str
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """The users' messages, in the order they came."""
        return [words(body) for body in self.bodies]


def words(body: dict[str, Any]) -> str:
    """What the user's message says."""
    content = body["messages"][-1]["content"]
    text: str = content if isinstance(content, str) else content[-1]["text"]
    return text


@contextmanager
def judging(says: Callable[[str], str | Answer]) -> Iterator[JudgeServer]:
    """A judge that says of each message what the function does: a reply, or what else the server answers."""

    def script(_number: int, body: dict[str, Any]) -> Answer:
        judge.bodies.append(body)
        said = says(words(body))
        return Answer(completion(said)) if isinstance(said, str) else said

    judge = JudgeServer("")
    with serving(Faulty(script)) as address:
        judge.flag = f"{address}#judge"
        yield judge


def bench(name: str, judge: str, out: Path, *flags: object) -> int:
    """The exit code of `burnish bench judged NAME`; a judge at an endpoint is asked one thing at a time."""
    slow = ["--concurrency", "1", "--retries", "0", "--timeout", str(HANG_S)]
    return main(["bench", "judged", name, "--judge", judge, "--out", str(out), *slow, *map(str, flags)])


def numbers(run: Path) -> dict[str, Any]:
    """What the bench left in its run."""
    summary = Run.open(run).summary
    assert summary is not None
    return summary


def judgements(run: Path) -> list[Judgement]:
    """The run's records."""
    return list(Run.open(run).records(Judgement))


def answers_file(path: Path, texts: dict[str, str], **more: str) -> Path:
    """Recorded answers by question, as JSON lines."""
    rows = ({"question_id": key, "text": text, "question": f"{key}?", **more} for key, text in texts.items())
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path
