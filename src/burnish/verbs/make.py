"""The verbs that make training data: preference pairs, dialogues, questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from burnish.verbs.output import make_and_print, print_tables, write_json

if TYPE_CHECKING:
    from burnish.bench.standard.registry import MakeConfig
    from burnish.make.compose import ComposeConfig
    from burnish.make.from_dialogues import FromDialoguesConfig
    from burnish.make.from_samples import FromSamplesConfig
    from burnish.make.importing import ImportConfig
    from burnish.make.importing_pairs import ImportPairsConfig, PairSet
    from burnish.make.pairs import PairsConfig
    from burnish.make.simulate import SimulateConfig
    from burnish.make.to_dialogues import ToDialoguesConfig


def pairs(config: PairsConfig) -> None:
    """Make the pairs, then their tables, plot and page of samples."""
    from burnish.make.pairs import make_pairs

    _refuse_nothing(make_and_print(lambda: make_pairs(config), Path(config.out), config.json).run)


def pairs_from_dialogues(config: FromDialoguesConfig) -> None:
    """Make pairs of dialogues, then their tables and page of samples."""
    from burnish.make.from_dialogues import pairs_from_dialogues as make

    _refuse_nothing(make_and_print(lambda: make(config), Path(config.out), config.json).run)


def pairs_from_samples(config: FromSamplesConfig) -> None:
    """Draw answers and make pairs of them, then their tables and page of samples."""
    from burnish.make.from_samples import pairs_from_samples as make

    _refuse_nothing(make_and_print(lambda: make(config), Path(config.out), config.json).run)


def compose(config: ComposeConfig) -> None:
    """Compose dialogues, then tell what came of it. Raises RunError, whose exit code says so, if none is kept."""
    from burnish.errors import RunError
    from burnish.make.compose import compose as make
    from burnish.replies import GIVE_TRUTHS, NO_TRUTH

    result = make_and_print(lambda: make(config), Path(config.out), config.json)
    if [*result.dropped] == [NO_TRUTH] and not result.kept:
        raise RunError(f"None of the {result.made:,} examples has a ground truth: {GIVE_TRUTHS}.")
    if not result.kept:
        raise RunError(
            f"None of the {result.made:,} examples became a dialogue: see the reasons above, and what the model said "
            f"in {Path(config.out) / 'attempts'}."
        )


def pairs_to_dialogues(config: ToDialoguesConfig) -> None:
    """Make dialogues of pairs, then count them."""
    from burnish.make.to_dialogues import pairs_to_dialogues as make

    _refuse_nothing(make_and_print(lambda: make(config), Path(config.out), config.json))


def simulate(config: SimulateConfig) -> None:
    """Hold the dialogues, then count them."""
    from burnish.make.simulate import simulate as make

    _refuse_nothing(make_and_print(lambda: make(config), Path(config.out), config.json))


def import_dialogues(config: ImportConfig) -> None:
    """Fill a run with the dialogues of a file."""
    from burnish.make.importing import import_dialogues as bring
    from burnish.report.counts_tables import counted

    result = bring(config)
    counts = {"items": result.items, "dialogues": result.kept, "feedback without a score": result.unscored}
    print_tables(
        [counted(f"Dialogues of {config.source}", counts, result.dropped)],
        [result.run, *write_json(config.json, result.to_json())],
    )
    _refuse_nothing(result.run)


def _refuse_nothing(path: Path) -> None:
    """Raise RunError, whose exit code says so, for a run all of whose examples were dropped; the reports are there."""
    from burnish.errors import RunError
    from burnish.records import Dropped
    from burnish.store import Run

    reasons = dict[str, int]()
    for record in Run.open(path):
        if not isinstance(record, Dropped):
            return
        reasons[record.reason] = reasons.get(record.reason, 0) + 1
    if not reasons:  # a part of a run may have no example
        return
    written = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(reasons.items(), key=lambda one: -one[1]))
    raise RunError(f"All {sum(reasons.values()):,} examples of {path} were dropped: {written}.")


def import_pairs(config: ImportPairsConfig) -> None:
    """Fill a run with preferences, then show it. Raises RunError, whose exit code says so, if none is kept."""
    from burnish.errors import RunError
    from burnish.make.importing_pairs import import_pairs as bring

    result = make_and_print(lambda: bring(config, _pairs_of(config)), Path(config.out), config.json)
    if not result.kept:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in result.dropped.items())
        raise RunError(f"None of the {result.made:,} rows of {config.source} became a pair: {reasons}.")


def _pairs_of(config: ImportPairsConfig) -> PairSet:
    """The preferences that the configuration names. The rooms that hold them meet here alone."""
    kind, _, place = config.source.partition(":")
    if kind == "review":
        from burnish.review.preferences import ReviewedPairs

        return ReviewedPairs(place, config.runs)
    if kind == "judged":
        from burnish.bench.judged.preferences import JudgedPairs

        return JudgedPairs(place)
    from burnish.sources.pair_files import open_pairs

    return open_pairs(config.source)


def make_benchmark(config: MakeConfig) -> None:
    """Write questions about one's own pictures, and tell of what."""
    from burnish.bench.standard.registry import benchmark
    from burnish.bench.standard.registry import make as write
    from burnish.report.counts_tables import counted

    made = write(config)
    files = [str(file) for file in made.files]
    written = write_json(config.json, {"files": [*files], **made.numbers})
    print_tables([counted(f"A {benchmark(config.benchmark).title} of your own", made.counts)], [*files, *written])
