"""A scripted pair of partners in a process of its own, for tests that kill it: RUN LOG INPUTS IN_FLIGHT KIND.

LOG gets a line for each reply: at an endpoint (KIND flowing) after it has been kept, so that a line that stands there
twice was asked for twice.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from PIL import Image

from burnish.dialogue.stopping import StopRules
from burnish.dialogue.talk import Conversations, Pair
from burnish.errors import BurnishError
from burnish.generation import Ask
from burnish.ids import stable_seed
from burnish.models import CallSource, Decoding, Message, Model, OnReply, Reply, Request
from burnish.models.base import ignore
from burnish.records import Dropped, Example
from burnish.roles import Case
from burnish.store import Run, new_manifest


@dataclass(eq=False)
class Scripted:
    """A partner, and its model, whose replies are a function of the case; it answers in batches."""

    script: Callable[[Case], Reply]
    calls: list[list[str]] = field(default_factory=list)
    """The ids of the cases of each batch."""
    after: Callable[[Case], None] = lambda case: None
    """Called when a reply has been told."""
    cases: dict[str, Case] = field(default_factory=dict)
    fingerprint = template_fingerprint = "scripted"

    @property
    def fingerprints(self) -> Mapping[str, str]:
        return {"scripted": "0"}

    @property
    def models(self) -> tuple[Model, ...]:
        return (self,)

    def ask(self, name: str, case: Case) -> Ask:
        key = f"{case.example.id}: {name}"
        self.cases[key] = case
        return Ask(name, self, lambda: Request(messages=(Message(role="user", text=key),)), Decoding())

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        cases = [self.case(request) for request in requests]
        self.calls.append([case.example.id for case in cases])
        return [self.tell(number, case, on_reply) for number, case in enumerate(cases)]

    def tell(self, number: int, case: Case, on_reply: OnReply) -> Reply:
        reply = self.script(case)
        on_reply(number, reply)
        self.after(case)
        return reply

    def case(self, request: Request) -> Case:
        return self.cases[request.messages[0].text]


@dataclass(eq=False)
class Flowing(Scripted):
    """The same, asked as an endpoint is: one reply at a time."""

    places: int = 4
    address = "here"

    async def stream(self, calls: CallSource, on_reply: OnReply, gate: object = None) -> None:
        moved, loop, numbers = asyncio.Event(), asyncio.get_running_loop(), count()
        calls.listen(lambda: loop.call_soon_threadsafe(moved.set))
        while not calls.over:
            moved.clear()
            if call := calls.take():
                self.tell(next(numbers), self.case(call.build()), on_reply)
                await asyncio.sleep(0)
            elif not calls.over:
                await moved.wait()


@dataclass
class Inputs:
    """Numbered questions, each with a picture of its own."""

    n: int
    without: Callable[[int], bool] = lambda number: False
    """Which of them have no ground truth."""
    opened: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return self.n

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        for number in range(start, self.n):
            self.opened.append(number)
            if number % 10 == 7:
                yield Dropped(id=str(number), source="s", reason="broken image")
            else:
                answer = None if self.without(number) else f"a{number}"
                yield Example(
                    id=str(number), image=picture(number), question=f"q{number}", answer=answer, source=f"s{number % 3}"
                )


def picture(number: int) -> bytes:
    """A PNG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (number % 256, number // 256, 0)).save(buffer, format="PNG")
    return buffer.getvalue()


def respond(case: Case) -> Reply:
    """Says what it was asked, which feedback it saw, and its seed, so that nothing can be mixed up unseen."""
    seen = "; ".join(turn.feedback.text for turn in case.turns)
    return Reply(text=f"Thought: {case.seed % 1000}\nAnswer: {case.example.question} ({seen})", token_ids=(1, 2))


def judge(case: Case) -> Reply:
    """A score that depends on example and turn alone: from 1 to 10, or none at all."""
    score = stable_seed(case.example.id, len(case.turns)) % 11
    return Reply(text=f"Score: {score}.\nFeedback: to {len(case.response)} characters" if score else "What?")


@dataclass(frozen=True)
class Config:
    """A verb's configuration."""

    model: str = "scripted"


def begin(path: Path) -> Run:
    """Begin the run, or go on with it."""
    return Run.begin(path, new_manifest("simulate", Config(), seed=0, fingerprints={}))


def main() -> int:
    """Fill the run, slowly enough to be killed in the midst."""
    path, log, inputs, in_flight = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    kind = Flowing if sys.argv[5] == "flowing" else Scripted
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(who: str) -> Callable[[Case], None]:
        def write(case: Case) -> None:
            os.write(descriptor, f"{who} {case.example.id} {len(case.turns) + 1}\n".encode())
            time.sleep(0.0002)

        return write

    pair = Pair(kind(respond, after=note("student")), kind(judge, after=note("teacher")))
    try:
        with begin(path) as run:
            print("begun", flush=True)
            if run.summary is None:
                Conversations(pair=pair, rules=StopRules(), in_flight=in_flight).fill(run, Inputs(inputs), label="test")
                run.finish({"made": len(run)})
    except BurnishError as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
