"""What tests of `burnish compose` compose from: a source of questions by name, and models that answer by script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripted_server import Said

import tiny_models
from burnish.make.compose import ComposeConfig
from burnish.models import Decoding, OnReply, Reply, Request
from burnish.models.base import ignore


def dialogue(*scores: float) -> str:
    """A dialogue with these scores in the form of figure A10."""
    return "\n".join(
        f"# Round {i}\n## Student's response\nThought: I look.\nAnswer: {i}\n"
        f"## Teacher's feedback\nScore: {score:g}\nFeedback: Go on."
        for i, score in enumerate(scores, start=1)
    )


GOOD = dialogue(3, 6, 9)
BAD = "I see a cat."


def folder(root: Path, names: Sequence[str], answer: str | None = "three") -> str:
    """A source of one picture, asked about once for each name; the question is the name."""
    root.mkdir(exist_ok=True)
    tiny_models.picture(1).save(root / "one.png")
    lines = [
        {"id": name, "image": "one.png", "question": name} | ({"answer": answer} if answer else {}) for name in names
    ]
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{root / 'questions.jsonl'}"


def config(source: str, out: Path, **others: Any) -> ComposeConfig:
    return ComposeConfig(**{"source": source, "model": "scripted", "out": str(out), "retries": 0, **others})


def asked(request: Request) -> str:
    """The question in a composer's request."""
    return request.messages[-1].text.partition("question: ")[2].partition(" and groundtruth")[0]


def erratic(question: str, seed: int) -> Said:
    """Deterministic, and a third of it badly said, so that much is asked again."""
    text = BAD if seed % 3 == 0 else dialogue(*(5.0, 5.0)) if int(question) % 7 == 0 else GOOD
    return Said(text, delay_s=0.004)


class Drawing:
    """A scripted model that notes what it is asked, and answers by question and number of the attempt."""

    fingerprint = template_fingerprint = "drawing"

    def __init__(self, replies: dict[str, list[str]]) -> None:
        self.replies = replies
        self.calls: list[tuple[str, float, int]] = []

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        made = []
        for number, request in enumerate(requests):
            question = asked(request)
            before = sum(call[0] == question for call in self.calls)
            self.calls.append((question, decoding.temperature, request.seed))
            made.append(Reply(text=self.replies[question][before], prompt_tokens=100, completion_tokens=10))
            on_reply(number, made[-1])
        return made
