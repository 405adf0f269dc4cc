"""FIRE-Bench in free dialogues (section 3.4.1): a student is taught until it is right, and its way there is measured.

    RUN/seed-0, RUN/seed-1 …    the dialogues, a run for each seed
    RUN/done.json               the scores, of all seeds together

The seed decides which questions are taken and, at a temperature, what is said.
"""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from burnish.bench.free_rules import N_MAX, FreeRules
from burnish.bench.free_run import read_free, read_seeds
from burnish.config import RUNTIME, RunFlags, runtime
from burnish.dialogue.roles_config import PairFlags, open_pair, seeded
from burnish.dialogue.seeds import seed_folder, seed_folders
from burnish.dialogue.stopping import StopRules
from burnish.dialogue.talk import Conversations, Pair
from burnish.errors import ConfigError
from burnish.generation import begin_run
from burnish.generation.replicas import ReplicaTask
from burnish.records import Dialogue, Record, ReplyEnd
from burnish.replies import refuse_unanswered
from burnish.sources import Questions, stream
from burnish.store import Run
from burnish.store.codec import from_json, to_json

if TYPE_CHECKING:
    from burnish.scores import FreeScores


@dataclass(frozen=True, kw_only=True)
class FreeConfig(PairFlags, Questions, FreeRules, RunFlags):
    """Let a student talk with a teacher and measure how fast and how far it improves (FIRE's tables 4 to 6)."""

    threshold: float = 8.0
    """The score from which a response counts as right, which ends the dialogue."""
    max_turns: int = N_MAX
    """Turns after which a dialogue ends at the latest. It ends earlier if a score does not rise, or if there is
    none."""
    max_new_tokens: int = 160
    """Longest response or feedback, in tokens."""
    seeds: int = runtime(1)
    """How many times to run the bench, with the seeds --seed, --seed + 1 and so on, for means and standard
    deviations."""
    baseline: tyro.conf.UseAppendAction[tuple[str, ...]] = field(default=(), metadata=RUNTIME)
    """The untrained model's run of this verb on the same questions (or its dialogues), whose turns AT is divided by;
    once, or once per seed. You can give it later: finished dialogues are only counted again."""

    def __post_init__(self) -> None:
        PairFlags.__post_init__(self)
        Questions.__post_init__(self)
        FreeRules.__post_init__(self)
        if self.seeds < 1:
            raise ConfigError(f"--seeds must be at least 1, not {self.seeds}.")
        sampled = (self.per_image, self.per_source, self.limit) != (None, None, None)
        if self.seeds > 1 and not sampled and self.temperature == 0:
            raise ConfigError(
                f"--seeds {self.seeds} would hold the same greedy dialogues about all questions {self.seeds} times: "
                "take a sample of them with --limit, --per-source or --per-image, or give a --temperature."
            )
        if any(Path(path).resolve() == Path(self.out).resolve() for path in self.baseline):
            raise ConfigError(f"--baseline and --out are both {self.out}: a run cannot be its own baseline.")

    @property
    def rules(self) -> FreeRules:
        """How dialogues are counted."""
        return FreeRules(**{f.name: getattr(self, f.name) for f in dataclasses.fields(FreeRules)})


def bench_free(config: FreeConfig) -> FreeScores:
    """Hold the dialogues of every seed in the run `config.out`, and score them.

    Raises a BurnishError for a source, model, run or baseline that cannot be used; the baseline is read before anything
    is asked. A killed call is resumed by a second one, which asks for no reply that has come.
    """
    from burnish.bench.free_metrics import free_scores, refuse_other_seeds

    baseline = [run for path in config.baseline for run in read_seeds(path, config.rules)]
    refuse_other_seeds(baseline, config.seeds)
    pair = open_pair(config)
    with begin_run("free", config, pair.fingerprints, seed=config.seed) as run:
        if config.restart:
            for folder in seed_folders(run.path):
                shutil.rmtree(folder)
        for seed in range(config.seed, config.seed + config.seeds):
            _hold(dataclasses.replace(config, seed=seed), seeded(pair, config, seed), seed_folder(run.path, seed))
        seeds = [seed_folder(run.path, seed) for seed in range(config.seed, config.seed + config.seeds)]
        refuse_unanswered(run.path, (_students(record) for folder in seeds for record in Run.open(folder)))
        result = free_scores([read_free(str(folder), config.rules) for folder in seeds], config.rules, baseline)
        run.finish(to_json(result))
    return result


def _students(record: Record) -> Record:
    """With the student's replies alone: a teacher's feedback to nothing is no answer."""
    if not isinstance(record, Dialogue):
        return dataclasses.replace(record, replies=record.replies[::2])
    ends: list[ReplyEnd] = ["answered" if turn.response.text.strip() else "empty" for turn in record.turns]
    return dataclasses.replace(record, replies=tuple(ends))


def rescored(run: Run) -> FreeScores:
    """The scores of a run whose dialogues are all there, by the rules that it was made with; without a baseline."""
    from burnish.bench.free_metrics import free_scores

    settings = run.manifest.settings
    rules = from_json(FreeRules, {f.name: settings[f.name] for f in dataclasses.fields(FreeRules)})
    return free_scores([read_free(str(folder), rules) for folder in seed_folders(run.path)], rules, [])


def _hold(config: FreeConfig, pair: Pair, out: Path) -> None:
    """The dialogues of one seed."""
    inputs = stream(config.source, config)
    fingerprints = {**pair.fingerprints, "source": inputs.fingerprint}
    rules = StopRules(threshold=config.threshold, max_turns=config.max_turns, must_rise=True)
    talk = Conversations(pair=pair, rules=rules, seed=config.seed, in_flight=config.in_flight)
    with begin_run("dialogues", config, fingerprints, seed=config.seed, folder=out) as run:
        if run.summary is None:
            replicas = ReplicaTask(bench_free, dataclasses.replace(config, seeds=1, baseline=()))
            talk.fill(run, inputs, label=f"dialogues of seed {config.seed}", replicas=replicas)
            run.finish({"dialogues": len(run)})
