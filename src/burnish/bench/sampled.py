"""Answers drawn at several temperatures (SeVa, section 4.3): what `burnish bench judged consistency` looks at.

Questions need no ground truth here, so that this also makes the answers that models are compared by in pairs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial

import tyro

from burnish.bench.prediction import prediction
from burnish.config import RunFlags
from burnish.contrast import ContrastFlags
from burnish.errors import ConfigError
from burnish.generation import Life, fill, make_run
from burnish.generation.questions import asks, clean_request, fingerprints
from burnish.generation.replicas import AskedModel, ReplicaTask, open_asked
from burnish.ids import stable_seed
from burnish.models import Decoding, Model, Request
from burnish.records import Example, Prediction
from burnish.sources import SEVERAL, Questions, stream
from burnish.store import Run


@dataclass(frozen=True, kw_only=True)
class SampledConfig(ContrastFlags, AskedModel, Questions, RunFlags):
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
        AskedModel.__post_init__(self)
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
    inputs = stream(config.source, config, SEVERAL)
    model = open_asked(config)
    drawer = _Drawer(model, config)

    def ask(run: Run) -> None:
        each, replicas = len(config.temperatures), ReplicaTask(bench_sampled, config)
        fill(run, inputs, partial(drawer.live, run), [model], label="answers", per_input=each, replicas=replicas)

    return make_run("sampled", config, fingerprints(model, inputs), seed=config.seed, fill=ask, score=summarise)


def summarise(run: Run) -> SampledResult:
    """What a run holds, counted in one pass."""
    answers = sum(1 for _ in run.records(Prediction))
    temperatures = run.manifest.config["temperatures"]
    width = len(temperatures) if isinstance(temperatures, list) else 1
    return SampledResult(questions=len(run) // width, answers=answers, dropped=len(run) - answers)


@dataclass(frozen=True)
class _Drawer:
    """Asks each question at every temperature."""

    model: Model
    config: SampledConfig

    def live(self, run: Run, _: int, example: Example) -> Life:
        """One answer for each temperature."""
        decodings = self.config.decodings
        calls = [(partial(self._request, example, decoding.temperature), decoding) for decoding in decodings]
        replies = yield asks(self.model, calls)
        return [
            prediction(run, example, reply, facts={"temperature": decoding.temperature})
            for decoding, reply in zip(decodings, replies, strict=True)
        ]

    def _request(self, example: Example, temperature: float) -> Request:
        """With a seed of its own, so that no temperature draws as another does."""
        seed = stable_seed(self.config.seed, example.source, example.id, f"{temperature:g}")
        return dataclasses.replace(clean_request(example), seed=seed)
