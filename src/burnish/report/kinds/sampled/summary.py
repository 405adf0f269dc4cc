"""What a run of answers at several temperatures holds: how long they are, and how many are still the one at 0."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from burnish.records import Dropped, Json, Prediction
from burnish.scores import Estimate
from burnish.store import Run
from burnish.store.codec import to_json
from burnish.uncertainty import Floats, Interval, bootstrap_interval, rate_interval, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTemperature:
    """The answers that were drawn at one temperature; intervals are over pictures."""

    temperature: float
    answers: int
    tokens: Estimate
    """Mean length in the model's own tokens; undefined where an endpoint tells none."""
    words: Estimate
    """The same, in what stands between white space."""
    same: Estimate
    """Share of the answers that are, letter by letter, the one at temperature 0; undefined for that, and without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledSummary:
    """All of a run."""

    rows: tuple[AtTemperature, ...]
    """From the lowest temperature on."""
    dropped: Counter[str]
    """Answers that there are not, by reason."""

    def to_json(self) -> dict[str, Json]:
        """By temperature, and the drops."""
        rows: dict[str, Json] = {f"{row.temperature:g}": to_json(row) for row in self.rows}
        return {"temperatures": rows, "dropped": dict[str, Json](self.dropped)}


class _MeasureSums:
    """Of one measure at one temperature: by picture, the sum of its values and their number."""

    def __init__(self) -> None:
        self._terms: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def add(self, picture: str, value: float) -> None:
        """Count one answer."""
        terms = self._terms[picture]
        terms[0] += value
        terms[1] += 1

    def estimate(self, interval_of: Callable[[Floats], Interval | None]) -> Estimate:
        """Their mean."""
        if not self._terms:
            return Estimate(value=None, low=None, high=None, n=0)
        terms_P2 = np.array([*self._terms.values()])
        low, high = interval_of(terms_P2) or (None, None)
        return Estimate(value=ratio(terms_P2), low=low, high=high, n=int(terms_P2[:, 1].sum()))


def summarise_sampled(run: Run) -> SampledSummary:
    """Read the run once; memory grows with its pictures, not with its texts."""
    sums: defaultdict[float, defaultdict[str, _MeasureSums]] = defaultdict(lambda: defaultdict(_MeasureSums))
    for temperature, picture, measure, value in _measures(run):
        sums[temperature][measure].add(picture, value)
    return SampledSummary(
        rows=tuple(_row(temperature, sums[temperature]) for temperature in sorted(sums)),
        dropped=Counter(record.reason for record in run.records(Dropped)),
    )


def _measures(run: Run) -> Iterator[tuple[float, str, str, float]]:
    """Temperature, picture, what is measured, and its value."""
    for _, answers in groupby(run.records(Prediction), key=lambda record: (record.source, record.id)):
        drawn = {float(str(record.facts["temperature"])): record for record in answers}
        for temperature, record in drawn.items():
            yield temperature, record.image, "words", len(record.text.split())
            if record.n_tokens:
                yield temperature, record.image, "tokens", record.n_tokens
            if 0.0 in drawn and temperature:
                yield temperature, record.image, "same", record.text == drawn[0.0].text


def _row(temperature: float, sums: defaultdict[str, _MeasureSums]) -> AtTemperature:
    words, tokens = (sums[measure].estimate(bootstrap_interval) for measure in ("words", "tokens"))
    return AtTemperature(
        temperature=temperature,
        answers=words.n,
        tokens=tokens,
        words=words,
        same=sums["same"].estimate(rate_interval),
    )
