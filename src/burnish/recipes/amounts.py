"""How many examples each step of a recipe has, and how many replies it asks for, before anything is made.

What is there is counted; of what is missing the recipe says how much its authors published (`plan:`, `examples:`).
Numbers are upper ends: no pair is dropped, and every dialogue takes all its turns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from burnish.bench.standard.asking.configs import AskConfig
from burnish.errors import ConfigError
from burnish.recipes.plan import MADE, STAND_IN, WORK, Plan
from burnish.recipes.recipe import Recipe
from burnish.sources import Questions, Sampling, stream

TURNS = 3
"""Assumed of recorded dialogues; FIRE's have two to six, mostly two or three."""
_STANDS_IN = re.compile(STAND_IN.format(r"(\w+)"))
_STEP = re.compile(re.escape(WORK) + r"/(?P<key>[^/]+)/" + MADE)


class Amount(NamedTuple):
    """What one step makes and asks for."""

    examples: int
    """Questions, pairs or dialogues, as whoever reads the step's run counts them."""
    replies: int = 0
    """Of the models that are asked."""
    judged: int = 0
    """Calls to a judge."""
    each: int = 1
    """Answers to each question, as at several temperatures."""


AmountRule: TypeAlias = Callable[["Counting", Any], Amount]


@dataclass(frozen=True)
class Counting:
    """The steps of one recipe, counted one after the other."""

    recipe: Recipe
    found: dict[str, Amount] = field(default_factory=dict)
    """By the steps' keys."""
    sources: dict[tuple[object, ...], int] = field(default_factory=dict)
    """Examples by source and all that decides how many are taken of it, which the seed does not."""

    def source(self, spec: str, sampling: Sampling) -> int:
        """Examples that a verb takes from a source, or from a run. Raises a BurnishError."""
        if step := self._step(spec):
            return step.examples
        names = dict.fromkeys(_STANDS_IN.findall(spec))
        if not names:
            return self._opened(spec, sampling) if ":" in spec or spec == "pocket" else self.run(spec).examples
        sizes = [size for name in names for size in self._stated(name, sampling.only)]
        drawn = sum(min(size, sampling.per_source or size) for size in sizes)
        return min(drawn, sampling.limit or drawn)

    def _opened(self, spec: str, sampling: Sampling) -> int:
        key = (spec, sampling.per_image, sampling.per_source, sampling.only, sampling.fold, sampling.limit)
        if key not in self.sources:
            self.sources[key] = len(stream(spec, sampling))
        return self.sources[key]

    def run(self, path: str) -> Amount:
        """What is in a run, in a file of answers or of dialogues, or in what a step makes. Raises a BurnishError."""
        if step := self._step(path):
            return step
        if missing := _STANDS_IN.search(path):
            return Amount(sum(self._stated(missing[1])))
        return Amount(_counted(path))

    def _step(self, path: str) -> Amount | None:
        made = _STEP.fullmatch(path)
        return self.found[made["key"]] if made else None

    def _stated(self, name: str, only: Sequence[str] = ()) -> list[int]:
        stated = self.recipe.ahead.examples.get(name)
        if stated is None:
            raise ConfigError(
                f"{self.recipe.file} does not say how many examples {name} has: give {name}, or add "
                f"`{name}: NUMBER` below `plan:`, `examples:`."
            )
        sizes = stated if isinstance(stated, Mapping) else {"": int(stated)}
        return [int(size) for source, size in sizes.items() if not only or source in only]


def count(recipe: Recipe, plan: Plan) -> dict[str, Amount]:
    """What each step makes and asks for, by its key. Raises a BurnishError for what cannot be read or is not stated."""
    counting = Counting(recipe)
    for key, step in plan.steps.items():
        rule = _RULES.get(step.verb) or next(
            (r for verb, r in _RULES.items() if step.verb.startswith(f"{verb} ")), None
        )
        counting.found[key] = rule(counting, step.config()) if rule else Amount(0)
    return counting.found


def _counted(path: str) -> int:
    from burnish.dialogue.loaders import open_dialogues
    from burnish.store import Run

    place = Path(path)
    if place.is_dir():
        return len(Run.open(place))
    if place.suffix == ".jsonl":
        with place.open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    return sum(1 for _ in open_dialogues(path))


def _pairs(counting: Counting, config: Any) -> Amount:
    examples = counting.source(config.source, config)
    return Amount(examples, examples * (1 + len(config.distortions)))


