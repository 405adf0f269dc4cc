"""`burnish merge`: the runs of all shards become the run that one machine would have made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import tyro

from burnish.config import RunFlags
from burnish.errors import ConfigError, RunError
from burnish.records import Json
from burnish.sources.sharding import unmarked
from burnish.store import Run
from burnish.store.merging import BeforeRecord, RunPart, append_parts, in_order, merged_manifest
from burnish.verbs.output import make_and_print

Summarise: TypeAlias = Callable[[Run, Sequence[Run]], Mapping[str, Json]]
"""What a whole run ends with, from it and its parts."""


@dataclass(frozen=True, kw_only=True)
class MergeConfig(RunFlags):
    """Join the runs of all shards, given in any order, to the run that one machine would have made."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """The runs that were made with --shard 1/N, 2/N … N/N."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ConfigError("There is nothing to merge: give the runs of all shards.")
        if Path(self.out).resolve() in {Path(run).resolve() for run in self.runs}:
            raise ConfigError(f"--out {self.out} is one of the runs to merge: give a new folder.")


def merge(config: MergeConfig) -> None:
    """Join the runs, then tell what the whole run holds. Raises RunError for runs that are not the parts of one."""
    make_and_print(lambda: merge_runs(config), Path(config.out), config.json)


def merge_runs(config: MergeConfig) -> None:
    """Fill the run `config.out` with the records of all parts; a killed call is resumed by a second one."""
    runs, out = [Run.open(Path(path)) for path in config.runs], Path(config.out)
    if runs[0].manifest.kind == "free":
        _merge_free(runs, out, restart=config.restart)
    else:
        _merge_records(runs, out, restart=config.restart)


def _merge_records(runs: Sequence[Run], out: Path, *, restart: bool) -> None:
    parts = in_order([_part(run, run) for run in runs])
    summarise = _summary(parts[0].run)
    with Run.begin(out, merged_manifest(parts[0], str(out)), restart=restart) as run:
        if run.summary is None:
            with _attempts(run) as before:
                append_parts(run, parts, before)
            run.finish(summarise(run, [part.run for part in parts]))


def _merge_free(runs: Sequence[Run], out: Path, *, restart: bool) -> None:
    """Seed by seed, for each has a run of its own, from which all are scored together."""
    from burnish.bench.free import rescored
    from burnish.dialogue.seeds import seed_folders
    from burnish.store.codec import to_json

    seeds = [folder.name for folder in seed_folders(runs[0].path)]
    for other in runs:
        if not seeds or [folder.name for folder in seed_folders(other.path)] != seeds:
            raise RunError(f"{other.path} has other seeds than {runs[0].path}: give the shards of one run.")
    parts = in_order([_part(run, Run.open(run.path / seeds[0])) for run in runs])
    with Run.begin(out, merged_manifest(parts[0], str(out)), restart=restart) as run:
        for seed in seeds:
            _merge_records([Run.open(part.run.path / seed) for part in parts], out / seed, restart=restart)
        run.finish(to_json(rescored(run)))


def part_of(run: Run) -> RunPart:
    """A run as a part. Raises RunError for one that is none."""
    seeds = []
    if run.manifest.kind == "free":
        from burnish.dialogue.seeds import seed_folders

        seeds = seed_folders(run.path)
    return _part(run, Run.open(seeds[0]) if seeds else run)


def _part(run: Run, marked: Run) -> RunPart:
    """A run as a part; `marked` is the run, or one in it, whose inputs tell which."""
    found = {name: unmarked(value) for name, value in marked.manifest.fingerprints.items()}
    shard = next((shard for _, shard in found.values() if shard), None)
    if shard is None:
        raise RunError(f"{run.path} is not a shard of a run: give runs that were made with --shard.")
    whole = run.manifest
    if run is marked:
        whole = replace(whole, fingerprints={name: fingerprint for name, (fingerprint, _) in found.items()})
    return RunPart(run, whole, shard.number, shard.count)


@contextmanager
def _attempts(run: Run) -> Iterator[BeforeRecord]:
    """Copies what composing took, under the records' places in the whole run."""
    from burnish.dialogue.generation_log import Attempt, Attempts

    if run.manifest.kind != "compose":
        yield lambda _part, _place: None
        return
    known: dict[Path, Mapping[int, list[Attempt]]] = {}
    with Attempts.writing(run) as attempts:

        def before(part: Run, place: int) -> None:
            if part.path not in known:
                known.clear()
                known[part.path] = by_record = defaultdict(list)
                for attempt in Attempts(part):
                    by_record[attempt.record].append(attempt)
            attempts.append([replace(one, record=len(run)) for one in known[part.path].get(place, ())])

        yield before


def _judged(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.bench.judged.registry import score
    from burnish.store.codec import to_json

    return to_json(score(run))


def _teacher(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.bench.teacher import finish
    from burnish.store.codec import to_json

    return to_json(finish(run))


def _summary(run: Run) -> Summarise:
    """What a run of this kind ends with. Raises RunError for kinds whose shards cannot be merged."""
    kind = run.manifest.kind
    if kind.startswith("judged "):
        return _judged
    if kind not in _SUMMARIES:
        raise RunError(f"{run.path} holds {kind}: runs of {', '.join(_SUMMARIES)} and judgements can be merged.")
    return _SUMMARIES[kind]


def _pairs(run: Run, parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.make.foresight import pooled
    from burnish.make.pairs import summarise
    from burnish.scores import Foresight
    from burnish.store.codec import from_json, to_json

    known = [(part.summary or {}).get("foresight") for part in parts]
    found = [from_json(Foresight, one) for one in known if one is not None]
    return {**summarise(run), "foresight": to_json(pooled(found)) if found else None}


def _compose(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.make.compose import summarise
    from burnish.make.prices import read_price
    from burnish.store.codec import to_json

    model, prices = str(run.manifest.config["model"]), run.manifest.settings.get("prices")
    return to_json(summarise(run, model, read_price(str(prices), model) if prices else None))


def _simulate(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.make.simulate import summarise

    return summarise(run)


def _dialogues(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.make.importing import counted

    by_a_model = "student" in run.manifest.config  # those of one seed of free dialogues
    return {"dialogues": len(run)} if by_a_model else counted(run).to_json()


def _fixed(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.bench.fixed import finish
    from burnish.store.codec import to_json

    return to_json(finish(run))


def _answers(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.bench.aggregate import score_answers
    from burnish.store.codec import to_json

    return to_json(score_answers(run))


def _sampled(run: Run, _parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.bench.sampled import summarise
    from burnish.store.codec import to_json

    return to_json(summarise(run))


def _standard(run: Run, parts: Sequence[Run]) -> Mapping[str, Json]:
    from burnish.bench.standard.asking.bench import finish
    from burnish.store.codec import to_json

    return to_json(finish(run, str((parts[0].summary or {})["benchmark"])))


_SUMMARIES: dict[str, Summarise] = {
    "pairs": _pairs,
    "compose": _compose,
    "simulate": _simulate,
    "dialogues": _dialogues,
    "fixed": _fixed,
    "answers": _answers,
    "sampled": _sampled,
    "standard": _standard,
    "teacher bench": _teacher,
}
"""By the kind of run."""
