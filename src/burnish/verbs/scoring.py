"""The verbs that score, compare or hand in what was answered before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from burnish.verbs.telling import count, show, tell, write_json

if TYPE_CHECKING:
    from burnish.bench.compare.configs import CompareConfig
    from burnish.bench.judged.agreement import AgreementConfig
    from burnish.bench.score import ScoreFixedConfig, ScoreFreeConfig
    from burnish.bench.standard.registry import ScoreStandardConfig, SubmitConfig


def score_fixed(config: ScoreFixedConfig) -> None:
    """Score predictions, and show tables 2 and 3 of FIRE."""
    from burnish.bench.score import score_fixed as score
    from burnish.report.fire_tables import fixed_tables
    from burnish.store.codec import to_json

    scores = score(config)
    write_json(config.json, to_json(scores))
    show(fixed_tables(scores))


def score_free(config: ScoreFreeConfig) -> None:
    """Score dialogues, and show tables 4 to 6 of FIRE."""
    from burnish.bench.score import score_free as score
    from burnish.report.fire_plots import accuracy_by_turn
    from burnish.report.fire_tables import free_tables
    from burnish.report.plots import save
    from burnish.store.codec import to_json

    scores = score(config)
    write_json(config.json, to_json(scores))
    show(free_tables(scores))
    if config.plot:
        print(f"\nThe accuracy by turn is drawn on {save(accuracy_by_turn(scores), Path(config.plot))}.")


def score_standard(config: ScoreStandardConfig) -> None:
    """Score recorded predictions of a standard benchmark, and show its table."""
    from burnish.bench.standard.recording import recorded
    from burnish.bench.standard.registry import score
    from burnish.report.standard_tables import standard_tables
    from burnish.store.codec import to_json

    scored = score(config)
    made = recorded(config, scored)
    write_json(config.json, {**to_json(scored.scores), "recorded": to_json(made)})
    show(standard_tables(scored.scores))


def score_agreement(config: AgreementConfig) -> None:
    """Measure one judge by another."""
    from burnish.bench.judged.agreement import score_agreement as score
    from burnish.report.judged_tables import judged_tables
    from burnish.store.codec import to_json

    scores = score(config)
    write_json(config.json, to_json(scores))
    show(judged_tables(scores))


def compare(config: CompareConfig) -> None:
    """Pair two results, say whether the second is better, and show the questions that flipped."""
    from burnish.bench.compare.verb import compare as pair
    from burnish.report.compare_page import write_comparison
    from burnish.report.compare_tables import verdict_line

    compared = pair(config)
    shown = write_comparison(compared, config.folder, config.flips)
    write_json(config.json, shown.numbers)
    print(verdict_line(compared))
    tell(shown)


def submit(config: SubmitConfig) -> None:
    """Write recorded answers for a benchmark's server."""
    from burnish.bench.standard.registry import submit as write

    written = write(config)
    empty = f", {written.empty:,} of them empty" if written.empty else ""
    print(f"{count(written.answers, 'answer')}{empty} are in {written.path}: upload it to the benchmark's server.")
