"""What pairs tell of themselves without any label; docs/seva.md has how little of the gain that foretells.

SeVa takes away what a model says because it is usual rather than because it is there. So the question is how much more
usual rejected answers are than chosen ones, and the model itself is asked: how likely is either answer to the question
alone, without the picture?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from statistics import fmean

from burnish.generation.questions import conversation
from burnish.models import Request, ScoringModel
from burnish.records import PreferencePair
from burnish.scores import Foresight

LOOKED_AT = 256
"""Pairs that are enough for two digits."""


def foresee(model: ScoringModel, pairs: Iterable[PreferencePair]) -> Foresight | None:
    """Looks at the first pairs; None where there is none that has the model's tokens and log-probabilities."""
    known = [*islice(_scored(pairs), LOOKED_AT)]
    if not known:
        return None
    requests = [Request(messages=conversation(pair.question, (), pair.before)) for pair in known]
    answers = [[pair.chosen.token_ids, *(one.answer.token_ids for one in pair.rejected)] for pair in known]
    gaps = [logp - chosen for chosen, *rejected in model.score(requests, answers) for logp in rejected]
    return Foresight(
        pairs=len(known),
        rejected_more_usual=fmean(gap > 0 for gap in gaps),
        gap=fmean(gaps),
        margin=fmean(margin for pair in known for margin in _margins(pair)),
    )


def pooled(parts: Sequence[Foresight]) -> Foresight:
    """Of the parts of a run: the first's, where it has as many pairs as are looked at, else over the pairs of all."""
    first, pairs = parts[0], sum(part.pairs for part in parts)
    if first.pairs >= LOOKED_AT or len(parts) == 1:
        return first
    return Foresight(
        pairs=pairs,
        rejected_more_usual=sum(part.pairs * part.rejected_more_usual for part in parts) / pairs,
        gap=sum(part.pairs * part.gap for part in parts) / pairs,
        margin=sum(part.pairs * part.margin for part in parts) / pairs,
    )


def _scored(pairs: Iterable[PreferencePair]) -> Iterator[PreferencePair]:
    for pair in pairs:
        answers = (pair.chosen, *(one.answer for one in pair.rejected))
        if all(answer.token_ids and answer.ref_logp is not None for answer in answers):
            yield pair


def _margins(pair: PreferencePair) -> Sequence[float]:
    chosen = pair.chosen.ref_logp or 0.0
    return [chosen - (one.answer.ref_logp or 0.0) for one in pair.rejected]
