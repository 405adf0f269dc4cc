"""The verbs that make training data: preference pairs, dialogues, questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from burnish.verbs.telling import tell, tell_run, write_json

if TYPE_CHECKING:
    from burnish.bench.standard.configs import MakePopeConfig
    from burnish.make.compose import ComposeConfig
    from burnish.make.importing import ImportConfig
    from burnish.make.pairs import PairsConfig
    from burnish.make.simulate import SimulateConfig


def pairs(config: PairsConfig) -> None:
    """Make the pairs, then their tables, plot and page of samples."""
    from burnish.make.pairs import make_pairs

    run = make_pairs(config).run
    tell_run(run, config.json)
    _refuse_nothing(run)


def compose(config: ComposeConfig) -> None:
    """Compose dialogues, then tell what came of it. Raises RunError, whose exit code says so, if none is kept."""
    from burnish.errors import RunError
    from burnish.make.compose import compose as make

    result = make(config)
    tell_run(Path(config.out), config.json)
    if not result.kept:
        raise RunError(
            f"None of the {result.made:,} examples became a dialogue: see the reasons above, and what the model said "
            f"in {Path(config.out) / 'attempts'}."
        )


def simulate(config: SimulateConfig) -> None:
    """Hold the dialogues, then count them."""
    from burnish.make.simulate import simulate as make

    run = make(config)
    tell_run(run, config.json)
    _refuse_nothing(run)


def import_dialogues(config: ImportConfig) -> None:
    """Fill a run with the dialogues of a file."""
    from burnish.make.importing import import_dialogues as bring
    from burnish.report.counts_tables import counted

    result = bring(config)
    counts = {"items": result.items, "dialogues": result.kept, "feedback without a score": result.unscored}
    tell(
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
    told = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(reasons.items(), key=lambda one: -one[1]))
    raise RunError(f"All {sum(reasons.values()):,} examples of {path} were dropped: {told}.")


def make_pope(config: MakePopeConfig) -> None:
    """Write the questions of a POPE, and tell of what."""
    from burnish.bench.standard.pope_making import make_pope as make
    from burnish.report.counts_tables import counted

    made = make(config)
    files = [str(file) for file in made.files]
    counts = {
        f"pictures with {config.objects} kinds of objects or more": made.eligible,
        "pictures drawn of them": made.pictures,
        "questions a split": made.questions,
    }
    told = write_json(config.json, {**made._asdict(), "files": [*files]})
    tell([counted("A POPE of your own", counts)], [*files, *told])
