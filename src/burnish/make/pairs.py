"""SeVa's preference pairs (algorithm 1): chosen from the picture itself, rejected from its distorted copies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from pathlib import Path
from typing import NamedTuple, TypeAlias

import tyro

from burnish.config import RunFlags, added
from burnish.distort import Distortion, distortion_seed
from burnish.flags import optional_value
from burnish.generation import Life, begin_run, fill
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
from burnish.make.foresight import foresee
from burnish.make.length_matching import DEFAULT_SHARE, check_share, of_like_length
from burnish.make.truth import Keep
from burnish.models import Model, Reply, ScoringModel, open_model
from burnish.records import Answer, Dropped, Example, Json, PreferencePair, Rejected
from burnish.replies import NO_TRUTH, refuse_unanswered
from burnish.sources import SEVERAL, Sampling, Scope, stream
from burnish.store import Run
from burnish.store.codec import to_json

DEFAULT_DISTORTIONS = ("noise:800",)
"""SeVa-7B's choice (section 4.1)."""
BATCH = 256
"""Examples that a local model is asked about together; at their end a few long answers are alone."""
_DistortedReplies: TypeAlias = dict[str, tuple[Distortion, Reply]]
"""Rejected answers by their text, each once, with the distortion under which it was given."""


@dataclass(frozen=True, kw_only=True)
class PairsConfig(Asking, Sampling, RunFlags):
    """Make preference pairs from pictures and questions that nobody labelled (SeVa, algorithm 1)."""

    source: tyro.conf.Positional[str]
    """Where pictures and questions come from: `folder:questions.jsonl`, `llava:file.json`, `huggingface:path`,
    `pocket`; several separated by commas."""
    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A distortion that makes one rejected answer, such as `noise:800`, `moco` or `rrcrop:0.2-1.0`; repeat the flag for
    several rejected answers. Default: noise:800, the paper's choice for 7B models (for 13B it has noise:500)."""
    match_length: float | None = optional_value(DEFAULT_SHARE)
    """Leave out rejected answers whose length in tokens differs from the chosen answer's by more than this share of the
    longer one, and count the examples that then have none. The flag alone means 0.1."""
    keep: str | None = added(None)
    """Which pairs are kept by the source's ground truth, joined by commas: `chosen-right`, `rejected-wrong` (both:
    VisualDeltas, arXiv 2603.07272). A right answer has the words of the truth, whatever their case. Default: all."""
    keep_cut: bool = added(False)
    """Also make pairs of chosen answers that were cut at --max-new-tokens. No end token is trained after them."""
    context: bool = added(False)
    """Send each question of a conversation with its earlier turns from the source. Default: ask each question alone, as
    SeVa does."""

    def __post_init__(self) -> None:
        Asking.__post_init__(self)
        Sampling.__post_init__(self)
        check_share(self.match_length)
        Keep.parse(self.keep)

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names, or the paper's."""
        return parse_distortions(self.distort or DEFAULT_DISTORTIONS)

    @property
    def scope(self) -> Scope:
        """What of the sources is asked about."""
        return replace(SEVERAL, before=self.context)


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
    inputs = stream(config.source, config, config.scope)
    model = open_asked(config)
    with begin_run("pairs", config, fingerprints(model, inputs), seed=config.seed) as run:
        if run.summary is None:
            maker = _PairMaker(run, model, distortions, config)
            fill(run, inputs, maker.live, [model], label="pairs", batch=BATCH, replicas=ReplicaTask(make_pairs, config))
            refuse_unanswered(run.path, run)
            scorer = open_model(config) if config.replicas else model
            finish(run, scorer)
        return result_of(run)


def finish(run: Run, scorer: Model) -> None:
    """Count the records, and say how usual the rejected answers are where the model can tell."""
    foreseen = foresee(scorer, run.records(PreferencePair)) if isinstance(scorer, ScoringModel) else None
    run.finish({**summarise(run), "foresight": to_json(foreseen) if foreseen else None})


def result_of(run: Run) -> PairsResult:
    """What a finished run of pairs came to."""
    summary = run.summary or {}
    return PairsResult(run.path, int(str(summary["made"])), int(str(summary["kept"])))


def summarise(run: Run) -> dict[str, Json]:
    """How many records a run of pairs holds, and how many pairs."""
    return {"made": len(run), "kept": sum(1 for _ in run.records(PreferencePair))}