def _drawn(counting: Counting, config: Any) -> Amount:
    examples = counting.source(config.source, config)
    return Amount(examples, examples * config.samples)


def _of_runs(counting: Counting, config: Any) -> Amount:
    return Amount(sum(counting.run(path).examples for path in config.runs))


def _composed(counting: Counting, config: Any) -> Amount:
    examples = counting.source(config.source, config)
    return Amount(examples, 0 if config.model == "oracle" else examples)


def _talked(counting: Counting, config: Any) -> Amount:
    """Of simulate and free dialogues: every turn has a response and a feedback."""
    examples = counting.source(config.source, config)
    asked = (config.student != "fool") + (config.teacher != "oracle")
    return Amount(examples, examples * config.max_turns * asked * getattr(config, "seeds", 1))


def _fixed(counting: Counting, config: Any) -> Amount:
    dialogues = counting.run(config.dialogues).examples
    dialogues = min(dialogues, config.limit or dialogues)
    turns = (TURNS - 1 if config.student else 0) + (TURNS if config.teacher else 0)
    return Amount(dialogues, dialogues * turns)


def _answered(counting: Counting, config: Any) -> Amount:
    examples = counting.source(config.source, config)
    each = 1 + len(config.distort) + 3 * config.stability
    return Amount(examples, examples * each, each=each)


def _sampled(counting: Counting, config: Any) -> Amount:
    examples, each = counting.source(config.source, config), len(config.temperatures)
    return Amount(examples, examples * each, each=each)


def _standard(counting: Counting, config: AskConfig) -> Amount:
    from burnish.bench.standard.registry import open_benchmark

    missing = _STANDS_IN.search(config.data)
    found = counting.run(config.data).examples if missing else sum(1 for _ in open_benchmark(config).questions())
    examples = min(found, config.limit or found)
    return Amount(examples, examples)


def _graded(counting: Counting, config: Any) -> Amount:
    """Each answer once, or as often as `--runs` says."""
    answers = counting.run(config.answers)
    judged = answers.examples * answers.each * getattr(config, "runs", 1)
    return Amount(answers.examples, judged=judged)


def _pairwise(counting: Counting, config: Any) -> Amount:
    """Every pair of models, in both orders."""
    examples = min(counting.run(path).examples for path in config.answers)
    return Amount(examples, judged=2 * examples * comb(len(config.answers), 2))


def _consistency(counting: Counting, config: Any) -> Amount:
    answers = counting.run(config.answers)
    return Amount(answers.examples, judged=answers.examples * (len(config.others) or answers.each - 1))


def _dpo(counting: Counting, config: Any) -> Amount:
    return Amount(sum(counting.run(path).examples for path in config.shares))


def _sft(counting: Counting, config: Any) -> Amount:
    return Amount(counting.source(config.source, config))


def _dialogues_trained(counting: Counting, config: Any) -> Amount:
    """General questions come to the share that `--mix-share` says, as far as there are any."""
    dialogues = _of_runs(counting, config).examples
    if not config.mix:
        return Amount(dialogues)
    general = counting.source(config.mix, Questions(source=config.mix))
    return Amount(dialogues + min(general, round(dialogues * config.mix_share / (1 - config.mix_share))))


def _improved(counting: Counting, config: Any) -> Amount:
    """Rounds of two replies a question, and benches before and after each."""
    made = config.rounds * counting.source(config.source, Questions(source=config.source, limit=config.limit))
    benched = sum(counting.source(spec, Questions(source=spec, limit=config.eval_limit)) for spec in config.eval)
    return Amount(made, 2 * made + (config.rounds + 1) * benched)


_RULES: Mapping[str, AmountRule] = {
    "pairs": _pairs,
    "pairs from-samples": _drawn,
    "pairs from-dialogues": _of_runs,
    "compose": _composed,
    "simulate": _talked,
    "bench free": _talked,
    "bench fixed": _fixed,
    "bench answers": _answered,
    "bench sampled": _sampled,
    "bench standard": _standard,
    "bench judged pairwise": _pairwise,
    "bench judged consistency": _consistency,
    "bench judged": _graded,
    "train dpo": _dpo,
    "train sft": _sft,
    "train student": _dialogues_trained,
    "train teacher": _dialogues_trained,
    "train distil": _dialogues_trained,
    "improve": _improved,
}
"""By verb, or by the first words of several; those of other verbs are not counted."""
