"""The report of dialogues: the verb `stats`."""

from __future__ import annotations

from pathlib import Path

from burnish.records import Json
from burnish.report.dialogue_stats import StatsConfig, collect_stats
from burnish.report.kinds.dialogues.plots import dialogue_histograms
from burnish.report.kinds.dialogues.tables import dialogue_tables
from burnish.report.pages import WrittenReport
from burnish.report.plots import save
from burnish.report.tables import to_markdown


def write_stats(config: StatsConfig) -> WrittenReport:
    """Count the dialogues of `config.runs`; with `config.out`, write tables and histograms there.

    Raises RunError or SourceError for what holds no dialogues.
    """
    shown = collect_stats(config)
    tables = tuple(dialogue_tables(shown))
    numbers: dict[str, Json] = {"runs": {name: {"path": str(path), **stats.to_json()} for name, path, stats in shown}}
    if config.out is None:
        return WrittenReport((), tables, numbers)
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    origin = "\n".join(f"- {name}: `{path}`" for name, path, _ in shown)
    text = "\n\n".join(["# Dialogues", origin, *map(to_markdown, tables)])
    (out / "tables.md").write_text(f"{text}\n", encoding="utf-8")
    return WrittenReport((out / "tables.md", *save(dialogue_histograms(shown), out / "dialogues.png")), tables, numbers)
