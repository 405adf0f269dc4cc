"""Puts questions to a model on clean and on distorted pictures (figure 2 of SeVa), and scores what it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from burnish.bench.prediction import prediction
from burnish.config import RunFlags, added, runtime
from burnish.contrast import ContrastFlags
from burnish.distort import Distortion, distortion_seed
from burnish.errors import ConfigError
from burnish.generation import Life, fill, make_run
from burnish.generation.questions import (
    Asking,
    asks,
    clean_request,
    distorted_request,
    fingerprints,
    parse_distortions,
    without_picture,
)
from burnish.generation.replicas import ReplicaTask, open_asked
from burnish.ids import stable_seed
from burnish.models import Decoding, Model, Request
from burnish.records import Example
from burnish.sources import SEVERAL, Questions, stream
from burnish.store import Run
from burnish.store.codec import to_json

if TYPE_CHECKING:
    from burnish.scores import AnswersResult


LIGHT = ("imagenoise:150", "centercrop:0.9")
"""What hardly changes a picture: noise that people do not mind, and its middle without a tenth of its sides."""
TEMPERATURE = 0.7


@dataclass(frozen=True, kw_only=True)
class AnswersConfig(ContrastFlags, Asking, Questions, RunFlags):
    """Ask a model every question of a source and score its greedy answers by task.

    Answers to questions without a ground truth are stored, too: `burnish compare` compares them."""

    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Also ask every question about the picture distorted in this way, such as `noise:500` or `moco`; repeat the flag
    for several."""
    stability: bool = added(False)
    """Ask every question three times more: on the picture in light noise, on its cropped middle, and with words drawn
    at a temperature; tables and `burnish compare` say how often the answer stands."""
    baseline: str | None = runtime(None)
    """An earlier run of this verb on the same questions to compare with, answer by answer. You can give it later: a
    finished run is scored again, not asked again."""

    def __post_init__(self) -> None:
        Asking.__post_init__(self)
        Questions.__post_init__(self)
        self.refuse_contrast(self.model, "--model")
        if self.baseline is not None and Path(self.baseline).resolve() == Path(self.out).resolve():
            raise ConfigError(f"--baseline and --out are both {self.out}: a run cannot be its own baseline.")

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names, and those of `stability`."""
        return parse_distortions((*self.distort, *(LIGHT if self.stability else ())))

    @property
    def drawn(self) -> tuple[Decoding, ...]:
        """How words are drawn beside the greedy ones."""
        return (replace(self.decoding, temperature=TEMPERATURE),) if self.stability else ()

    @property
    def decoding(self) -> Decoding:
        """How answers are generated: greedily, alone or by contrast."""
        return replace(super().decoding, contrast=self.contrast_by(self.seed))


def bench_answers(config: AnswersConfig) -> AnswersResult:
    """Fill the run `config.out` with one Prediction or Dropped a question and distortion, and score it.

    Raises a BurnishError for a source, model, run or baseline that cannot be used; the baseline is looked at before
    any question is asked. A killed call is resumed by a second one.
    """
    from burnish.bench.aggregate import read_scored, summarise
    from burnish.bench.comparison import compare

    baseline = read_scored(Run.open(Path(config.baseline))) if config.baseline else None
    inputs = stream(config.source, config, SEVERAL)
    model = open_asked(config)
    asker = _Asker(model, config)
    width = 1 + len(config.distortions) + len(config.drawn)

    def ask(run: Run) -> None:
        replicas = ReplicaTask(bench_answers, config)
        fill(run, inputs, partial(asker.live, run), [model], label="answers", per_input=width, replicas=replicas)

    def score(run: Run) -> AnswersResult:
        scored = read_scored(run)
        result = summarise(scored)
        run.finish(to_json(result))  # before comparing, so that an unfit baseline costs nothing
        if config.baseline and baseline:
            result = replace(result, comparison=compare(scored, baseline, config.baseline))
        return result

    return make_run("answers", config, fingerprints(model, inputs), seed=config.seed, fill=ask, score=score)


@dataclass(frozen=True)
class _Asker:
    """Asks each question on the clean picture, under every distortion, and with words that are drawn."""

    model: Model
    config: AnswersConfig

    def live(self, run: Run, _: int, example: Example) -> Life:
        """The clean picture's answer, then one per distortion, then those that are drawn."""
        distortions, decoding = self.config.distortions, self.config.decoding
        number, seed = self.config.distorted_image, self.config.seed
        if left_out := without_picture(example, number, 1 + len(distortions) + len(self.config.drawn)):
            return left_out
        distorted = [
            partial(distorted_request, example, one, distortion_seed(seed, example, one.spec), number)
            for one in distortions
        ]
        calls = [(build, decoding) for build in (partial(clean_request, example), *distorted)]
        drawn = [(partial(_drawn_request, example, self.config.seed), how) for how in self.config.drawn]
        replies = yield asks(self.model, [*calls, *drawn])
        views = ["", *(distortion.spec for distortion in distortions)]
        records = [
            prediction(run, example, reply, distortion=view, number=number if view else 0)
            for view, reply in zip(views, replies, strict=False)
        ]
        for how, reply in zip(self.config.drawn, replies[len(calls) :], strict=True):
            name, facts = f"temperature:{how.temperature:g}", {"temperature": how.temperature}
            records.append(prediction(run, example, reply, distortion=name, facts=facts))
        return records


def _drawn_request(example: Example, seed: int) -> Request:
    return replace(clean_request(example), seed=stable_seed(seed, example.source, example.id, "drawn"))
