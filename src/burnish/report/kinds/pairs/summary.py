"""What a run of preference pairs holds, counted in one pass: a million pairs take no more memory than ten."""

from __future__ import annotations

import math
import string
from collections import Counter
from dataclasses import dataclass, field

from burnish.errors import RunError
from burnish.progress import tracked
from burnish.records import Answer, Dropped, Json, PreferencePair
from burnish.report.distribution import Distribution
from burnish.scores import Foresight
from burnish.store import Run
from burnish.store.codec import from_json, to_json

_LETTERS = 24
"""Of a first word: more is a sentence in a script without spaces, and would be a word of its own each time."""
_WORDS, _OTHERS = 10_000, ""
"""Different first words that are counted, and under what all further ones are."""


@dataclass(slots=True)
class AnswerCounts:
    """First words, and lengths in words and, where the backend tells them, in the model's tokens with the end token."""

    tokens: Distribution = field(default_factory=Distribution)
    words: Distribution = field(default_factory=Distribution)
    first_words: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Answer) -> str:
        """Count one answer, and return its first word; empty where there is none."""
        words = answer.text.split()
        self.words.add(len(words))
        if answer.token_ids:
            self.tokens.add(len(answer.token_ids))
        first = words[0].strip(string.punctuation).casefold()[:_LETTERS] if words else ""
        if first:
            known = first in self.first_words or len(self.first_words) < _WORDS
            self.first_words[first if known else _OTHERS] += 1
        return first

    @property
    def variety(self) -> float | None:
        """The perplexity of the first words: as many different ones, were they all as frequent, would be as varied.

        None where there is none.
        """
        n = self.first_words.total()
        if not n:
            return None
        return math.exp(-sum(times / n * math.log(times / n) for times in self.first_words.values()))


@dataclass(slots=True)
class SourceCounts:
    """What became of one source's examples."""

    made: int = 0
    kept: int = 0


@dataclass(slots=True, kw_only=True)
class PairsSummary:
    """What became of the examples, and how long and how varied the answers are."""

    sources: dict[str, SourceCounts] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    """Examples without a pair, by reason."""
    negatives: Counter[int] = field(default_factory=Counter)
    """Pairs by how many rejected answers they have."""
    distortions: Counter[str] = field(default_factory=Counter)
    """Rejected answers by distortion."""
    polar: Counter[str] = field(default_factory=Counter)
    """Rejected answers that say no where the chosen one says yes, or yes where it says no, by what was chosen."""
    chosen: AnswerCounts = field(default_factory=AnswerCounts)
    rejected: AnswerCounts = field(default_factory=AnswerCounts)
    foresight: Foresight | None = None
    """How usual rejected answers are, where a local model made the pairs and the run is finished."""

    @property
    def made(self) -> int:
        """Examples that went in."""
        return sum(source.made for source in self.sources.values())

    @property
    def kept(self) -> int:
        """Pairs that came out."""
        return sum(source.kept for source in self.sources.values())

    @property
    def less_varied(self) -> float | None:
        """By what share rejected answers are less varied than chosen ones: below 0 where more, None without any."""
        chosen, rejected = self.chosen.variety, self.rejected.variety
        return None if chosen is None or rejected is None else 1 - rejected / chosen

    def to_json(self) -> dict[str, Json]:
        """The counts, means and medians as JSON values."""
        return {
            "made": self.made,
            "kept": self.kept,
            "dropped": dict(self.dropped.most_common()),
            "sources": {name: {"made": s.made, "kept": s.kept} for name, s in self.sources.items()},
            "negatives_per_pair": {str(number): pairs for number, pairs in sorted(self.negatives.items())},
            "negatives_by_distortion": dict(self.distortions),
            "answer_length": {
                name: {
                    unit: {"n": lengths.n, "mean": lengths.mean, "median": lengths.median}
                    for unit, lengths in (("tokens", answers.tokens), ("words", answers.words))
                }
                for name, answers in (("chosen", self.chosen), ("rejected", self.rejected))
            },
            "yes_or_no": {f"{chosen}_chosen": self.polar[chosen] for chosen in ("yes", "no")},
            "answer_variety": {
                "chosen": self.chosen.variety,
                "rejected": self.rejected.variety,
                "less_varied": self.less_varied,
            },
            "foresight": to_json(self.foresight) if self.foresight else None,
        }


def summarise_pairs(run: Run) -> PairsSummary:
    """Counts every record of a run of `burnish pairs`. Raises RunError for another kind of run or an empty one."""
    if run.manifest.kind != "pairs":
        raise RunError(f"{run.path} holds {run.manifest.kind}, not pairs: give a run of `burnish pairs`.")
    summary = PairsSummary(foresight=_foresight(run))
    for record in tracked(run, f"count {run.path.name}", len(run), unit="records"):
        if isinstance(record, PreferencePair | Dropped):
            counts = summary.sources.setdefault(record.source, SourceCounts())
            counts.made += 1
            if isinstance(record, Dropped):
                summary.dropped[record.reason] += 1
            else:
                counts.kept += 1
                _add_pair(summary, record)
    if not summary.made:
        raise RunError(f"{run.path} holds no record yet: call `burnish pairs` again, with a source that has examples.")
    return summary


def _foresight(run: Run) -> Foresight | None:
    found = (run.summary or {}).get("foresight")
    return from_json(Foresight, found) if found else None


def _add_pair(summary: PairsSummary, pair: PreferencePair) -> None:
    summary.negatives[len(pair.rejected)] += 1
    chosen = summary.chosen.add(pair.chosen)
    for rejected in pair.rejected:
        summary.distortions[rejected.distortion] += 1
        if {chosen, summary.rejected.add(rejected.answer)} == {"yes", "no"}:
            summary.polar[chosen] += 1
