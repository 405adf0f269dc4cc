"""The student-teacher loop, as the life of one dialogue: a response, feedback to it, and so on until it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from burnish.dialogue.outcomes import Outcome, Replies
from burnish.dialogue.stopping import StopRules
from burnish.fire.texts import read_feedback, read_response
from burnish.generation import KnownReply, Life, LifePart, fill
from burnish.generation.replicas import ReplicaTask
from burnish.ids import stable_seed
from burnish.models import Model, Reply
from burnish.records import Dialogue, Example, Turn
from burnish.replies import NO_TRUTH
from burnish.roles import Case, Partner
from burnish.sources import Inputs
from burnish.store import Run

KeepOrDrop: TypeAlias = Callable[[Dialogue], Outcome]
"""Keeps a dialogue that has ended, or drops it with a reason."""
IN_FLIGHT = 2048
"""Dialogues that are open at a time at an endpoint: 8 rounds of 256 calls."""
BATCH = 256
"""Dialogues that local models hold together: whole batches in most steps, and the parts that shards are made of, so
that records depend on no kill, on no number of replicas and on no division."""

TO_NOTHING = Reply(text="Score: 0.\nFeedback: There is no answer: answer the question.")
"""The feedback to an empty response, about which no teacher is asked."""


class Pair(NamedTuple):
    """Who speaks with whom."""

    student: Partner
    teacher: Partner

    @property
    def fingerprints(self) -> dict[str, str]:
        """Hex digests, by name, of all that decides what is said."""
        return {**self.student.fingerprints, **self.teacher.fingerprints}

    @property
    def models(self) -> tuple[Model, ...]:
        """Those that are asked."""
        return (*self.student.models, *self.teacher.models)


@dataclass(frozen=True, kw_only=True)
class Conversations:
    """How dialogues are held."""

    pair: Pair
    rules: StopRules
    seed: int = 0
    """Decides what is drawn where a role draws its words at random."""
    in_flight: int = IN_FLIGHT
    """Dialogues that are open at a time, at least 1; of local models at most BATCH."""
    needs_truth: bool = True
    """Whether an example without a ground truth is dropped, because the teacher must know it."""
    judge: KeepOrDrop = field(default=lambda dialogue: dialogue)
    """Keeps every dialogue unless another is given."""

    def fill(self, run: Run, inputs: Inputs, *, label: str, replicas: ReplicaTask | None = None) -> None:
        """Append one Dialogue or Dropped for every input that the run does not hold yet, in the inputs' order.

        An input that its source had to drop stays so; one without a ground truth, and one whose request is refused, are
        dropped. An empty response scores 0 without a teacher: a bench must count it against the student.
        Raises ModelError or ServerError: what is finished is kept, and the next call goes on from there.
        """

        def begin(_: int, example: Example) -> Life:
            return self._live(run, example)

        batch = min(self.in_flight, BATCH)
        fill(
            run,
            inputs,
            begin,
            self.pair.models,
            label=label,
            unit="dialogues",
            window=self.in_flight,
            batch=batch,
            replicas=replicas,
        )

    def _live(self, run: Run, example: Example) -> Life:
        if self.needs_truth and example.answer is None:
            return [Replies(example).dropped(NO_TRUTH, example.question)]
        outcome = yield from self._talk(example)
        if isinstance(outcome, Dialogue):
            run.add_image(example.image)
        return [outcome]

    def _talk(self, example: Example) -> LifePart[Outcome]:
        replies, turns = Replies(example), tuple[Turn, ...]()
        while True:
            name = f"student {len(turns) + 1}"
            [response] = yield [self.pair.student.ask(name, self._case(example, turns, name))]
            if refused := replies.note(name, response):
                return refused
            name = f"teacher {len(turns) + 1}"
            case = self._case(example, turns, name, response.text)
            [feedback] = yield [self.pair.teacher.ask(name, case) if response.text else KnownReply(name, TO_NOTHING)]
            if response.text and (refused := replies.note(name, feedback)):
                return refused
            turns = (*turns, _turn(response, feedback))
            if (ending := self.rules.ending(turns)) is not None:
                return self.judge(replies.dialogue(turns, ending))

    def _case(self, example: Example, turns: tuple[Turn, ...], name: str, response: str = "") -> Case:
        return Case(example, turns, response, stable_seed(self.seed, example.source, example.id, name))


def _turn(response: Reply, feedback: Reply) -> Turn:
    """What was said, read; what was thought stands beside it, and is read by nobody."""
    return Turn(
        response=replace(read_response(response.text), thinking=response.thinking, finish=response.came_to_its_end),
        feedback=replace(read_feedback(feedback.text), thinking=feedback.thinking, finish=feedback.came_to_its_end),
    )
