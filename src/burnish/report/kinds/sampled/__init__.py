"""A run of sampled answers: how they change with the temperature at which they are drawn."""

from __future__ import annotations

from burnish.errors import RunError
from burnish.report.kinds.kind import RunKind
from burnish.report.kinds.sampled.summary import SampledSummary, summarise_sampled
from burnish.report.kinds.sampled.tables import sampled_plots, sampled_tables
from burnish.report.section import Section, Tile
from burnish.store import Run


def _section(run: Run) -> Section:
    summary = summarise_sampled(run)
    if not summary.rows:
        raise RunError(f"{run.path} holds no answer yet: call `burnish bench sampled` again with the same flags.")
    return Section(
        title="Sampled answers",
        lead="Nothing is scored here: `burnish bench judged consistency` and `grades` have a judge look at answers.",
        tiles=_tiles(summary),
        tables=tuple(sampled_tables(summary)),
        figures=sampled_plots(summary),
        numbers=summary.to_json(),
    )


def _tiles(summary: SampledSummary) -> tuple[Tile, ...]:
    """How many answers, and how far those at the highest temperature are from the one at 0."""
    last = summary.rows[-1]
    tiles = [Tile("answers", f"{sum(row.answers for row in summary.rows):,}")]
    if last.same.value is not None:
        tiles.append(Tile(f"same as greedy, at temperature {last.temperature:g}", f"{100 * last.same.value:.1f}", "%"))
    return tuple(tiles)


KIND = RunKind(section=_section)
