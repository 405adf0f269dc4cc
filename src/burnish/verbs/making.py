"""The verbs that make training data: preference pairs, dialogues, questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from burnish.verbs.telling import count, draw, tell, write_json

if TYPE_CHECKING:
    from burnish.bench.standard.configs import MakePopeConfig
    from burnish.make.compose import ComposeConfig
    from burnish.make.importing import ImportConfig
    from burnish.make.pairs import PairsConfig
    from burnish.make.simulate import SimulateConfig


def pairs(config: PairsConfig) -> None:
    """Make the pairs, then their tables, plot and page of samples."""
    from burnish.make.pairs import make_pairs

    made = make_pairs(config)
    shown = draw(made.run)
    write_json(config.json, shown.numbers)
    tell(shown)


def compose(config: ComposeConfig) -> None:
    """Compose dialogues, then tell what came of it. Raises RunError, whose exit code says so, if none is kept."""
    from burnish.errors import RunError
    from burnish.make.compose import compose as make

    result = make(config)
    shown = draw(Path(config.out))
    write_json(config.json, shown.numbers)
    tell(shown)
    if not result.kept:
        raise RunError(
            f"None of the {result.made:,} examples became a dialogue: see the reasons above, and what the model said "
            f"in {Path(config.out) / 'attempts'}."
        )


def simulate(config: SimulateConfig) -> None:
    """Hold the dialogues, then count them."""
    from burnish.make.simulate import simulate as make

    shown = draw(make(config))
    write_json(config.json, shown.numbers)
    tell(shown)


def import_dialogues(config: ImportConfig) -> None:
    """Fill a run with the dialogues of a file."""
    from burnish.make.importing import import_dialogues as bring

    result = bring(config)
    print(f"{result.kept:,} dialogues of {result.items:,} items are in {result.run}.")
    for reason, number in result.dropped.items():
        print(f"  left out: {number:,} ({reason})")
    if result.unscored:
        print(f"  feedback without a score that can be read: {result.unscored:,}")
    write_json(config.json, result.to_json())


def make_pope(config: MakePopeConfig) -> None:
    """Write the questions of a POPE, and tell of what."""
    from burnish.bench.standard.pope_making import make_pope as make

    made = make(config)
    files = [str(file) for file in made.files]
    write_json(config.json, {**made._asdict(), "files": [*files]})
    print(
        f"{count(made.questions, 'question')} a split about {count(made.pictures, 'picture')}, of {made.eligible:,} "
        f"with {config.objects} kinds of objects or more."
    )
    print("\nWritten:", *(f"  {file}" for file in files), sep="\n")
