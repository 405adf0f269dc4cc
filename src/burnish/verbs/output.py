"""What the verbs share: a call ends with tables, and with where things are. How they look is `report/terminal.py`'s."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from burnish.records import Json
    from burnish.replies import ReplyCounts
    from burnish.report import ReportConfig
    from burnish.report.pages import WrittenReport
    from burnish.report.section import Section
    from burnish.report.tables import Table

T = TypeVar("T")
FEW_ROWS = 12
"""Rows of tables that a verb ends with; the page and tables.md have all of them."""
MOST_FILES = 12
"""That are listed one by one."""


def print_tables(tables: Iterable[Table], files: Iterable[Path | str] = ()) -> None:
    """Show tables, and where the files are."""
    from burnish.report.terminal import show

    show(tables, files)


def print_report(shown: WrittenReport, json_file: str | None) -> None:
    """Show a report, its warnings and verdicts first, and write its numbers to the file that `--json` names."""
    from burnish.report.terminal import prose, say, verbose

    for sentence in (*shown.warnings, *shown.verdicts):
        say("", prose(sentence))
    few = shown.tables if verbose() else few_tables(shown.tables)
    print_tables(few, (*_first(shown.files), *write_json(json_file, shown.numbers)))
    if left := len(shown.tables) - len(few):
        say(
            "",
            prose(
                f"tables.md and the page have {left} more {'table' if left == 1 else 'tables'}; --verbose prints them."
            ),
        )


def few_tables(tables: Sequence[Table]) -> Sequence[Table]:
    """The first table, which has the numbers that a verb is called for, and short ones that follow at once."""
    rows = itertools.accumulate(len(table.rows) for table in tables)
    return [table for i, (table, total) in enumerate(zip(tables, rows, strict=True)) if i == 0 or total <= FEW_ROWS]


def _first(files: Sequence[Path]) -> list[Path | str]:
    """The files, those of many runs as the first ones and where the others are."""
    if len(files) <= MOST_FILES:
        return [*files]
    return [*files[:2], f"{files[-1].parent}: {len(files) - 2} more files, all figures as PNG and SVG"]


def make_and_print(make: Callable[[], T], run: Path, json_file: str | None, *baselines: str | None) -> T:
    """Make a run, draw its report, in which it is compared with its baselines, and show it; what `make` returns.

    Where no reply is an answer, what was asked is shown and written all the same, then NothingAnswered goes on; where
    an endpoint fails, what came by then is written, then ServerError goes on.
    """
    from burnish.errors import NothingAnswered, ServerError
    from burnish.store.manifest import NAME

    try:
        made = make()
    except NothingAnswered:
        _print_replies(run, json_file)
        raise
    except ServerError:
        if json_file and (run / NAME).exists():
            write_json(json_file, _replies_of(run)[1])
        raise
    print_report(draw(run, *baselines), json_file)
    return made


def or_print_replies(score: Callable[[], T], json_file: str | None) -> T:
    """What `score` returns; where no recorded reply is an answer their counts are shown and written, and
    NothingAnswered goes on."""
    from burnish.errors import NothingAnswered
    from burnish.replies import ReplyCounts
    from burnish.report.replies_tables import replies_numbers, replies_table

    try:
        return score()
    except NothingAnswered as error:
        if error.replies:
            counts = ReplyCounts(**error.replies)
            print_tables([replies_table(counts, ())], write_json(json_file, replies_numbers(counts, ())))
        raise


def print_scores(
    tables: Iterable[Table],
    numbers: Mapping[str, Json],
    replies: ReplyCounts,
    json_file: str | None,
    files: Iterable[Path | str] = (),
) -> None:
    """Show scores of recorded replies and what became of these, a warning first, and write both."""
    from burnish.report.replies_tables import replies_numbers, replies_table
    from burnish.report.terminal import prose, say

    if warning := replies.warning():
        say("", prose(warning))
    written = write_json(json_file, {**numbers, **replies_numbers(replies, ())})
    print_tables([*tables, replies_table(replies, ())], [*files, *written])


def _print_replies(path: Path, json_file: str | None) -> None:
    """What became of the replies of a run that has nothing else to tell."""
    from burnish.report.terminal import prose, say

    section, numbers = _replies_of(path)
    if section.warning:
        say("", prose(section.warning))
    print_tables(section.tables, write_json(json_file, numbers))


def _replies_of(path: Path) -> tuple[Section, Mapping[str, Json]]:
    """What became of a run's replies so far, to be shown and to be written."""
    from burnish.report.replies_tables import with_replies
    from burnish.report.section import NamedRun, Section
    from burnish.store import Run
    from burnish.store.codec import to_json

    run = Run.open(path)
    section = with_replies(Section(title=path.name), NamedRun(path.name, run))
    return section, {"run": str(path), "manifest": to_json(run.manifest), **section.numbers}


def draw(run: Path, *baselines: str | None) -> WrittenReport:
    """The report of a run, in the run's own folder."""
    from burnish.report import ReportConfig
    from burnish.store.manifest import NAME

    runs = [path for path in baselines if path and (Path(path) / NAME).exists()]
    return report_of(ReportConfig(runs=(str(run),)), runs)


def report_of(config: ReportConfig, baselines: Sequence[str] = ()) -> WrittenReport:
    """The report of runs, which begins with what `burnish compare` says of them and of these `baselines`.

    The room that compares and the one that draws meet here alone.
    """
    from burnish.bench.compare.among import compare_among
    from burnish.report.pages import write_report

    return write_report(config, compare_among([*baselines, *config.runs]))


def write_json(file: str | None, numbers: Mapping[str, Json]) -> tuple[str, ...]:
    """Write the numbers to the file that `--json` names, and name it, if it names one."""
    if not file:
        return ()
    Path(file).write_text(json.dumps(numbers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return (file,)
