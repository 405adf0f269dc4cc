"""Reports as files: the page, the tables as Markdown, and every figure as PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from burnish.records import Json
from burnish.report import ReportConfig
from burnish.report.changes import changes_figure
from burnish.report.compare_tables import comparison_section
from burnish.report.naming import short_names
from burnish.report.opening import Opening, opening_of, plain_opening
from burnish.report.page import report_page
from burnish.report.plots import save
from burnish.report.provenance import origin_of
from burnish.report.section import NamedRun, Section
from burnish.report.sections import section_of, sections_together
from burnish.report.tables import Table, to_markdown
from burnish.report.verdicts import NamedVerdict, verdict_numbers, verdicts_of
from burnish.scores import Compared
from burnish.store import Run
from burnish.store.codec import to_json


class WrittenReport(NamedTuple):
    """What was written, and what to show beside it."""

    files: tuple[Path, ...]
    tables: tuple[Table, ...]
    """Of several runs those that tell of all, unless verdicts do: each run's own are in the files."""
    numbers: Mapping[str, Json]
    verdicts: tuple[str, ...] = ()
    """What the runs' comparisons came to, a sentence each."""
    warnings: tuple[str, ...] = ()
    """What is to be known before any of them."""


def write_report(
    config: ReportConfig, comparisons: Sequence[Compared] = (), before: Sequence[Section] = ()
) -> WrittenReport:
    """Write the report of one run or of several, which begins with what comparisons of theirs came to.

    The sections `before` stand before all others.

    Raises RunError for a folder that holds nothing to report.
    """
    paths = [Path(path) for path in config.runs]
    runs = [NamedRun(name, Run.open(path)) for name, path in zip(short_names(paths), paths, strict=True)]
    out = Path(config.out) if config.out else runs[0].run.path / "report"
    sections = {name: section_of(name, run) for name, run in runs}
    joint = sections_together(runs)
    verdicts = verdicts_of(comparisons)
    compared = [comparison_section(verdict) for verdict in verdicts]
    everything = [*before, *compared, *joint, *sections.values()]
    links = [f"#s{len(before) + i}" for i in range(1, 1 + len(verdicts))]
    opening = (
        opening_of(verdicts, links, about=config.title, seed=config.seed)
        if verdicts
        else plain_opening(runs, joint, [*sections.values()], config.title)
    )
    warnings = _warnings(sections)
    opening = replace(opening, lead=" ".join(filter(None, (*warnings, opening.lead))))
    page = report_page(opening, everything, runs, samples=config.samples, seed=config.seed)
    files = [
        _write(out / "index.html", page),
        _write(out / "tables.md", _markdown(opening, everything, runs, warnings)),
    ]
    if opening.panels:
        files += save(changes_figure(opening.panels, title=opening.title), out / "changes.png")
    for prefix, section in _prefixed(joint, sections):
        for name, figure in section.figures.items():
            files += save(figure, out / f"{prefix}{name}.png")
    sentences = tuple(str(one.sentence) for one in opening.told)
    shown = [*sections.values()] if len(runs) == 1 else [] if sentences else joint or [*sections.values()]
    tables = tuple(table for section in shown for table in section.tables)
    return WrittenReport(tuple(files), tables, _numbers(runs, sections, verdicts), sentences, warnings)


def _warnings(sections: Mapping[str, Section]) -> tuple[str, ...]:
    """Those of all runs, each with its run's name where there are several."""
    several = len(sections) > 1
    named = ((f"{name}: " if several else "", section.warning) for name, section in sections.items())
    return tuple(f"{name}{warning}" for name, warning in named if warning)


def _prefixed(joint: Sequence[Section], sections: Mapping[str, Section]) -> list[tuple[str, Section]]:
    """The sections with what the names of their files begin with."""
    alone = len(sections) == 1
    own = (("" if alone else f"{name.replace('/', '-')}-", section) for name, section in sections.items())
    return [*(("", section) for section in joint), *own]


def _markdown(opening: Opening, sections: Sequence[Section], runs: Sequence[NamedRun], warnings: Sequence[str]) -> str:
    sentences = "\n".join(f"- {one.sentence}" for one in opening.told)
    origins = "\n".join(_origin(name, run) for name, run in runs)
    tables = [to_markdown(table) for part in sections for table in part.tables]
    text = "\n\n".join(filter(None, [f"# {opening.title}", *warnings, sentences, origins, *tables]))
    return f"{text}\n"


def _origin(name: str, run: Run) -> str:
    """Where a run comes from, and below it what repeats it."""
    origin = origin_of(name, run)
    prints = "".join(f", {kind} `{digest[:12]}`" for kind, digest in origin.manifest.fingerprints.items())
    again = "\n".join(filter(None, (origin.code, origin.command)))
    return f"- {origin.line.removesuffix('.')}{prints}." + (f"\n\n```sh\n{again}\n```\n" if again else "")


def _numbers(
    runs: Sequence[NamedRun], sections: Mapping[str, Section], verdicts: Sequence[NamedVerdict]
) -> dict[str, Json]:
    """Of one run as they are, of several by their names; what the comparisons came to beside them."""
    sentences = {
        name: dict[str, Json](run=str(run.path), manifest=to_json(run.manifest), **sections[name].numbers)
        for name, run in runs
    }
    numbers: dict[str, Json] = next(iter(sentences.values())) if len(sentences) == 1 else {"runs": {**sentences}}
    return {**numbers, **({"verdicts": [verdict_numbers(one) for one in verdicts]} if verdicts else {})}


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
