"""FIRE-Bench in fixed dialogues (section 3.4.1): given a recorded history, what do a student and a teacher say next?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from burnish.bench.naming import speaker
from burnish.config import RunFlags, place, runtime
from burnish.dialogue.roles_config import RoleFlags, open_roles
from burnish.errors import ConfigError
from burnish.generation import make_run
from burnish.generation.replicas import ReplicaTask
from burnish.sources.sharding import Shard
from burnish.store import Run

if TYPE_CHECKING:
    from burnish.bench.fixed_run import FixedRun
    from burnish.scores import FixedScores


@dataclass(frozen=True, kw_only=True)
class FixedConfig(RoleFlags, RunFlags):
    """Ask a student for each recorded response but the first, or a teacher for all feedback (FIRE's tables 2 and 3)."""

    dialogues: tyro.conf.Positional[str]
    """The recorded dialogues: FIRE's JSON, or a run of dialogues."""
    student: str | None = None
    """The student: a path or hub name of an image-text-to-text model of transformers, `pocket`, or
    `http://HOST/v1#NAME`. Default: no student is asked."""
    teacher: str | None = None
    """The teacher, given like the student, or `oracle`, which knows the pocket world. Default: no teacher is asked."""
    limit: int | None = None
    """Dialogues to take, from the first on. Default: all."""
    shard: str | None = runtime(None)
    """Ask for part I of N of the texts, as I/N. `burnish merge` joins and scores the parts."""
    max_new_tokens: int = 128
    """Longest response or feedback, in tokens."""
    baseline: str | None = runtime(None)
    """The untrained model's run of this verb on the same dialogues. You can give it later: a finished run is scored
    again, not asked again."""
    out: str = place()
    """Folder of the run; its predictions are also written there for `burnish score fixed`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.student and not self.teacher:
            raise ConfigError("No model is asked: give --student, --teacher or both.")
        if self.shard is not None:
            Shard.parse(self.shard)
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"--limit must be at least 1, not {self.limit}.")
        if self.baseline is not None and Path(self.baseline).resolve() == Path(self.out).resolve():
            raise ConfigError(f"--baseline and --out are both {self.out}: a run cannot be its own baseline.")


def bench_fixed(config: FixedConfig) -> FixedScores:
    """Fill the run `config.out` with one Prediction or Dropped a text, and score it.

    Raises a BurnishError for dialogues, a model, run or baseline that cannot be used; the baseline is read before any
    model is asked. A killed call is resumed by a second one, which asks for no reply that has come.
    """
    from burnish.bench.fixed_run import Taken, ask, read_run, write_predictions
    from burnish.dialogue.loaders import open_dialogues

    baseline = read_run(Run.open(Path(config.baseline))) if config.baseline else None
    dialogues = open_dialogues(config.dialogues)
    roles = open_roles(config)
    fingerprints = {name: digest for role in roles.values() for name, digest in role.fingerprints.items()}
    shard = Shard.parse(config.shard) if config.shard else None
    fingerprints["dialogues"] = shard.mark(dialogues.fingerprint) if shard else dialogues.fingerprint

    def fill(run: Run) -> None:
        ask(run, dialogues, roles, Taken(config.limit, shard), ReplicaTask(bench_fixed, config))
        write_predictions(run)

    return make_run("fixed", config, fingerprints, seed=0, fill=fill, score=lambda run: _score(run, baseline))


def finish(run: Run) -> FixedScores:
    """Write the predictions of a run that holds them all, and score them, without a baseline."""
    from burnish.bench.fixed_run import write_predictions

    write_predictions(run)
    return _score(run, None)


def _score(run: Run, baseline: FixedRun | None) -> FixedScores:
    from burnish.bench.fixed_references import ROLES
    from burnish.bench.fixed_run import read_run, scores_of

    speakers = {role: speaker(run.manifest.config, role) for role in ROLES}
    return scores_of(read_run(run), baseline, {str(role): name for role, name in speakers.items() if name})
