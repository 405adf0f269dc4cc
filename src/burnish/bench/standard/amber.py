"""AMBER (Wang et al., 2023): hallucinations in descriptions, and in answers about existence, attributes and relations.

By the rule of the authors' inference.py (github.com/junyangwang0410/AMBER, 5e1fd52). In descriptions: CHAIR, the share
of objects named that are not there; Cover, of a picture's objects that are named; Hal, of descriptions with any that is
not there; Cog, of the objects that people would imagine there. In answers no is the positive class, and one that is
neither Yes nor No is wrong. The authors' F1 is of rounded numbers; here it is exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from burnish.bench.measures import Measures
from burnish.bench.metrics import Term, says_clearly
from burnish.bench.sample_scores import ScoredAnswer
from burnish.bench.standard.amber_words import OfficialWords, PlainWords, Words
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import Release, open_data
from burnish.bench.standard.asking.frames import BARE
from burnish.bench.standard.asking.written import number, write_document
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, items, text_lines
from burnish.bench.standard.numbers import Scored, bootstrap, measured_scores, sums_by_picture
from burnish.bench.standard.recorded_answers import recorded_answers, valued
from burnish.errors import ConfigError
from burnish.records import Json
from burnish.scores import Estimate, MeasuredScores, Metric
from burnish.sources import Candidate
from burnish.uncertainty import Floats, ratios

RELEASE = "AMBER's files are in data of github.com/junyangwang0410/AMBER, its pictures are linked from there"
DESCRIPTIONS = "generative"
KINDS = {
    "discriminative-hallucination": ("existence",),
    "discriminative-attribute-state": ("attribute", "state"),
    "discriminative-attribute-number": ("attribute", "number"),
    "discriminative-attribute-action": ("attribute", "action"),
    "discriminative-relation": ("relation",),
    "relation": ("relation",),
}
"""The groups of a type of question."""
AmberTask: TypeAlias = Literal["all", "generative", "discriminative", "existence", "attribute", "relation"]
WordsName: TypeAlias = Literal["amber", "plain"]
AnswerReading: TypeAlias = Literal["exact", "first"]
PLAIN = "By plain words (--words plain): these are not AMBER's numbers."
FIRST = "Answers are read by the first yes or no in them (--reading first); AMBER takes exactly Yes or No."


def _metric(name: str, title: str, family: str, *, better: Literal["higher", "lower"] = "higher") -> Metric:
    interval: Literal["wilson", "bootstrap"] = "bootstrap" if name == "f1" else "wilson"
    return Metric(name=name, title=title, family=family, unit="%", interval=interval, better=better)


_ALL = (
    _metric("chair", "CHAIR", "descriptions", better="lower"),
    _metric("cover", "Cover", "descriptions"),
    _metric("hal", "Hal", "descriptions", better="lower"),
    _metric("cog", "Cog", "descriptions", better="lower"),
    _metric("accuracy", "accuracy", "answers"),
    _metric("precision", "precision", "answers"),
    _metric("recall", "recall", "answers"),
    _metric("f1", "F1", "answers"),
)
OVERALL = _metric("amber_score", "AMBER score", "both tasks")
"""Of the two tasks together, where both were asked."""
MEASURES = Measures({metric.name: metric for metric in _ALL}, ("chair", "f1"), ("hal", "accuracy"))


@dataclass(frozen=True, kw_only=True)
class ScoreAmberConfig:
    """Score recorded answers to AMBER: CHAIR, Cover, Hal and Cog of descriptions; accuracy and F1 of answers."""

    benchmark: ClassVar[str] = "amber"
    questions: str
    """The folder `data` of AMBER: annotations.json, relation.json, safe_words.txt and query/query_all.json."""
    predictions: str
    """A JSON list or JSON lines with `id` and `response`."""
    task: AmberTask = "all"
    """Which of AMBER's tasks was asked."""
    words: WordsName = "amber"
    """How descriptions are read: `amber` as the authors do, by NLTK and spaCy, which you install; `plain` by the words
    of AMBER's lists alone, whose numbers are not AMBER's."""
    reading: AnswerReading = "exact"
    """How answers are read: `exact` takes Yes and No alone, as the authors do; `first` the first yes or no in them."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskAmberConfig(AskConfig):
    """Ask AMBER's questions: descriptions of pictures, and yes or no about existence, attributes and relations."""

    benchmark = "amber"
    task: AmberTask = "all"
    """Which of AMBER's tasks to ask."""
    words: WordsName = "amber"
    """How descriptions are read: `amber` as the authors do, by NLTK and spaCy, which you install; `plain` by the words
    of AMBER's lists alone, whose numbers are not AMBER's."""
    reading: AnswerReading = "exact"
    """How answers are read: `exact` takes Yes and No alone, as the authors do; `first` the first yes or no in them."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""


class Lists(NamedTuple):
    """AMBER's lists of words."""

    related: Mapping[str, Sequence[str]]
    """From an object to other words for it."""
    safe: frozenset[str]
    """Words that are never counted as hallucinations."""

    @property
    def known(self) -> frozenset[str]:
        """All words that are looked for."""
        return frozenset((*self.related, *(word for words in self.related.values() for word in words)))


