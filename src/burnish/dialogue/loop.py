"""The student-teacher loop: many dialogues advance together, each record in its place, no finished turn lost.

A window of dialogues is open at a time. In each step every open dialogue makes one turn: all students' cases are asked
in one call, then all teachers', so that a local model has full batches and a server as many calls as it may have. What
has ended leaves the window, and the next inputs take its place. Each reply stands in the run's journal before the next
is waited for, so a killed run that is begun again is the same loop over replies that it knows already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias, final

from burnish.dialogue.asking import answered
from burnish.dialogue.stopping import Rules
from burnish.dialogue.window import Open, Outcome, Window
from burnish.fire.texts import read_feedback, read_response
from burnish.ids import stable_seed
from burnish.models import Reply
from burnish.progress import Progress
from burnish.records import Dialogue, Turn
from burnish.roles import Case, Role
from burnish.sources import Inputs
from burnish.store import Part, Run

Judge: TypeAlias = Callable[[Dialogue], Outcome]
"""Keeps a dialogue that has ended, or drops it with a reason."""

SILENCE = Reply(text="")
IN_FLIGHT = 2048
"""Dialogues that are open at a time: many full batches in every step, and at an endpoint 8 rounds of 256 calls."""


class Pair(NamedTuple):
    """Who speaks with whom."""

    student: Role
    teacher: Role

    @property
    def fingerprints(self) -> dict[str, str]:
        """Hex digests, by name, of all that decides what is said."""
        return {**self.student.fingerprints, **self.teacher.fingerprints}


@dataclass(frozen=True, kw_only=True)
class Conversations:
    """How dialogues are held."""

    pair: Pair
    rules: Rules
    seed: int = 0
    """Decides what is drawn where a role draws its words at random."""
    in_flight: int = IN_FLIGHT
    """Dialogues that are open at a time, at least 1."""
    judge: Judge = lambda dialogue: dialogue
    """Keeps every dialogue unless another is given."""

    def fill(self, run: Run, inputs: Inputs, *, label: str) -> None:
        """Append one Dialogue or Dropped for every input that the run does not hold yet, in the inputs' order.

        An input that its source had to drop stays so; one without a ground truth, and one whose request is refused, are
        dropped. An empty response is one like any other: a bench must count it against the student.
        Raises ModelError or ServerError: what is finished is kept, and the next call goes on from there.
        """
        with Progress(label, len(inputs), done=len(run), unit="dialogues") as progress:
            turns = _Turns(self, run, inputs, progress)
            while turns.window.refill():
                turns.ask_students()
                turns.ask_teachers()
                turns.append_finished()


@dataclass(slots=True)
class _Talk(Open):
    """A dialogue under way."""

    turns: tuple[Turn, ...] = ()
    response: Reply = SILENCE
    """What the student said last, until the teacher has answered it."""

    def case(self, seed: int, name: str) -> Case:
        return Case(
            self.example, self.turns, self.response.text, stable_seed(seed, self.example.source, self.example.id, name)
        )


@final
class _Turns:
    """Makes turns of the dialogues in a window."""

    def __init__(self, talk: Conversations, run: Run, inputs: Inputs, progress: Progress) -> None:
        self._talk, self._run, self._progress = talk, run, progress
        self.window = Window(inputs, start=len(run), room=talk.in_flight, enter=_Talk)
        self._replies = 0

    def ask_students(self) -> None:
        """Every open dialogue gets the student's next response."""
        for dialogue, reply in self._ask(self._talk.pair.student, "student"):
            dialogue.response = reply

    def ask_teachers(self) -> None:
        """Every open dialogue gets feedback to the latest response, with which it may end."""
        for dialogue, reply in self._ask(self._talk.pair.teacher, "teacher"):
            turn = _turn(dialogue.response, reply)
            dialogue.turns, dialogue.response = (*dialogue.turns, turn), SILENCE
            ending = self._talk.rules.ending(dialogue.turns)
            if ending is not None:
                self._leave(dialogue, self._talk.judge(dialogue.ended(dialogue.turns, ending)))

    def append_finished(self) -> None:
        """Give the run all records that no earlier dialogue is missing before."""
        before = len(self._run)
        for record in self.window.in_order():
            self._run.append([record])
        self._progress.advance(len(self._run) - before, self._note())

    def _ask(self, role: Role, who: str) -> list[tuple[_Talk, Reply]]:
        """The role's replies to all open dialogues but those whose request is refused, which are dropped."""
        cases = {}
        for dialogue in self.window:
            name = f"{who} {len(dialogue.turns) + 1}"
            cases[Part(dialogue.position, name)] = dialogue.case(self._talk.seed, name)
        answers = []
        for part, reply in answered(role, cases, self._run, self._tell).items():
            dialogue = self.window[part.record]
            dialogue.replies.append(reply.end)
            if reply.finish == "error":
                self._leave(dialogue, dialogue.dropped("refused", f"{part.name}: {reply.error}"))
            else:
                answers.append((dialogue, reply))
        return answers

    def _leave(self, dialogue: _Talk, outcome: Outcome) -> None:
        if isinstance(outcome, Dialogue):
            self._run.add_image(dialogue.example.image)
        self.window.leave(dialogue, outcome)

    def _tell(self, _part: Part, _reply: Reply) -> None:
        self._replies += 1
        self._progress.advance(0, self._note())

    def _note(self) -> str:
        return f"{self._replies:,} replies, {len(self.window):,} open"


def _turn(response: Reply, feedback: Reply) -> Turn:
    """What was said, read; what was thought stands beside it, and is read by nobody."""
    return Turn(
        response=replace(read_response(response.text), thinking=response.thinking, finish=response.came_to_its_end),
        feedback=replace(read_feedback(feedback.text), thinking=feedback.thinking, finish=feedback.came_to_its_end),
    )
