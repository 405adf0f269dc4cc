"""Reports as files: the page, the tables as Markdown, and every figure as PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from burnish.records import Json
from burnish.report import ReportConfig
from burnish.report.joint import joint_sections
from burnish.report.naming import short_names
from burnish.report.origin import origin_of
from burnish.report.page import report_page
from burnish.report.plots import save
from burnish.report.section import NamedRun, Section
from burnish.report.sections import section_of
from burnish.report.tables import Table, to_markdown
from burnish.store import Run
from burnish.store.codec import to_json


class Report(NamedTuple):
    """What was written, and the tables and numbers to show beside it."""

    files: tuple[Path, ...]
    tables: tuple[Table, ...]
    numbers: Mapping[str, Json]


def write_report(config: ReportConfig) -> Report:
    """Write the report of one run or of several. Raises RunError for a folder that holds nothing to report."""
    paths = [Path(path) for path in config.runs]
    runs = [NamedRun(name, Run.open(path)) for name, path in zip(short_names(paths), paths, strict=True)]
    out = Path(config.out) if config.out else runs[0].run.path / "report"
    sections = {name: section_of(name, run) for name, run in runs}
    joint = joint_sections(runs)
    title = f"{len(runs)} runs" if len(runs) > 1 else sections[runs[0].name].title
    everything = [*joint, *sections.values()]
    page = report_page(title, everything, runs, samples=config.samples, seed=config.seed)
    files = [_write(out / "index.html", page), _write(out / "tables.md", _markdown(title, everything, runs))]
    for prefix, section in _prefixed(joint, sections):
        for name, figure in section.figures.items():
            files += save(figure, out / f"{prefix}{name}.png")
    tables = tuple(table for section in everything for table in section.tables)
    return Report(tuple(files), tables, _numbers(runs, sections))


def _prefixed(joint: Sequence[Section], sections: Mapping[str, Section]) -> list[tuple[str, Section]]:
    """The sections with what the names of their files begin with."""
    alone = len(sections) == 1
    own = (("" if alone else f"{name.replace('/', '-')}-", section) for name, section in sections.items())
    return [*(("", section) for section in joint), *own]


def _markdown(title: str, sections: Sequence[Section], runs: Sequence[NamedRun]) -> str:
    origins = "\n".join(_origin(name, run) for name, run in runs)
    text = "\n\n".join([f"# {title}", origins, *(to_markdown(table) for part in sections for table in part.tables)])
    return f"{text}\n"


def _origin(name: str, run: Run) -> str:
    """Where a run comes from, and below it what repeats it."""
    origin = origin_of(name, run)
    prints = "".join(f", {kind} `{digest[:12]}`" for kind, digest in origin.manifest.fingerprints.items())
    again = "\n".join(filter(None, (origin.code, origin.command)))
    return f"- {origin.line.removesuffix('.')}{prints}." + (f"\n\n```sh\n{again}\n```\n" if again else "")


def _numbers(runs: Sequence[NamedRun], sections: Mapping[str, Section]) -> dict[str, Json]:
    """Of one run as they are, of several by their names."""
    told = {
        name: dict[str, Json](run=str(run.path), manifest=to_json(run.manifest), **sections[name].numbers)
        for name, run in runs
    }
    return next(iter(told.values())) if len(told) == 1 else {"runs": {**told}}


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
