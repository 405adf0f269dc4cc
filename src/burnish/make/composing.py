"""The loop of composing: examples in, one Dialogue or Dropped each out, every reply asked and paid for once.

A window of examples is open at a time, and each step asks for the next reply of all of them at once: new examples
together with those whose last reply was turned down, so that an endpoint always has many calls open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, final

from burnish.dialogue.asking import answered
from burnish.dialogue.attempts import Attempt, Attempts, usage_of
from burnish.dialogue.window import Open, Window
from burnish.fire.spending import Price, Usage
from burnish.ids import stable_seed
from burnish.make.verdicts import Rules, Verdict, drop, judge
from burnish.models import Reply
from burnish.progress import Progress
from burnish.records import Dialogue, Dropped
from burnish.roles import Case, Role
from burnish.sources import Inputs
from burnish.store import Part, Run


class Composers(NamedTuple):
    """Who writes."""

    first: Role
    again: Role
    """Asked where a reply is turned down: one that is greedy would say the same again."""


@dataclass(slots=True)
class Tally:
    """What has been dropped and spent so far."""

    price: Price | None
    usage: Usage = field(default_factory=Usage)
    dropped: int = 0

    def note(self) -> str:
        """ "3 dropped, 12,345 tokens in, 678 out, 0.04 USD"."""
        parts = [f"{self.dropped:,} dropped"]
        if self.usage.prompt_tokens or self.usage.completion_tokens:
            parts.append(f"{self.usage.prompt_tokens:,} tokens in, {self.usage.completion_tokens:,} out")
        if self.price:
            parts.append(f"{self.price.of(self.usage):,.2f} {self.price.currency}")
        return ", ".join(parts)


@final
@dataclass(frozen=True, kw_only=True)
class Composition:
    """How a run is filled."""

    composers: Composers
    rules: Rules
    seed: int
    """Decides what composers that draw their words at random write."""
    window: int
    """Examples that are open at a time."""
    price: Price | None = None

    def fill(self, run: Run, inputs: Inputs, attempts: Attempts) -> None:
        """Append one Dialogue or Dropped for every input that the run does not hold yet, in the inputs' order.

        Raises ModelError, ServerError or SourceError; the replies that are there by then are kept, and the next call
        goes on from them.
        """
        dropped = sum(1 for _ in run.records(Dropped))
        tally = Tally(self.price, sum((attempt.usage for attempt in attempts), Usage()), dropped)
        with Progress("compose", len(inputs), done=len(run)) as progress:
            steps = _Steps(self, run, inputs, tally, progress)
            while steps.window.refill():
                steps.ask()
                steps.append_finished(attempts)


@dataclass(slots=True)
class _Asked(Open):
    """An example that is asked about until a reply is taken."""

    attempts: list[Attempt] = field(default_factory=list)

    @property
    def part(self) -> Part:
        """The reply that comes next."""
        return Part(self.position, f"attempt {len(self.attempts) + 1}")

    def case(self, seed: int) -> Case:
        """What is asked next; another attempt draws other words."""
        seed = stable_seed(seed, self.example.source, self.example.id, self.part.name)
        return Case(self.example, (), seed=seed)

    def note(self, reply: Reply, verdict: Verdict) -> None:
        """Count a reply among the attempts."""
        fault = verdict.fault
        self.attempts.append(
            Attempt(
                record=self.position,
                number=len(self.attempts) + 1,
                id=self.example.id,
                source=self.example.source,
                reason=fault.reason if fault else "",
                detail=str(fault) if fault else "",
                text=reply.text if fault else "",
                prompt_tokens=reply.prompt_tokens,
                completion_tokens=reply.completion_tokens,
            )
        )


@final
class _Steps:
    """Asks about the examples in a window."""

    def __init__(self, plan: Composition, run: Run, inputs: Inputs, tally: Tally, progress: Progress) -> None:
        self._plan, self._run, self._tally, self._progress = plan, run, tally, progress
        self.window = Window(inputs, start=len(run), room=plan.window, enter=_Asked)
        self._attempts: dict[int, Sequence[Attempt]] = {}
        """Of records that wait for an earlier one, by their position in the run."""

    def ask(self) -> None:
        """One more reply for each open example."""
        composers, waiting = self._plan.composers, list(self.window)
        if composers.first is composers.again:
            self._ask(composers.first, waiting)
        else:
            turned_down = [one for one in waiting if one.attempts]
            self._ask(composers.first, [one for one in waiting if not one.attempts])
            self._ask(composers.again, turned_down)

    def _ask(self, role: Role, examples: Sequence[_Asked]) -> None:
        by_part = {one.part: one for one in examples}
        cases = {part: one.case(self._plan.seed) for part, one in by_part.items()}

        def tell(part: Part, reply: Reply) -> None:
            self._tally.usage += usage_of(reply)
            self._judge(by_part[part], reply)
            self._progress.advance(0, self._tally.note())

        answered(role, cases, self._run, tell)

    def append_finished(self, attempts: Attempts) -> None:
        """Append the records that wait for no earlier one."""
        for record in self.window.in_order():
            attempts.append(self._attempts.pop(len(self._run), ()))
            self._run.append([record])
            self._tally.dropped += isinstance(record, Dropped)
            self._progress.advance(1, self._tally.note())

    def _judge(self, one: _Asked, reply: Reply) -> None:
        verdict = judge(one.example, reply, self._plan.rules)
        one.replies.append(reply.end)
        one.note(reply, verdict)
        if verdict.fault is None:
            self._run.add_image(one.example.image)
            record: Dialogue | Dropped = one.ended(verdict.turns)
        elif verdict.again and len(one.attempts) < self._plan.rules.attempts:
            return
        else:
            record = replace(drop(one.example, reply, verdict.fault), replies=tuple(one.replies))
        self._attempts[one.position] = one.attempts
        self.window.leave(one, record)
