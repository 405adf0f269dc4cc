"""A run of preference pairs: the answers' lengths as a plot, and tables."""

from __future__ import annotations

from burnish.report.kinds.kind import RunKind
from burnish.report.kinds.pairs.plots import answer_lengths
from burnish.report.kinds.pairs.summary import summarise_pairs
from burnish.report.kinds.pairs.tables import pairs_tables, pairs_tiles
from burnish.report.section import Section
from burnish.store import Run


def _section(run: Run) -> Section:
    summary = summarise_pairs(run)
    state = "" if run.summary is not None else " This run is not finished."
    return Section(
        title="Preference pairs",
        lead=f"{_made(run)} Words that differ are marked. Log p is an answer's log-probability on the clean picture, "
        f"in nats; the margin is the chosen answer's minus the mean of the rejected ones'.{state}",
        tiles=pairs_tiles(summary),
        tables=tuple(pairs_tables(summary)),
        figures={"answer-lengths": answer_lengths(summary)} if summary.kept else {},
        numbers=summary.to_json(),
    )


def _made(run: Run) -> str:
    """Where answers come from."""
    settings = run.manifest.settings
    if "learn" in settings:
        return "From dialogues: the answer that satisfied the teacher is chosen, earlier ones are rejected."
    if "samples" in settings:
        return (
            f"{settings['model']} sampled {settings['samples']} answers to each question: the best by "
            f"{settings['by']} is chosen, a worse one rejected."
        )
    if "model" not in settings:
        return "These pairs were made by another tool."
    return (
        f"{settings['model']} answered every question on the picture itself (chosen) and on distorted copies of it "
        "(rejected)."
    )


KIND = RunKind(section=_section)