def score_files(config: ScoreAmberConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    root = Path(config.questions)
    lists = read_lists(root)
    questions = (_question(row, row.text("image"), lists) for row in _rows(root, config.task))
    predictions = recorded_answers(questions, config.predictions, config.questions)
    return score(predictions, words=config.words, reading=config.reading)


def score(
    predictions: Sequence[AnsweredQuestion], *, words: WordsName, reading: AnswerReading
) -> Scored[MeasuredScores]:
    """The numbers of both tasks, as far as they were asked. Raises ConfigError without NLTK and spaCy."""
    described = [one for one in predictions if one.fact("type") == DESCRIPTIONS]
    opened: Words | None = None
    if described:
        opened = OfficialWords.open() if words == "amber" else PlainWords(_known(described))
    answers = [
        valued(one, described_terms(one, opened))
        if opened and one.fact("type") == DESCRIPTIONS
        else valued(one, answer_terms(one.text, one.asked.answer == "yes", reading), KINDS[one.fact("type")])
        for one in predictions
    ]
    asked = [one for one in predictions if one.fact("type") != DESCRIPTIONS]
    neither = sum(says(one.text, reading) is None for one in asked)
    note = "\n".join(
        filter(None, (PLAIN if described and words == "plain" else "", FIRST if reading == "first" else ""))
    )
    found = measured_scores("AMBER", answers, MEASURES, {"answers that are neither Yes nor No": neither}, note)
    return with_overall(found, answers) if described and asked else found


def with_overall(found: Scored[MeasuredScores], answers: Sequence[ScoredAnswer]) -> Scored[MeasuredScores]:
    """With AMBER's score of both tasks together, (1 - CHAIR + F1) / 2 (Wang et al., 2023); pictures are
    drawn for both at once."""
    nothing = Term(0, 0)
    terms = [(*a.terms.get("chair", nothing), *a.terms.get("f1", nothing)) for a in answers]
    sums_P4 = sums_by_picture([a.picture for a in answers], terms)
    value = float(overall(sums_P4.sum(axis=0)[None])[0])
    if not math.isfinite(value):
        return found
    low, high = bootstrap(sums_P4, overall) or (None, None)
    estimate = Estimate(value=value, low=low, high=high, n=len(answers))
    scores = found.scores
    whole = {**scores.whole, OVERALL.name: estimate}
    return found._replace(scores=replace(scores, metrics=(*scores.metrics, OVERALL), whole=whole))


def overall(sums_R4: Floats) -> Floats:
    """AMBER's score in each of R draws."""
    both: Floats = (1 - ratios(sums_R4[:, :2]) + ratios(sums_R4[:, 2:])) / 2
    return both


def described_terms(one: AnsweredQuestion, words: Words) -> dict[str, Term]:
    """What one description adds."""
    facts = one.asked.facts
    there, imagined = _grouped(facts["truth"]), _grouped(facts["hallu"])
    safe, known = _texts(facts["safe"]), {*_texts(facts["known"]), *_all(there), *_all(imagined)}
    nouns = [noun for noun in words.nouns(one.text) if noun in known]
    covered, met, absent = set[str](), set[str](), 0
    for noun in nouns:
        if noun in safe:
            continue
        if found := _exactly(noun, there):
            covered.add(found)
            continue
        met |= {found for found in (_exactly(noun, imagined), _nearly(noun, imagined, words)) if found}
        if found := _nearly(noun, there, words):
            covered.add(found)
        else:
            absent += 1
    return {
        "chair": Term(absent, len(nouns)),
        "cover": Term(len(covered), len(there)),
        "hal": Term(absent > 0, 1),
        "cog": Term(len(met), len(imagined)),
    }


Grouped: TypeAlias = Mapping[str, Sequence[str]]
"""Objects with other words for them."""


def _all(groups: Grouped) -> list[str]:
    """Every word in the order in which the authors look: other words first, then the objects themselves."""
    return [*(word for words in groups.values() for word in words), *groups]


def _exactly(noun: str, groups: Grouped) -> str:
    return next((name for name, words in groups.items() if noun in words), noun if noun in groups else "")


def _nearly(noun: str, groups: Grouped, words: Words) -> str:
    near = next((word for word in _all(groups) if words.alike(noun, word)), None)
    return _exactly(near, groups) if near is not None else ""


def answer_terms(text: str, truth: bool, reading: AnswerReading) -> dict[str, Term]:
    """What one answer adds; no is the positive class."""
    answer = says(text, reading)
    hit = answer is False and not truth
    return {
        "accuracy": Term(answer == truth, 1),
        "precision": Term(hit, answer is False),
        "recall": Term(hit, not truth),
        "f1": Term(2 * hit, (answer is False) + (not truth)),
    }


def says(text: str, reading: AnswerReading) -> bool | None:
    """Yes or no; None for neither."""
    return {"Yes": True, "No": False}.get(text) if reading == "exact" else says_clearly(text)


def open_amber(config: AskAmberConfig) -> OpenBenchmark:
    """AMBER as it is asked. Raises SourceError, and ConfigError where NLTK and spaCy are wanted and missing."""
    data = open_data(config, ("image", "images", "."), RELEASE)
    if not isinstance(data, Release):
        raise ConfigError(
            "--data of AMBER is its folder `data`, with a folder `image` of pictures, not a table of the hub."
        )
    if config.words == "amber" and config.task in ("all", DESCRIPTIONS):
        OfficialWords.open()
    lists = read_lists(data.root)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _rows(root, config.task)):
            yield _question(row, data.picture(row, lambda row: row.text("image")), lists)

    return OpenBenchmark(
        frame=BARE,
        questions=questions,
        pictures=data,
        write=write,
        score=lambda predictions: score(predictions, words=config.words, reading=config.reading),
        unit=lambda asked: str(asked.facts["picture"]),
    )


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """One list, as the authors' inference.py reads answers."""
    write_document(
        folder / "predictions.json", [{"id": number(one.asked.id), "response": one.text} for one in predictions]
    )


