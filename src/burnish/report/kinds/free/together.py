"""Free dialogues of several students side by side: FIRE's tables 4 to 6 and figure 7."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from burnish.report.comparability import unlike
from burnish.report.kinds.free.plots import accuracies_by_turn
from burnish.report.kinds.free.tables import FREE, FREE_BY_SOURCE, GROUPS, paper_place
from burnish.report.section import NamedRun, Section, scores_of
from burnish.report.side_by_side import (
    MARGINS,
    MOST_DRAWN,
    RunNumbers,
    asked_note,
    column,
    drawn_note,
    estimate,
    versus_figures,
    versus_table,
)
from burnish.report.tables import Table
from burnish.scores import Estimate, FreeNumbers, FreeScores
from burnish.store.codec import to_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ABREAST = 4
"""Sources in one table, as in the paper."""
_LAST = "accuracy_5"
"""Whether a dialogue is right in the end."""


class _Student(NamedTuple):
    name: str
    path: Path
    scores: FreeScores


class _School(NamedTuple):
    """All students, and why they are not comparable, if they are none."""

    students: Sequence[_Student]
    unlike: str

    @property
    def sources(self) -> list[str]:
        """In the papers' order."""
        found = {source: self.shown(source) for one in self.students for source in one.scores.by_source}
        return sorted(found, key=lambda source: paper_place(found[source]))

    def shown(self, source: str) -> str:
        """The data set that a source stands for."""
        return next((s.columns[source] for _, _, s in self.students if source in s.columns), source)

    def group(self, source: str) -> str:
        """Of "seen" and "new" sources; empty for one that is neither."""
        found = next((s.groups[source] for _, _, s in self.students if source in s.groups), "")
        return found if found in GROUPS else ""


def free_together(runs: Sequence[NamedRun]) -> list[Section]:
    """One section: who learns fastest and farthest, in all and by source."""
    students = [_Student(name, run.path, scores_of(FreeScores, run)) for name, run in runs]
    school = _School(students, unlike(runs, ["student"]))
    drawn = [(one.name, one.scores) for one in students[:MOST_DRAWN]]
    return [
        Section(
            title="Free dialogues side by side",
            lead=" ".join(filter(None, (school.unlike, drawn_note([one.name for one in students])))),
            tables=(_overall(school), *_by_source(school)),
            figures={"accuracy-by-turn": accuracies_by_turn(drawn), **_figures(school)},
            numbers={one.name: to_json(one.scores) for one in students},
        )
    ]


def _overall(school: _School) -> Table:
    columns = [column(name, title) for name, title in FREE.items()]
    rows = [
        RunNumbers(one.name, _numbers(school, one, one.scores, school.students[0].scores)) for one in school.students
    ]
    return versus_table(
        "Free dialogues side by side (FIRE's table 4)",
        columns,
        rows,
        comparable=() if school.unlike else FREE,
        note=f"{asked_note(rows, 'turns', 'dialogues that were not right at once')} {_at_note(school)} {MARGINS}",
    )


def _at_note(school: _School) -> str:
    return "AT: turns over each one's own baseline's." if school.unlike else "AT: turns over those of the first row."


def _by_source(school: _School) -> list[Table]:
    """Tables 5 and 6: a few sources abreast, all four numbers of each."""
    tables = []
    for group, title in {**GROUPS, "": "by source"}.items():
        sources = [source for source in school.sources if school.group(source) == group]
        for start in range(0, len(sources), _ABREAST):
            tables.append(_abreast(school, sources[start : start + _ABREAST], f"Free dialogues {title}, side by side"))
    return tables


def _abreast(school: _School, sources: Sequence[str], title: str) -> Table:
    columns = [
        column(f"{source} {name}", f"{school.shown(source)} {FREE[name]}", like=name)
        for source in sources
        for name in FREE_BY_SOURCE
    ]
    rows = [
        RunNumbers(
            one.name, {name: number for source in sources for name, number in _of_source(school, one, source).items()}
        )
        for one in school.students
    ]
    comparable = () if school.unlike else {metric.name for metric in columns}
    return versus_table(title, columns, rows, comparable=comparable, note="The intervals are in the runs' own tables.")


def _of_source(school: _School, one: _Student, source: str) -> dict[str, Estimate]:
    """Without intervals, for which four sources leave no room."""
    numbers = one.scores.by_source.get(source)
    if numbers is None:
        return {}
    found = _numbers(school, one, numbers, school.students[0].scores.by_source.get(source))
    return {f"{source} {name}": estimate(number.value, None, number.n) for name, number in found.items()}


def _numbers(school: _School, one: _Student, numbers: FreeNumbers, first: FreeNumbers | None) -> dict[str, Estimate]:
    """A student's, by their names; AT over the first student's turns, where both were asked the same."""
    found = {name: estimate(getattr(numbers, name), numbers.intervals.get(name), numbers.kept) for name in FREE}
    baseline = one.scores.baseline
    own = baseline is not None and Path(baseline.path).resolve() == school.students[0].path.resolve()
    if not school.unlike and not own:  # an own AT has an interval, but may be over another student's turns
        found["AT"] = estimate(_over(numbers.turns, first.turns if first else None), None, numbers.kept)
    return found


def _over(turns: float | None, first: float | None) -> float | None:
    return turns / first if turns is not None and first else None


def _figures(school: _School) -> dict[str, Figure]:
    columns = [column(source, school.shown(source), "%", like=_LAST) for source in school.sources]
    rows = [
        RunNumbers(
            one.name,
            {
                source: estimate(numbers.accuracy_by_turn[-1], numbers.intervals.get(_LAST), numbers.n)
                for source, numbers in one.scores.by_source.items()
            },
        )
        for one in school.students
    ]
    return versus_figures(
        "right-by-source", columns, rows, title="Right in the end, by source", axis="right in the end"
    )