@dataclass(frozen=True)
class _PairMaker:
    """Algorithm 1, from an example to what the model is asked, and from its answers to the record."""

    run: Run
    model: Model
    distortions: tuple[Distortion, ...]
    config: PairsConfig

    def live(self, _: int, example: Example) -> Life:
        """Ask about the clean picture and about each distorted one, all scored on the clean one if the model can."""
        number = self.config.distorted_image
        if left_out := without_picture(example, number):
            return left_out
        distorted = [
            partial(distorted_request, example, distortion, self._seed(example, distortion), number)
            for distortion in self.distortions
        ]
        decoding = self.config.decoding
        calls = [(build, decoding) for build in (partial(clean_request, example), *distorted)]
        chosen, *others = yield asks(self.model, calls, scored=True)
        made = self._made(example, chosen, others)
        return [replace(made, replies=tuple(reply.end for reply in (chosen, *others)))]

    def _seed(self, example: Example, distortion: Distortion) -> int:
        return distortion_seed(self.config.seed, example, distortion.spec)

    def _made(self, example: Example, chosen: Reply, others: Sequence[Reply]) -> PreferencePair | Dropped:
        """Equation 11: negatives that equal the chosen answer, or one another, are left out."""
        if lost := self._unusable(example, chosen, others):
            return lost
        different: _DistortedReplies = {}
        for distortion, reply in zip(self.distortions, others, strict=True):
            if reply.text != chosen.text and reply.end != "thinking cut":
                different.setdefault(reply.text, (distortion, reply))
        if not different:
            equal = any(reply.text == chosen.text for reply in others)
            return dropped(example, "equal answers" if equal else "no rejected answer", chosen.text)
        found = self._by_truth(example, chosen, different)
        if isinstance(found, Dropped):
            return found
        if self.config.match_length is None:
            return self._pair(example, chosen, found.values())
        return self._matched(example, chosen, [*found.values()], self.config.match_length)

    def _unusable(self, example: Example, chosen: Reply, others: Sequence[Reply]) -> Dropped | None:
        for reply in (chosen, *others):
            if reply.finish == "error":
                return dropped(example, "refused", reply.error)
        if not chosen.text:
            return dropped(example, "empty answer", example.question)
        cut = chosen.end == "cut" and not self.config.keep_cut
        return dropped(example, "cut answer", chosen.text) if cut else None

    def _by_truth(self, example: Example, chosen: Reply, different: _DistortedReplies) -> _DistortedReplies | Dropped:
        """The negatives that `--keep` keeps, or why there is no pair."""
        if self.config.keep is None:
            return different
        keep, truth = Keep.parse(self.config.keep), example.answer
        if not truth:
            return dropped(example, NO_TRUTH, chosen.text)
        if not keep.takes_chosen(chosen.text, truth):
            return dropped(example, "chosen wrong", chosen.text)
        found = {text: one for text, one in different.items() if keep.takes_rejected(text, truth)}
        return found or dropped(example, "rejected right", chosen.text)

    def _matched(
        self, example: Example, chosen: Reply, rejected: Sequence[tuple[Distortion, Reply]], share: float
    ) -> PreferencePair | Dropped:
        """The pair without the negatives that are longer or shorter than the chosen answer by more than a share."""
        length, *others = (_tokens(reply) for reply in (chosen, *(one for _, one in rejected)))
        if not all((length, *others)):
            return dropped(example, "unknown length", "It is not known how many tokens the answers alone have.")
        alike = [of_like_length(length, other, share) for other in others]
        if not any(alike):
            return dropped(example, "different lengths", f"{length} tokens against {', '.join(map(str, others))}")
        return self._pair(example, chosen, compress(rejected, alike))

    def _pair(self, example: Example, chosen: Reply, rejected: Iterable[tuple[Distortion, Reply]]) -> PreferencePair:
        return PreferencePair(
            id=example.id,
            image=self.run.add_image(example.image),
            question=example.question,
            chosen=answer_of(chosen),
            rejected=tuple(
                Rejected(distortion=distortion.spec, seed=self._seed(example, distortion), answer=answer_of(reply))
                for distortion, reply in rejected
            ),
            source=example.source,
            answer=example.answer,
            facts=example.facts,
            before=example.before,
            more_images=tuple(map(self.run.add_image, example.more_images)),
            distorted_image=self.config.distorted_image if example.more_images else 0,
        )


def dropped(example: Example, reason: str, detail: str) -> Dropped:
    """The example without a pair, and why."""
    return Dropped(id=example.id, source=example.source, reason=reason, detail=detail)


def _tokens(reply: Reply) -> int:
    """Of the answer alone; 0 where that is not known."""
    return 0 if reply.thinking else reply.completion_tokens


def answer_of(reply: Reply) -> Answer:
    """The reply as a record keeps it."""
    return Answer(
        text=reply.text,
        token_ids=reply.token_ids,
        ref_logp=reply.logp,
        thinking=reply.thinking,
        finish=reply.came_to_its_end,
    )
