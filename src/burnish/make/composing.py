"""The life of an example about which a dialogue is composed: replies are asked for until one is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, final

from burnish.dialogue.generation_log import Attempt, Attempts, usage_of
from burnish.dialogue.outcomes import Outcome, Replies
from burnish.fire.usage import Price, Usage
from burnish.generation import Life, LifePart, fill
from burnish.generation.driver import Counts
from burnish.generation.replicas import ReplicaTask
from burnish.ids import stable_seed
from burnish.make.verdicts import AcceptanceRules, ReplyVerdict, drop, judge
from burnish.models import Model, Reply
from burnish.records import Dialogue, Dropped, Example, Json
from burnish.replies import NO_TRUTH
from burnish.roles import Case, Partner
from burnish.sources import Inputs
from burnish.store import Run
from burnish.store.codec import from_json, to_json

BATCH = 256
"""Examples about which a local model composes together."""


class Composers(NamedTuple):
    """Who writes."""

    first: Partner
    again: Partner
    """Asked where a reply is turned down: one that is greedy would say the same again."""

    @property
    def models(self) -> tuple[Model, ...]:
        """Those that are asked."""
        return (*self.first.models, *self.again.models)


@dataclass(slots=True)
class ComposeTally:
    """What has been dropped and spent so far."""

    price: Price | None
    usage: Usage = field(default_factory=Usage)
    dropped: int = 0
    """By earlier processes."""

    def note(self, counts: Counts) -> str:
        """ "3 dropped, 12,345 tokens in, 678 out, 0.04 USD"."""
        parts = [f"{self.dropped + counts.dropped:,} dropped"]
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
    rules: AcceptanceRules
    seed: int
    """Decides what composers that draw their words at random write."""
    window: int
    """Examples that are open at a time."""
    price: Price | None = None

    def fill(self, run: Run, inputs: Inputs, attempts: Attempts, replicas: ReplicaTask) -> None:
        """Append one Dialogue or Dropped for every input that the run does not hold yet, in the inputs' order.

        Raises ModelError, ServerError or SourceError; the replies that are there by then are kept, and the next call
        goes on from them.
        """
        dropped = sum(1 for _ in run.records(Dropped))
        tally = ComposeTally(self.price, sum((attempt.usage for attempt in attempts), Usage()), dropped)
        beside = _AttemptLog(attempts)

        def begin(position: int, example: Example) -> Life:
            return self._live(
                run, example, _ComposeRequest(position, example, tally, beside.made.setdefault(position, []))
            )

        fill(
            run,
            inputs,
            begin,
            self.composers.models,
            label="compose",
            window=self.window,
            batch=BATCH,
            beside=beside,
            note=tally.note,
            replicas=replicas,
        )

    def _live(self, run: Run, example: Example, asked: _ComposeRequest) -> Life:
        if example.answer is None:
            return [Replies(example).dropped(NO_TRUTH, example.question)]
        outcome = yield from self._compose(example, asked)
        if isinstance(outcome, Dialogue):
            run.add_image(example.image)
        return [outcome]

    def _compose(self, example: Example, asked: _ComposeRequest) -> LifePart[Outcome]:
        replies = Replies(example)
        while True:
            name = f"attempt {len(asked.attempts) + 1}"
            composer = self.composers.again if asked.attempts else self.composers.first
            [reply] = yield [composer.ask(name, self._case(example, name))]
            replies.ends.append(reply.end)
            verdict = judge(example, reply, self.rules)
            asked.note(reply, verdict)
            if verdict.fault is None:
                return replies.dialogue(verdict.turns)
            if not verdict.again or len(asked.attempts) == self.rules.attempts:
                return replace(drop(example, reply, verdict.fault), replies=tuple(replies.ends))

    def _case(self, example: Example, name: str) -> Case:
        """Another attempt draws other words."""
        return Case(example, (), seed=stable_seed(self.seed, example.source, example.id, name))


@final
@dataclass(frozen=True)
class _AttemptLog:
    """The attempts that led to each record."""

    attempts: Attempts
    made: dict[int, list[Attempt]] = field(default_factory=dict)
    """In this process, by their records."""

    def take(self, position: int) -> list[Json]:
        """Those that were made, or else were set aside with the record."""
        before = self.attempts.before(position)
        return [to_json(attempt) for attempt in self.made.pop(position, before)]

    def append(self, _: int, left: Sequence[Json]) -> None:
        """Write them."""
        self.attempts.append([from_json(Attempt, one) for one in left])


class _ComposeRequest(NamedTuple):
    """What was asked about an example."""

    position: int
    """Of the record in the run."""
    example: Example
    tally: ComposeTally
    attempts: list[Attempt]

    def note(self, reply: Reply, verdict: ReplyVerdict) -> None:
        """Count a reply among the attempts."""
        fault = verdict.fault
        self.tally.usage += usage_of(reply)
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
