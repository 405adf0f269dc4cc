"""SeVa's preference pairs (algorithm 1): chosen from the picture itself, rejected from its distorted copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import tyro

from burnish.config import RunFlags
from burnish.distort import Distortion
from burnish.loop import (
    Asked,
    Asking,
    clean_request,
    distorted_request,
    distortion_seed,
    fill_by_asking,
    fingerprints,
    parse_distortions,
)
from burnish.models import BuildRequest, Model, Reply, ScoringModel, open_model
from burnish.records import Answer, Dropped, Example, PreferencePair, Rejected
from burnish.sources import Sampling, stream
from burnish.store import Run, new_manifest

DEFAULT_DISTORTIONS = ("noise:800",)
"""SeVa-7B's choice (section 4.1)."""


@dataclass(frozen=True, kw_only=True)
class PairsConfig(Asking, Sampling, RunFlags):
    """Make preference pairs from pictures and questions that nobody labelled (SeVa, algorithm 1)."""

    source: tyro.conf.Positional[str]
    """Where pictures and questions come from: `folder:questions.jsonl`, `llava:file.json`, `huggingface:path`,
    `pocket`; several joined by commas."""
    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A distortion that makes one rejected answer, such as `noise:800`, `moco` or `rrcrop:0.2-1.0`; repeat the flag
    for several negatives. Without it: noise:800, the paper's choice for 7B models (it has noise:500 for 13B)."""

    def __post_init__(self) -> None:
        Asking.__post_init__(self)
        Sampling.__post_init__(self)

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names, or the paper's."""
        return parse_distortions(self.distort or DEFAULT_DISTORTIONS)


class PairsResult(NamedTuple):
    """Where the pairs are, and how many."""

    run: Path
    made: int
    kept: int


def make_pairs(config: PairsConfig) -> PairsResult:
    """Fill the run `config.out` with one PreferencePair or Dropped for every sampled example.

    Raises a BurnishError for a source, model or run that cannot be used. A killed call is resumed by a second one.
    """
    distortions = config.distortions
    model = open_model(config)
    inputs = stream(config.source, config)
    manifest = new_manifest("pairs", config, seed=config.seed, fingerprints=fingerprints(model, inputs))
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            maker = _PairMaker(run, model, distortions, config)
            fill_by_asking(run, inputs, model, config.decoding, maker, label="pairs")
            kept = sum(1 for _ in run.records(PreferencePair))
            run.finish({"made": len(run), "kept": kept})
        summary = run.summary or {}
        return PairsResult(run.path, int(str(summary["made"])), int(str(summary["kept"])))


class _Contrast(NamedTuple):
    """What is left of one example after the filter."""

    example: Example
    chosen: Reply
    rejected: tuple[tuple[Distortion, Reply], ...]


@dataclass(frozen=True)
class _PairMaker:
    """Algorithm 1, from examples to what the model is asked, and from its answers to records."""

    run: Run
    model: Model
    distortions: tuple[Distortion, ...]
    config: PairsConfig

    def requests(self, example: Example) -> list[BuildRequest]:
        """About the clean picture, then about each distorted one."""
        distorted = [
            partial(distorted_request, example, distortion, self._seed(example, distortion))
            for distortion in self.distortions
        ]
        return [partial(clean_request, example), *distorted]

    def records(self, asked: Sequence[Asked]) -> list[list[PreferencePair | Dropped]]:
        outcomes = [self._filter(example, *replies) for example, replies in asked]
        logps = iter(self._reference([kept for kept in outcomes if isinstance(kept, _Contrast)]))
        return [[out if isinstance(out, Dropped) else self._record(out, next(logps))] for out in outcomes]

    def _seed(self, example: Example, distortion: Distortion) -> int:
        return distortion_seed(self.config.seed, example, distortion)

    def _filter(self, example: Example, chosen: Reply, *replies: Reply) -> _Contrast | Dropped:
        """Equation 11: negatives that equal the chosen answer, or one another, are left out."""

        def dropped(reason: str, detail: str) -> Dropped:
            return Dropped(id=example.id, source=example.source, reason=reason, detail=detail)

        for reply in (chosen, *replies):
            if reply.finish == "error":
                return dropped("refused", reply.error)
        if not chosen.text:
            return dropped("empty answer", example.question)
        different: dict[str, tuple[Distortion, Reply]] = {}
        for distortion, reply in zip(self.distortions, replies, strict=True):
            if reply.text != chosen.text:
                different.setdefault(reply.text, (distortion, reply))
        if not different:
            return dropped("equal answers", chosen.text)
        return _Contrast(example, chosen, tuple(different.values()))

    def _reference(self, contrasts: Sequence[_Contrast]) -> list[list[float | None]]:
        """Summed log-probabilities on the clean picture: of the chosen answer, then of each rejected one."""
        answers = [[kept.chosen.token_ids, *(reply.token_ids for _, reply in kept.rejected)] for kept in contrasts]
        if not isinstance(self.model, ScoringModel):
            return [[None] * len(ids) for ids in answers]
        requests = [clean_request(kept.example) for kept in contrasts]
        return [list(logps) for logps in self.model.score(requests, answers)]

    def _record(self, kept: _Contrast, logps: Sequence[float | None]) -> PreferencePair:
        example = kept.example
        return PreferencePair(
            id=example.id,
            image=self.run.add_image(example.image),
            question=example.question,
            chosen=_answer(kept.chosen, logps[0]),
            rejected=tuple(
                Rejected(distortion=distortion.spec, seed=self._seed(example, distortion), answer=_answer(reply, logp))
                for (distortion, reply), logp in zip(kept.rejected, logps[1:], strict=True)
            ),
            source=example.source,
            answer=example.answer,
            facts=example.facts,
        )


def _answer(reply: Reply, ref_logp: float | None) -> Answer:
    return Answer(text=reply.text, token_ids=reply.token_ids, ref_logp=ref_logp)
