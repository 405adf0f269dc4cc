"""`burnish bench standard NAME`: every question is asked, the answers are written in official form, and scored."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial

from burnish.bench.prediction import prediction
from burnish.bench.standard.asking.base import AnsweredQuestion, BenchmarkSource, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.registry import benchmark, open_benchmark
from burnish.config import config_of
from burnish.errors import RunError
from burnish.generation import Life, fill, make_run
from burnish.generation.questions import asks, clean_request, fingerprints
from burnish.generation.replicas import ReplicaTask, open_asked
from burnish.progress import tracked
from burnish.records import Dropped, Example, Prediction
from burnish.scores import StandardResult
from burnish.sources import ExampleStream, Sampling
from burnish.store import Run
from burnish.store.codec import to_json

ENDED = "ended"
"""Whether the model came to an end, among the facts of a record."""


def bench_standard(config: AskConfig) -> StandardResult:
    """Fill the run `config.out` with one Prediction or Dropped a question, write the answers there, and score them.

    Raises a BurnishError for files, a model or a run that cannot be used; the files are looked at before the model is
    loaded. A killed call is resumed by a second one.
    """
    opened = open_benchmark(config)
    source = BenchmarkSource(opened, config.limit, config.seed)
    inputs = ExampleStream([source], Sampling(per_image=None, seed=config.seed, shard=config.shard))
    model = open_asked(config)
    prompt = hashlib.sha256(opened.frame.encode()).hexdigest()
    found = {**fingerprints(model, inputs), "prompt": prompt}
    decoding = config.decoding

    def live(run: Run, _: int, example: Example) -> Life:
        [reply] = yield asks(model, [(partial(clean_request, example), decoding)])
        return [prediction(run, example, reply, facts={ENDED: reply.finish == "stop"})]

    def ask(run: Run) -> None:
        fill(
            run,
            inputs,
            partial(live, run),
            [model],
            label=config.benchmark,
            replicas=ReplicaTask(bench_standard, config),
        )

    def score(run: Run) -> StandardResult:
        return _counted(run, config.benchmark) if config.shard else _finish(run, opened, source, config.benchmark)

    return make_run("standard", config, found, seed=config.seed, fill=ask, score=score)


def finish(run: Run, name: str) -> StandardResult:
    """Write and score the answers of a run that is whole. Raises a BurnishError for files that cannot be used."""
    way = benchmark(name).ask
    if way is None:
        raise RunError(f"{run.path} holds answers to {name}, which is not asked: use `burnish score {name}`.")
    config = config_of(way.config, run.manifest.settings)
    opened = open_benchmark(config)
    return _finish(run, opened, BenchmarkSource(opened, config.limit, config.seed), name)


def _counted(run: Run, name: str) -> StandardResult:
    """Of a part, which has no scores of its own."""
    unanswered = Counter(record.reason for record in run.records(Dropped))
    return StandardResult(benchmark=name, questions=len(run), unanswered=dict(unanswered.most_common()), scores=None)


def _finish(run: Run, opened: OpenBenchmark, source: BenchmarkSource, name: str) -> StandardResult:
    """Writes and scores; a question without an answer has the empty one, as if the model had said nothing."""
    texts: dict[str, tuple[str, bool]] = {}
    unanswered = Counter[str]()
    for record in tracked(run, f"score {name}", len(run), unit="answers"):
        if isinstance(record, Prediction):
            texts[record.id] = (record.text, bool(record.facts[ENDED]))
        elif isinstance(record, Dropped):
            unanswered[record.reason] += 1
    predictions = [AnsweredQuestion(asked, *texts.get(asked.id, ("", True))) for asked in source.candidates()]
    opened.write(predictions, run.path)
    scored = opened.score(predictions)
    return StandardResult(
        benchmark=name,
        title=benchmark(name).heading,
        questions=len(predictions),
        unanswered=dict(unanswered.most_common()),
        left_out=opened.left_out(),
        scores=to_json(scored.scores) if scored else None,
    )
