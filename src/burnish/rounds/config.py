"""The flags of `burnish improve`; nothing heavy is imported here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple

import tyro

from burnish.config import added, place, runtime
from burnish.errors import ConfigError
from burnish.yamls import read_yaml

NEVER: Final = "never"
WAYS: Final = ("distort", "sample", "dialogues")
"""Where a round's pairs come from."""
PARTS: Final = ("pairs", "samples", "simulate", "dialogues", "train", "answers")
"""What a round calls, by the names that `--set` takes."""
LINKS: Final = frozenset(
    {"source", "fold", "shard", "model", "adapter", "student", "student_adapter", "run", "more_runs", "runs"}
    | {"out", "restart", "full", "plan"}
)
"""Flags of the parts by which a round joins them: `--set` may not change them."""
HELD_OUT: Final = 10
"""One picture in so many is benched on, and never trained on, where `--eval` names nothing else."""


class Setting(NamedTuple):
    """A flag of a verb that a round calls."""

    part: str
    name: str
    value: Any


@dataclass(frozen=True, kw_only=True)
class ImproveConfig:
    """Improve a model in rounds, without labels: make preference pairs with it, train on them, bench, compare, repeat.

    Each round begins with the last round's model, which is also DPO's reference. The same command resumes an
    interrupted call.
    """

    source: tyro.conf.Positional[str]
    """Where pictures and questions come from, as for `burnish pairs`; several separated by commas."""
    model: str
    """A path or hub name of an image-text-to-text model of transformers, or `pocket`."""
    adapter: str | None = None
    """A LoRA adapter that the first round begins with."""
    out: str = place()
    """Folder of the rounds: `round-1/pairs`, `round-1/adapter`, `round-1/answers`, …; `best` is the best round's
    adapter, `report/index.html` the page."""
    rounds: int = 3
    """Rounds at most."""
    pairs_from: Annotated[str, tyro.conf.arg(aliases=("--from",))] = "distort"
    """Where pairs come from, joined by commas: `distort` (SeVa: the answer to the picture over those to distorted
    ones), `sample` (the best of drawn answers over the worst, by the model's own score), `dialogues` (FIRE: the answer
    that satisfied the teacher over earlier ones; needs a --teacher)."""
    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A distortion that makes one rejected answer, as for `burnish pairs`; repeat the flag for several."""
    teacher: str | None = None
    """The teacher of dialogues: a model, or `oracle` on the pocket world."""
    teacher_adapter: str | None = None
    """A PEFT adapter to load on the teacher."""
    judge: str | None = added(None)
    """Who scores drawn answers, for `--pairs-from sample`: a model, `self` for each round's own, or `oracle` on the
    pocket world. Default: their agreement with one another."""
    limit: int | None = None
    """Examples of the source in each round; default: all."""
    pictures: Literal["same", "new"] = "same"
    """Whether each round has the same pictures, or new ones: then every round has its own share of the source."""
    eval: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A source of questions to bench on after each round; repeat the flag for several. Default: the questions about one
    picture in ten of SOURCE, which no round trains on."""
    test: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A source of questions to ask only of the model before all rounds and of the best round; repeat the flag for
    several. The questions of --eval chose that round, and so flatter it; these chose nothing."""
    eval_limit: int | None = None
    """Questions asked of each source of --eval and --test; default: all."""
    stop_on: str = ""
    """The metric by which `burnish compare` decides that a round is worse than the best one before, which ends the
    rounds; `never` makes all of them. Default: the bench's own."""
    loss: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """The loss, as for `burnish train dpo`."""
    lr: float | None = None
    """Peak learning rate; default: that of `burnish train dpo`."""
    max_new_tokens: int | None = None
    """Longest answer, in tokens; default: that of each verb."""
    seed: int = 0
    """Seed of every random choice."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Any other flag of what a round calls, as PART.NAME=VALUE with PART of pairs, samples (`burnish pairs
    from-samples`), simulate, dialogues (`burnish pairs from-dialogues`), train and answers: `--set
    pairs.match_length=0.1 --set train.batch_size=64`."""
    device: str = runtime("auto")
    """Where the model runs: `auto` is the GPU if there is one, else the CPU; or `cpu`."""
    replicas: int | None = runtime(None)
    """Processes that each load the model, for the parts of a round that have `--replicas`."""
    ray: str | None = runtime(None)
    """Run the replicas on a Ray cluster: its address, or `auto`."""
    plan: bool = False
    """Print what would be asked and trained on, with tokens and hours measured on a few examples; keep nothing."""
    restart: bool = runtime(False)
    """Start again: delete what an earlier call made in these folders."""
    json: str | None = runtime(None)
    """Also write the rounds' numbers to this file."""

    def __post_init__(self) -> None:
        for flag, value in (("SOURCE", self.source), ("--model", self.model), ("--out", self.out)):
            if not value:
                raise ConfigError(f"{flag} is empty: give a source, a model and a folder for the rounds.")
        if self.model.startswith(("http://", "https://")):
            raise ConfigError(f"--model {self.model} is an endpoint: rounds train the model, so give its weights.")
        for flag, number in (("--rounds", self.rounds), ("--limit", self.limit), ("--eval-limit", self.eval_limit)):
            if number is not None and number < 1:
                raise ConfigError(f"{flag} must be at least 1, not {number}.")
        if self.lr is not None and not 0 < self.lr < math.inf:
            raise ConfigError(f"--lr must be above 0, not {self.lr}.")
        self._check_ways()
        self.settings  # noqa: B018 - it checks its values

    @property
    def ways(self) -> tuple[str, ...]:
        """Where pairs come from, each once."""
        return tuple(dict.fromkeys(word.strip() for word in self.pairs_from.split(",")))

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What `--set` gives. Raises ConfigError for what is not a flag of a part."""
        return tuple(map(_setting, self.set))

    def fold(self, number: int) -> str | None:
        """The pictures of this round, from 1, as `--fold` takes them; None for all."""
        held = 0 if self.eval else self.rounds
        share = 1 if self.eval else HELD_OUT - 1
        first, last = (number, number) if self.pictures == "new" else (1, self.rounds)
        folds = held + share * self.rounds
        begin, end = held + share * (first - 1) + 1, held + share * last
        return None if (begin, end) == (1, folds) else f"{begin}-{end}/{folds}"

    @property
    def benched(self) -> tuple[tuple[str, str | None], ...]:
        """Each source to bench on, with the pictures that are taken."""
        if self.eval:
            return tuple((source, None) for source in self.eval)
        return ((self.source, f"1-{self.rounds}/{HELD_OUT * self.rounds}"),)

    def _check_ways(self) -> None:
        if unknown := [word for word in self.ways if word not in WAYS]:
            raise ConfigError(f"--pairs-from {self.pairs_from} has {unknown[0]!r}: choose from {', '.join(WAYS)}.")
        if "dialogues" in self.ways and not self.teacher:
            raise ConfigError(
                "--pairs-from dialogues needs a --teacher, which scores the model's answers and comments on them."
            )
        if self.teacher and "dialogues" not in self.ways:
            raise ConfigError(f"--teacher {self.teacher} needs dialogues: add --pairs-from dialogues.")
        if self.judge and "sample" not in self.ways:
            raise ConfigError(f"--judge {self.judge} has nothing to score: add --pairs-from sample.")
        if self.ray and self.replicas is None:
            raise ConfigError("--ray needs --replicas N: how many of the model run on the cluster.")
        if self.teacher_adapter and not self.teacher:
            raise ConfigError("--teacher-adapter needs the --teacher that it is put on.")
        if self.distort and "distort" not in self.ways:
            raise ConfigError(f"--distort {self.distort[0]} is only for --pairs-from distort: add it.")


def _setting(text: str) -> Setting:
    name, equals, value = text.partition("=")
    part, dot, flag = name.partition(".")
    if not (equals and dot and flag) or part not in PARTS:
        raise ConfigError(f"--set {text} is not PART.NAME=VALUE with a PART of {', '.join(PARTS)}.")
    flag = flag.replace("-", "_")
    if flag in LINKS:
        raise ConfigError(f"--set {text} is not available: `burnish improve` decides {flag} itself; leave it out.")
    try:
        return Setting(part, flag, read_yaml(value))
    except ValueError as error:
        raise ConfigError(f"--set {text} cannot be read as YAML: {error}.") from error
