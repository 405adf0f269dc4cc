"""Dialogues of a student and a teacher (FIRE-1M, section 3.3): no person and no larger model has a part in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from burnish.config import RunFlags
from burnish.dialogue.roles_config import FOOL, PairFlags, open_pair, seeded
from burnish.dialogue.stopping import StopRules
from burnish.dialogue.talk import Conversations
from burnish.errors import ConfigError
from burnish.fire.counts import count_dialogues
from burnish.generation import begin_run
from burnish.generation.replicas import ReplicaTask
from burnish.progress import tracked
from burnish.records import Dialogue, Dropped, Json
from burnish.replies import GIVE_TRUTHS, refuse_unanswered
from burnish.sources import Questions, stream
from burnish.store import Run

SELF: Final = "self"
"""The teacher that is the student itself."""
SELF_PROMPT: Final = "fire-teacher-self"


@dataclass(frozen=True, kw_only=True)
class SimulateConfig(PairFlags, Questions, RunFlags):
    """Let a student answer a source's questions and refine its answers by a teacher's feedback (FIRE, section 3.3)."""

    min_gain: float | None = None
    """Drop dialogues whose last score is not this far above the first. The paper names no such filter, but every
    dialogue in the published FIRE-1M gained at least 1 (its figure 5c)."""

    def __post_init__(self) -> None:
        PairFlags.__post_init__(self)
        Questions.__post_init__(self)
        if self.max_turns < 2:
            raise ConfigError(f"--max-turns must be at least 2, not {self.max_turns}: one turn refines nothing.")
        if self.teacher == SELF and (self.student == FOOL or self.teacher_adapter):
            raise ConfigError(
                "--teacher self is the --student, a model with its own adapter: give no --teacher-adapter."
            )

    @property
    def spoken(self) -> PairFlags:
        """Who speaks: with `--teacher self` the student's model is both, and as a teacher it is shown no truth."""
        if self.teacher != SELF:
            return self
        prompt = self.teacher_prompt or SELF_PROMPT
        return replace(self, teacher=self.student, teacher_adapter=self.student_adapter, teacher_prompt=prompt)


def simulate(config: SimulateConfig) -> Path:
    """Fill the run `config.out` with one Dialogue or Dropped for every sampled example, and return its folder.

    Raises a BurnishError for a source, model or run that cannot be used. A call that was killed, or whose server died,
    is resumed by a second one, which asks for no reply that has come.
    """
    inputs = stream(config.source, config)
    pair = seeded(open_pair(config.spoken), config, config.seed)
    fingerprints = {**pair.fingerprints, "source": inputs.fingerprint}
    rules = StopRules(threshold=config.threshold, max_turns=config.max_turns)
    talk = Conversations(
        pair=pair,
        rules=rules,
        seed=config.seed,
        in_flight=config.in_flight,
        needs_truth=config.teacher != SELF,
        judge=partial(worth_keeping, min_gain=config.min_gain, empty=config.student == FOOL),
    )
    with begin_run("simulate", config, fingerprints, seed=config.seed) as run:
        if run.summary is None:
            talk.fill(run, inputs, label="dialogues", replicas=ReplicaTask(simulate, config))
            refuse_unanswered(run.path, run, f"{GIVE_TRUTHS}, or let the student criticise itself with --teacher self")
            run.finish(summarise(run))
        return run.path


def summarise(run: Run) -> dict[str, Json]:
    """What a run of dialogues holds, counted in one pass."""
    return count_dialogues(tracked(run, "count dialogues", len(run), unit="records")).to_json()


def worth_keeping(dialogue: Dialogue, *, min_gain: float | None = None, empty: bool = False) -> Dialogue | Dropped:
    """What there is something to learn from: every turn has a score, and the first is not the last.

    Every response has words, too, unless it is a teacher that learns what to say of `empty` ones.
    """
    first, last = dialogue.turns[0], dialogue.turns[-1]
    wordless = [number for number, turn in enumerate(dialogue.turns, start=1) if not turn.response.text]
    if wordless and not empty:
        reason, detail = "empty response", f"turn {wordless[0]}"
    elif dialogue.ended == "no score":
        reason, detail = "no score", last.feedback.text
    elif len(dialogue.turns) == 1:
        reason, detail = "right at once", last.response.text
    elif min_gain is not None and (last.feedback.score or 0) - (first.feedback.score or 0) < min_gain:
        reason, detail = "little gain", f"from {first.feedback.score:g} to {last.feedback.score:g}"
    else:
        return dialogue
    return Dropped(id=dialogue.id, source=dialogue.source, reason=reason, detail=detail, replies=dialogue.replies)
