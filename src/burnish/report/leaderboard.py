"""The leaderboard: a page with a row for each model, and a forest plot of how far each is from the baseline."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from burnish.report import html
from burnish.report.changes import Mark, Panel, changes_figure, panel_of
from burnish.report.opening import Opening
from burnish.report.plots import save
from burnish.report.section import Section
from burnish.report.standard_tables import notes
from burnish.report.tables import NOTHING, Table, number, p_value, to_markdown
from burnish.report.trust import trust_of_rows
from burnish.report.verdicts import plain
from burnish.scores import Leaderboard, LeaderboardRow, Metric, Overall, TogetherRow

OVER_ALL = Metric(name="mean", title="mean change", family="", unit="%", interval="bootstrap", better="higher")


class Written(NamedTuple):
    """What was written, and what to show."""

    files: tuple[Path, ...]
    tables: tuple[Table, ...]


def write_leaderboard(board: Leaderboard, folder: Path) -> Written:
    """The page, its tables as Markdown, and the forest plot as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    title, tables = title_of(board), (models_table(board), changes_table(board))
    forest = changes_figure(forest_panels(board), title=f"Changes from {board.baseline}")
    opening = Opening(
        title=title, lead=f"Every model against {board.baseline}, on the same questions.", figures={"forest": forest}
    )
    sections = [Section(title=table.title, tables=(table,)) for table in tables]
    page, markdown = folder / "index.html", folder / "tables.md"
    page.write_text(
        html.page("leaderboard.html", title=title, opening=opening, sections=sections, flip_links=()), encoding="utf-8"
    )
    text = "\n\n".join([f"# {title}", *map(to_markdown, tables), "![Forest plot](forest.png)"])
    markdown.write_text(f"{text}\n", encoding="utf-8")
    return Written((page, markdown, *save(forest, folder / "forest.png")), tables)


def title_of(board: Leaderboard) -> str:
    """Which model is significantly better, if one is; else that none is."""
    better = [row for row in board.ranked if row.together and set(_verdicts(row)) == {"better"}]
    where = f"{len(board.metrics)} benchmarks" if len(board.metrics) > 1 else next(iter(board.metrics))
    if not better:
        return f"{len(board.rows)} models on {where}: none is significantly better than {board.baseline} throughout"
    return f"{better[0].model} is better than {board.baseline} on {where}"


def _verdicts(row: LeaderboardRow) -> list[str]:
    """Of the mean over benchmarks where there is one, else of each benchmark."""
    if row.together is None:
        return []
    return [row.together.overall.verdict] if row.together.overall else [one.verdict for one in row.together.rows]


def models_table(board: Leaderboard) -> Table:
    """A row for each model, the best first, the best number of each benchmark in bold."""
    columns = [(name, f"{name}, {metric.title}") for name, metric in board.metrics.items()]
    rows = [
        (
            str(place) if row in board.ranked else NOTHING,
            row.model,
            *(_value(row, name, board) for name, _ in columns),
            _mean(row),
        )
        for place, row in enumerate(board.rows, start=1)
    ]
    return Table(
        title="Leaderboard",
        columns=("rank", "model", *(title for _, title in columns), "mean change"),
        rows=tuple(rows),
        text_columns=frozenset({1}),
        best=frozenset(
            (place, column) for column, name in enumerate(board.metrics, start=2) for place in _best(board, name)
        ),
        note=notes(
            f"Ranked by the mean gain over {board.baseline}, in points, over benchmarks that are scored in percent "
            "(random effects, with Hartung and Knapp's interval).",
            "" if len(board.ranked) == len(board.rows) else "Models that lack a benchmark have no rank.",
            "± is the 95 % interval; means over seeds have none here.",
        ),
    )


def _value(row: LeaderboardRow, name: str, board: Leaderboard) -> str:
    return number(row.values[name], board.metrics[name]) if name in row.values else NOTHING


def _best(board: Leaderboard, name: str) -> list[int]:
    """The rows that have the best value."""
    better = board.metrics[name].better
    values = {place: row.values[name].value for place, row in enumerate(board.rows) if name in row.values}
    known = {place: value for place, value in values.items() if value is not None}
    if better == "neither" or not known:
        return []
    best = (max if better == "higher" else min)(known.values())
    return [place for place, value in known.items() if value == best]


def _mean(row: LeaderboardRow) -> str:
    if row.together is None or row.together.overall is None:
        return NOTHING
    return _changed(row.together.overall, OVER_ALL)


def changes_table(board: Leaderboard) -> Table:
    """A row for each model and benchmark."""
    rows = [(row.model, one) for row in board.rows if row.together for one in row.together.rows]
    return Table(
        title=f"Changes from {board.baseline}",
        columns=("model", "benchmark", "seeds", "n", "change", "p", "p (Holm)", "detectable", "verdict"),
        rows=tuple(
            (
                model,
                one.benchmark,
                str(one.pairs),
                f"{one.n:,}",
                _changed(one, one.metric),
                p_value(one.p_value),
                p_value(one.corrected),
                plain(one.smallest, one.metric, sign=""),
                one.verdict,
            )
            for model, one in rows
        ),
        text_columns=frozenset({0, 1, 8}),
        note=notes(
            f"A verdict needs p corrected by Holm for all {len(rows)} rows. Detectable: the smallest change that these "
            "answers detect with a power of 80 %.",
            *trust_of_rows(one for _, one in rows),
        ),
    )


def _changed(one: TogetherRow | Overall, metric: Metric) -> str:
    margin = plain(max(one.change - one.low, one.high - one.change), metric, sign="")
    return f"{plain(one.change, metric)} ± {margin}"


def forest_panels(board: Leaderboard) -> list[Panel]:
    """A panel for each benchmark with a mark for each model, and one for the mean over all."""
    panels = []
    for name, metric in board.metrics.items():
        found = [(row.model, one) for row in board.rows if row.together for one in row.together.rows]
        marks = [_mark(model, one, metric, _sides(one)) for model, one in found if one.benchmark == name]
        unit = " (points)" if metric.unit == "%" else ""
        panels.append(panel_of(f"{name}, {metric.title}{unit}", metric.better, marks))
    means = [(row.model, row.together.overall) for row in board.rows if row.together and row.together.overall]
    marks = [_mark(model, one, OVER_ALL, f"of {one.benchmarks}") for model, one in means]
    return [*panels, *([panel_of("Mean over benchmarks (points)", "higher", marks)] if marks else [])]


def _sides(one: TogetherRow) -> str:
    before, after = (plain(value, one.metric, sign="") for value in (one.before, one.after))
    return f"{before} → {after}"


def _mark(model: str, one: TogetherRow | Overall, metric: Metric, values: str) -> Mark:
    scale = 100 if metric.unit == "%" else 1
    value, low, high = (scale * end for end in (one.change, one.low, one.high))
    return Mark(model, values, _changed(one, metric), value, low, high, one.verdict)
