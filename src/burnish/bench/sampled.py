"""Answers drawn at several temperatures (SeVa, section 4.3): what `burnish bench judged consistency` looks at.

Questions need no ground truth here, so that this also makes the answers that models are compared by in pairs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tyro

from burnish.bench.answered import prediction
from burnish.config import RunFlags
from burnish.contrast import ContrastFlags
from burnish.errors import ConfigError
from burnish.ids import stable_seed
from burnish.loop import Asked, clean_request, fill_by_asking, fingerprints
from burnish.models import Call, Decoding, ModelOptions, Request, open_model
from burnish.records import Dropped, Example, Prediction
from burnish.replies import refuse_unanswered
from burnish.sources import Questions, stream
from burnish.store import Run, new_manifest
from burnish.store.codec import to_json


@dataclass(frozen=True, kw_only=True)
class SampledConfig(ContrastFlags, ModelOptions, Questions, RunFlags):
    """Ask a model every question of a source once at each temperature; nothing is scored."""

    source: tyro.conf.Positional[str]
    """Where pictures and questions come from: `folder:questions.jsonl`, `llava:file.json`, `fire:FILE`,
    `huggingface:path`, `pocket`; several separated by commas. Ground truths are kept but not needed."""
    temperatures: tuple[float, ...] = (0.0, 0.2, 0.4, 0.5, 0.7, 0.9, 50.0)
    """Sampling temperatures; 0 is greedy. Default: those of SeVa's table 5."""
    top_p: float = 1.0
    """Nucleus sampling: draw from the likeliest tokens that together reach this probability."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""

    def __post_init__(self) -> None:
        ModelOptions.__post_init__(self)
        Questions.__post_init__(self)
        if not self.temperatures:
            raise ConfigError("--temperatures is empty: give 0 for answers that are not drawn at random.")
        if len({*self.temperatures}) < len(self.temperatures):
            raise ConfigError("--temperatures has a number twice: its answers would be the same.")
        self.refuse_contrast(self.model, "--model")
        self.decodings  # noqa: B018 - checks their values

    @property
    def decodings(self) -> tuple[Decoding, ...]:
        """How answers are drawn, at each temperature."""
        contrast = self.contrast_by(self.seed)
        greedy = Decoding(max_new_tokens=self.max_new_tokens, top_p=self.top_p, contrast=contrast)
        return tuple(dataclasses.replace(greedy, temperature=temperature) for temperature in self.temperatures)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledResult:
    """What there is to judge."""

    questions: int
    answers: int
    dropped: int
    """Answers that there are not: broken pictures, refused requests."""


def bench_sampled(config: SampledConfig) -> SampledResult:
    """Fill the run `config.out` with one Prediction or Dropped a question and temperature.

    Raises a BurnishError for a source, model or run that cannot be used. A killed call is resumed by a second one.
    """
    model = open_model(config)
    inputs = stream(config.source, config)
    manifest = new_manifest("sampled", config, seed=config.seed, fingerprints=fingerprints(model, inputs))
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            width = len(config.temperatures)
            fill_by_asking(run, inputs, model, _Drawer(run, config), label="answers", per_input=width)
        refuse_unanswered(run.path, run)
        result = summarise(run)
        run.finish(to_json(result))
    return result


def summarise(run: Run) -> SampledResult:
    """What a run holds, counted in one pass."""
    answers = sum(1 for _ in run.records(Prediction))
    temperatures = run.manifest.config["temperatures"]
    width = len(temperatures) if isinstance(temperatures, list) else 1
    return SampledResult(questions=len(run) // width, answers=answers, dropped=len(run) - answers)


@dataclass(frozen=True)
class _Drawer:
    """Asks each question at every temperature."""

    run: Run
    config: SampledConfig

    def calls(self, example: Example) -> list[Call]:
        """One for each temperature."""
        return [Call(partial(self._request, example, one.temperature), one) for one in self.config.decodings]

    def records(self, asked: Sequence[Asked]) -> list[list[Prediction | Dropped]]:
        """One for each of the calls."""
        return [
            [
                prediction(self.run, example, reply, facts={"temperature": temperature})
                for temperature, reply in zip(self.config.temperatures, replies, strict=True)
            ]
            for example, replies in asked
        ]

    def _request(self, example: Example, temperature: float) -> Request:
        """With a seed of its own, so that no temperature draws as another does."""
        seed = stable_seed(self.config.seed, example.source, example.id, f"{temperature:g}")
        return dataclasses.replace(clean_request(example), seed=seed)
