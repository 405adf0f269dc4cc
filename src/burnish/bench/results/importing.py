"""Fills a run with results of another harness, and scores it by the harness's own numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from burnish.bench.measures import Measures
from burnish.bench.metrics import Term
from burnish.bench.results.configs import ImportResultsConfig
from burnish.bench.results.lmms_samples import read_samples
from burnish.bench.results.rows import ResultRow, Results
from burnish.bench.results.vlmevalkit_tables import ENDINGS, model_of, read_table
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.numbers import measured_scores
from burnish.errors import ConfigError, SourceError
from burnish.generation.runs import begin_run
from burnish.records import Prediction
from burnish.scores import Metric, StandardResult
from burnish.store import Run
from burnish.store.codec import to_json

KIND = "results"


def import_results(config: ImportResultsConfig) -> StandardResult:
    """Fill the run `config.out` with one Prediction per answer, and score it. Raises a BurnishError."""
    found = together([_read(path) for path in config.files])
    model = config.model or next(filter(None, map(model_of, config.files)), Path(config.files[0]).resolve().parent.name)
    digest = hashlib.sha256()
    for path in config.files:
        digest.update(Path(path).read_bytes())
    prints = {"results": digest.hexdigest()}
    with begin_run(KIND, config, prints, seed=0) as run:
        return fill(run, found, model)


def _read(path: str) -> Results:
    if path.endswith(".jsonl"):
        return read_samples(path)
    if path.lower().endswith(ENDINGS):
        return read_table(path)
    raise ConfigError(f"{path} is neither lmms-eval's .jsonl nor a table of VLMEvalKit ({', '.join(ENDINGS)}).")


def together(found: Sequence[Results]) -> Results:
    """All results as one. Raises SourceError for two answers to one question."""
    rows = [row for one in found for row in one.rows]
    seen = set[tuple[str, str]]()
    for row in rows:
        if (row.task, row.id) in seen:
            raise SourceError(f"The results have two answers to question {row.id} of {row.task}: give each file once.")
        seen.add((row.task, row.id))
    if not any(row.scores for row in rows):
        raise SourceError("The results hold no number of any answer: give the files that the harness has scored.")
    notes = dict.fromkeys(filter(None, (one.note for one in found)))
    return Results(rows, frozenset().union(*(one.lower for one in found)), " ".join(notes))


def fill(run: Run, results: Results, model: str) -> StandardResult:
    """Put the answers into the run, unless they are there, and score them."""
    if run.summary is None:
        run.append(_record(row, model) for row in results.rows[len(run) :])
    answers = [scored(record) for record in run.records(Prediction)]
    scores = measured_scores(model, answers, measures_of(answers, results.lower), note=results.note).scores
    tasks = list(dict.fromkeys(row.task for row in results.rows))
    result = StandardResult(
        benchmark=", ".join(tasks),
        title=", ".join(tasks),
        questions=len(results.rows),
        unanswered={},
        scores=to_json(scores),
    )
    run.finish(to_json(result))
    return result


def _record(row: ResultRow, model: str) -> Prediction:
    return Prediction(
        id=row.id,
        image="",
        question=row.question,
        answer=row.truth,
        text=row.text,
        source=row.task,
        facts={"scores": {**row.scores}, "group": row.group, "picture": row.picture, "model": model},
    )


def scored(record: Prediction) -> ScoredAnswer:
    """An answer by the harness's numbers; questions of unknown pictures count as of one each."""
    given = record.facts["scores"]
    group = str(record.facts["group"])
    return ScoredAnswer(
        key=Key(record.source, record.id),
        asked=Asked(str(record.facts["picture"]) or f"{record.source}/{record.id}", record.question, record.answer),
        groups=in_groups((record.source, *([f"{record.source}: {group}"] if group else []))),
        terms={name: Term(float(str(value)), 1) for name, value in given.items()} if isinstance(given, dict) else {},
        text=record.text,
    )


def measures_of(answers: Sequence[ScoredAnswer], lower: frozenset[str]) -> Measures:
    """Shares where all numbers are from 0 to 1, else points; the first number decides."""
    values: dict[str, list[float]] = {}
    for answer in answers:
        for name, term in answer.terms.items():
            values.setdefault(name, []).append(term.numerator)
    metrics: Mapping[str, Metric] = {
        name: Metric(
            name=name,
            title=name.replace("_", " "),
            family="results",
            unit="%" if all(0 <= value <= 1 for value in of) else "points",
            interval="wilson" if {*of} <= {0.0, 1.0} else "bootstrap",
            better="lower" if name in lower else "higher",
        )
        for name, of in values.items()
    }
    return Measures(metrics, tuple(metrics), tuple(metrics))
