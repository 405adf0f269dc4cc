"""SHR (Zhao et al., 2023): the share of the sentences of detailed descriptions that a judge calls hallucinations."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from burnish.bench.measures import measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.asking.base import OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.written import for_a_judge, write_by_key
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import document, items, members
from burnish.bench.standard.numbers import RATE, Scored, bounds, sums_by_picture
from burnish.bench.standard.shr_labels import LABELS, LabelledDescription, labels
from burnish.errors import SourceError
from burnish.models import Decoding
from burnish.scores import BETTER, Metric, ShrScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreShrConfig:
    """Score a judge's recorded judgements of detailed descriptions: the share of hallucinated sentences."""

    benchmark: ClassVar[str] = "shr"
    judgements: str
    """The judge's replies as HA-DPO's shr_eval writes judgement.json: by run and picture, `raw_judgement` and
    `model_response`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskShrConfig(AskConfig):
    """Ask for a detailed description of each of SHR's pictures, for a judge to label."""

    benchmark = "shr"
    max_new_tokens: int = 512
    """Longest description, in tokens."""
    beams: int = 5
    """Beams of the beam search, as SHR's authors use it; endpoints need 1 (greedy). Numbers with different beams are
    not comparable."""

    @property
    def decoding(self) -> Decoding:
        """By beam search."""
        return replace(super().decoding, beams=self.beams)


FORM = (
    "judgements are one JSON object, as HA-DPO's shr_eval (github.com/opendatalab/HA-DPO) writes judgement.json: by "
    "run and picture, with `raw_judgement` and `model_response`"
)


def score_files(config: ScoreShrConfig) -> Scored[ShrScores]:
    """The scores of recorded judgements. Raises SourceError, naming file and item."""
    runs = [
        {
            # the official evaluators spell the field in two ways
            picture: LabelledDescription(item.text("model_response", "mode_response"), item.text("raw_judgement"))
            for picture, item in members(run)
        }
        for _, run in members(document(config.judgements, FORM))
    ]
    if not any(runs):
        raise SourceError(f"{config.judgements} holds no judgement: {FORM}.")
    return score(runs)


def score(runs: Sequence[Mapping[str, LabelledDescription]]) -> Scored[ShrScores]:
    """The scores of one or more runs of the judge, by picture."""
    labelled = [{picture: labels(judged) for picture, judged in run.items()} for run in runs]
    kept = [{picture: found for picture, found in run.items() if found is not None} for run in labelled]
    counts = Counter(label for run in kept for found in run.values() for label in found)
    ratios = [
        ratio
        for run in kept
        if (ratio := _ratio(Counter(label for found in run.values() for label in found))) is not None
    ]
    pairs = [(picture, label) for run in kept for picture, found in run.items() for label in found if label in LABELS]
    sums = sums_by_picture([picture for picture, _ in pairs], [(label == LABELS[0], 1) for _, label in pairs])
    scores = ShrScores(
        ratio=statistics.fmean(ratios) if ratios else None,
        interval=bounds(RATE(sums)) if pairs else None,
        runs=tuple(ratios),
        hallucination=counts["hallucination"],
        correct=counts["correct"],
        cannot_judge=counts["cannot judge"],
        unlabelled=counts.total() - sum(counts[label] for label in LABELS),
        images=sum(map(len, kept)),
        excluded=sum(found is None for run in labelled for found in run.values()),
    )
    texts = {picture: judged.response for run in runs for picture, judged in run.items()}
    answers = (scored(picture, text, [run.get(picture, []) for run in kept]) for picture, text in texts.items())
    return Scored(scores, tuple(answers))


def scored(picture: str, response: str, labelled: Sequence[Sequence[str]]) -> ScoredAnswer:
    """What a description adds: its hallucinated sentences, and all that were judged, in every run of the judge."""
    counts = Counter(label for found in labelled for label in found)
    return ScoredAnswer(
        key=Key("", picture),
        asked=Asked(picture, "", ""),
        groups=in_groups(()),
        terms={"hallucinated": Term(counts[LABELS[0]], sum(counts[label] for label in LABELS))},
        text=response,
    )


def _ratio(counts: Counter[str]) -> float | None:
    judged = sum(counts[label] for label in LABELS)
    return counts["hallucination"] / judged if judged else None


SHR_RELEASE = "val_images_final.json is in ha_dpo/data/shr of github.com/opendatalab/HA-DPO"
SHR_PICTURES = (
    "SHR's pictures are Visual Genome's VG_100K and VG_100K_2, on homes.cs.washington.edu/~ranjay/visualgenome"
)
DESCRIBE = "Describe this image in detail."
_HALLUCINATED = Metric(
    name="hallucinated",
    title="hallucinated",
    family="judged",
    unit="%",
    interval="wilson",
    better=BETTER["hallucinated"],
)


def open_shr(config: AskShrConfig) -> OpenBenchmark:
    """SHR as it is asked. Raises SourceError."""
    data = open_data(config, ("VG_100K", "VG_100K_2", "."), SHR_PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: items(str(root / "val_images_final.json"), SHR_RELEASE)):
            yield Candidate(
                id=row.key("image_id", ROW),
                image=data.picture(row, lambda row: f"{row.key('image_id')}.jpg"),
                question=DESCRIBE,
                source="shr",
            )

    return OpenBenchmark(frame=DESCRIBE, questions=questions, pictures=data, write=write_by_key, score=for_a_judge)


BENCHMARK = Benchmark(
    title="SHR",
    what="a judge's recorded labels",
    score=Way(ScoreShrConfig, score_files),
    ask=Way(AskShrConfig, open_shr),
    measures=lambda _: measures(_HALLUCINATED),
)