def read_lists(root: Path) -> Lists:
    """Raises SourceError."""
    related = document(str(root / "relation.json"), RELEASE)
    words = {name: [str(word) for word in related.sequence(name)] for name in related.values}
    return Lists(words, frozenset(line for _, line in text_lines(str(root / "safe_words.txt"), RELEASE)))


def _rows(root: Path, task: AmberTask) -> Iterator[Item]:
    """Each question with its annotation, which stands at its id's place."""
    notes = {row.key("id"): row for row in items(str(root / "annotations.json"), RELEASE)}
    for row in items(str(root / "query" / "query_all.json"), RELEASE):
        note = notes.get(row.key("id"))
        if note is None:
            raise row.fault(f"has the id {row.key('id')}, which annotations.json lacks: take both of one release")
        if _is_of(note, task):
            yield Item(row.where, {**row.values, "type": note.text("type"), **note.values})


def _is_of(note: Item, task: AmberTask) -> bool:
    kind = note.text("type")
    if kind != DESCRIPTIONS and kind not in KINDS:
        raise note.fault(f"is of the type {kind!r:.60}, which AMBER does not have: {', '.join((DESCRIPTIONS, *KINDS))}")
    if task in ("all", DESCRIPTIONS) or kind == DESCRIPTIONS:
        return task == "all" or (kind == DESCRIPTIONS) == (task == DESCRIPTIONS)
    return task == "discriminative" or task in KINDS[kind]


def _question(row: Item, picture: str, lists: Lists) -> Candidate:
    described = row.text("type") == DESCRIPTIONS
    truth = None if described else row.text("truth")
    if truth not in (None, "yes", "no"):
        raise row.fault(f"has the truth {truth!r:.40}, and that must be yes or no")
    facts: dict[str, Json] = {"picture": row.text("image"), "question": row.text("query"), "type": row.text("type")}
    if described:
        facts |= {name: _related(row, name, lists) for name in ("truth", "hallu")}
        facts |= {"safe": [*sorted(lists.safe)], "known": [*sorted(lists.known)]}
    return Candidate(
        id=row.key("id"),
        image=picture,
        question=row.text("query"),
        answer=truth or "",
        source=row.text("type"),
        facts=facts,
    )


def _related(row: Item, name: str, lists: Lists) -> dict[str, Json]:
    """Objects of a picture with other words for them. Raises SourceError for one that relation.json lacks."""
    found: dict[str, Json] = {}
    for word in map(str, row.sequence(name)):
        if word not in lists.related:
            raise row.fault(f"has {word!r:.40} as `{name}`, which relation.json lacks: take both of one release")
        found[word] = [*lists.related[word]]
    return found


def _known(described: Sequence[AnsweredQuestion]) -> frozenset[str]:
    """All words that any of these descriptions is searched for."""
    return frozenset(word for one in described for name in ("known", "safe") for word in _texts(one.asked.facts[name]))


def _texts(value: Json) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


def _grouped(value: Json) -> dict[str, list[str]]:
    return {name: _texts(words) for name, words in value.items()} if isinstance(value, dict) else {}


BENCHMARK = Benchmark(
    title="AMBER",
    what="hallucinations in descriptions and answers",
    score=Way(ScoreAmberConfig, score_files),
    ask=Way(AskAmberConfig, open_amber),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, flags: score(
        predictions,
        words="amber" if flags["words"] == "amber" else "plain",
        reading="exact" if flags["reading"] == "exact" else "first",
    ),
)
