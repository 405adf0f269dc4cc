"""An endpoint that knows what each photo shows: FIRE's teacher, and the composer of its dialogues.

It speaks OpenAI's chat protocol, so Burnish asks it as it would ask any strong model (`http://127.0.0.1:PORT/v1#oracle`).
All that it knows of a photo is the ground truth in the prompt, and of the products what the table of photos says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread
from typing import Any, NamedTuple

from photos import Catalogue, Photo

_TRUTH = re.compile(r"Groundtruth: (.+)|groundtruth answer: (.+), now generate a dialogue")
_SAID = re.compile(r"Here is the student response: (.*), now please provide the feedback", re.DOTALL)
RIGHT, SAME_CATEGORY, SAME_GROUP, WRONG = 10, 6, 3, 1
"""Scores; 8 and more end a dialogue."""


class Verdict(NamedTuple):
    """What the oracle says of an answer."""

    score: int
    comment: str


class Oracle:
    """Judges answers to "Which product is this?"."""

    def __init__(self, catalogue: Catalogue) -> None:
        """It knows the products of the catalogue."""
        self._catalogue = catalogue
        self._longest_first = sorted(catalogue.products, key=len, reverse=True)

    def reply(self, text: str) -> str:
        """To a teacher's prompt or a composer's. Raises ValueError for any other."""
        truth = _TRUTH.search(text)
        if truth is None:
            raise ValueError("The oracle knows the prompts fire-teacher and fire-compose alone: this is neither.")
        said = _SAID.search(text)
        if said is None:
            return self._dialogue(truth[2], Random(hashlib.sha256(text.encode()).hexdigest()))
        return _feedback(self.verdict(said[1], truth[1]))

    def named(self, text: str) -> str | None:
        """The product that a text names; of several the one with the longest name."""
        low = text.lower()
        return next((name for name in self._longest_first if name.lower() in low), None)

    def verdict(self, said: str, truth: str) -> Verdict:
        """Score and comment; the comment never holds the truth below the best score."""
        named, right = self.named(said), self._catalogue.products[truth]
        if named == truth:
            return Verdict(RIGHT, "That is right.")
        other = self._catalogue.products.get(named or "")
        wrong = f"It is not {named}." if named else "That is no product of this shop."
        if other is not None and other.category == right.category:
            return Verdict(SAME_CATEGORY, f"{wrong} The kind, {right.category}, is right, but it is another one.")
        score = SAME_GROUP if other is not None and other.group == right.group else WRONG
        return Verdict(score, f"{wrong} {_hint(right)}")

    def _dialogue(self, truth: str, rng: Random) -> str:
        """One or two wrong answers, each better than the one before, then the right one."""
        alike, others = self._catalogue.alike(truth), self._catalogue.others(truth)
        wrong = sorted({rng.choice(alike), rng.choice(others)}, key=lambda name: self.verdict(name, truth).score)
        said = [*wrong[rng.randrange(len(wrong)) :], truth]
        return "\n".join(self._round(number, name, truth) for number, name in enumerate(said, start=1))

    def _round(self, number: int, said: str, truth: str) -> str:
        thought = "I look at the picture." if number == 1 else "I look again."
        return (
            f"# Round {number}\n## Student's response\nThought: {thought}\nAnswer: {said}\n"
            f"## Teacher's feedback\n{_feedback(self.verdict(said, truth))}"
        )


def _hint(right: Photo) -> str:
    """The category, or where that would tell the name, the group and how the name begins."""
    if right.product in right.category or right.category in right.product:
        return f"It is one of the {right.group.lower()}, and its name begins with {right.product[0]}."
    return f"It is a kind of {right.category}."


def _feedback(verdict: Verdict) -> str:
    return f"Score: {verdict.score}\nFeedback: {verdict.comment}"


@contextmanager
def serving(oracle: Oracle, port: int = 0) -> Iterator[str]:
    """The oracle at a port of this machine (0: any free one), as a `--model` of Burnish."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, _completion(oracle.reply(_words(body["messages"][-1])))
            except (ValueError, KeyError) as error:
                status, answer = 400, {"error": {"message": str(error)}}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing: every reply is in the run's own record."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1#oracle"
    finally:
        server.shutdown()
        server.server_close()


def _words(message: dict[str, Any]) -> str:
    """What a message says, without its pictures."""
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 0, "completion_tokens": len(text.split())}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
