"""SHR (Zhao et al., 2023): the share of the sentences of detailed descriptions that a judge calls hallucinations."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from burnish.bench.metrics import Term
from burnish.bench.scored import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.configs import ScoreShrConfig
from burnish.bench.standard.files import document, members
from burnish.bench.standard.numbers import RATE, Scored, bounds, sums_by_picture
from burnish.bench.standard.shr_labels import LABELS, Judged, labels
from burnish.errors import SourceError
from burnish.scores import ShrScores

FORM = (
    "judgements are one JSON object, as HA-DPO's shr_eval (github.com/opendatalab/HA-DPO) writes judgement.json: by "
    "run and picture, with `raw_judgement` and `model_response`"
)


def score_files(config: ScoreShrConfig) -> Scored[ShrScores]:
    """The scores of recorded judgements. Raises SourceError, naming file and item."""
    runs = [
        {
            # the official evaluators spell the field in two ways
            picture: Judged(item.text("model_response", "mode_response"), item.text("raw_judgement"))
            for picture, item in members(run)
        }
        for _, run in members(document(config.judgements, FORM))
    ]
    if not any(runs):
        raise SourceError(f"{config.judgements} holds no judgement: {FORM}.")
    return score(runs)


def score(runs: Sequence[Mapping[str, Judged]]) -> Scored[ShrScores]:
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
