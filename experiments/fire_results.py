"""The tables and figures of `docs/fire.md` from what `fire_pocket.py` measured.

    python experiments/fire_results.py OUT

Writes OUT/results.md (tables 1 to 6 and A2, mean and standard deviation over seeds, the paper's numbers beside),
OUT/accuracy-by-turn.png (figure 7) and OUT/statistics (figure 5).
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import tyro

from burnish import verbs
from burnish.report.dialogue_stats import StatsConfig
from burnish.report.plots import BLUE, GREEN, GREY, figure, label_axes, legend, save

Seed: TypeAlias = dict[str, Any]

STUDENTS = ("untrained", "FIRE-100K", "FIRE")
COLORS = (GREY, GREEN, BLUE)
FREE = ("AT", "ADR", "ATR", "RR")
PAPER_FREE = {
    "untrained": (1.0, 0.97, 0.41, 0.25),
    "FIRE-100K": (0.92, 1.27, 0.55, 0.34),
    "FIRE": (0.84, 1.56, 0.66, 0.39),
}
"""Table 4."""
PAPER_STUDENT = {"untrained": (0.33, 0.23, 0.17, 0.13, 0.60), "FIRE": (0.54, 0.46, 0.39, 0.34, 2.36)}
"""Table 2."""
PAPER_TEACHER = {"untrained": (0.34, 0.21, 0.15, 0.10, 0.51, 1.88), "FD": (0.55, 0.45, 0.39, 0.33, 2.27, 0.30)}
"""Table 3."""
PAPER_CURVE = {"untrained": 0.594, "FIRE-100K": 0.6465, "FIRE": 0.692}
"""Figure 7 after five turns."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """Where the measurements are."""

    out: tyro.conf.Positional[str]
    """The folder that was given to `fire_pocket.py`."""


def main(config: Results) -> None:
    """All tables, then both figures."""
    out = Path(config.out)
    seeds: list[Seed] = json.loads((out / "results.json").read_text(encoding="utf-8"))["seeds"]
    tables = [
        *(_free(seeds, key, title) for key, title in _TEACHERS.items()),
        _by_task(seeds, "seen", "Table 5: seen tasks"),
        _by_task(seeds, "new", "Table 6: new tasks"),
        _fixed(seeds, "student", "Table 2: the student in fixed dialogues", PAPER_STUDENT),
        _fixed(seeds, "teacher", "Table 3: the teacher in fixed dialogues", PAPER_TEACHER),
        _plain(seeds),
        _curves(seeds),
    ]
    text = "\n\n".join(tables) + "\n"
    (out / "results.md").write_text(text, encoding="utf-8")
    print(text)
    save(_figure7(seeds), out / "accuracy-by-turn.png")
    first = out / f"seed-{seeds[0]['seed']}"
    verbs.stats(
        StatsConfig(
            runs=(str(first / "composed"), str(first / "simulated"), str(out / "bench")), out=str(out / "statistics")
        )
    )


_TEACHERS = {
    "free": "Table 4 with A2: free dialogues with the trained teacher",
    "oracle": "Table 4 with A2: free dialogues with the oracle",
}


def _free(seeds: Sequence[Seed], key: str, title: str) -> str:
    rows = []
    for name in STUDENTS:
        cells = [_spread([_at(seed[key][name], metric) for seed in seeds]) for metric in (*FREE, "turns")]
        rows.append([name, *cells, " / ".join(f"{value:.2f}" for value in PAPER_FREE[name])])
    return _table(title, ["student", "AT ↓", "ADR ↑", "ATR ↑", "RR ↑", "turns", "paper: AT / ADR / ATR / RR"], rows)


def _at(numbers: Seed, metric: str) -> float | None:
    """The untrained model is its own baseline, so that its AT is 1."""
    value: float | None = numbers[metric]
    return 1.0 if metric == "AT" and numbers["baseline"] is None else value


def _by_task(seeds: Sequence[Seed], group: str, title: str) -> str:
    groups = seeds[0]["free"]["FIRE"]["groups"]
    names = {task: column for task, column in seeds[0]["free"]["FIRE"]["columns"].items() if groups[task] == group}
    rows = []
    for task, column in names.items():
        for student in STUDENTS:
            numbers = [seed["free"][student]["by_source"].get(task, {}) for seed in seeds]
            before = [seed["free"]["untrained"]["by_source"].get(task, {}) for seed in seeds]
            ratios = [_ratio(one.get("turns"), base.get("turns")) for one, base in zip(numbers, before, strict=True)]
            cells = [_spread(ratios), *(_spread([one.get(metric) for one in numbers]) for metric in FREE[1:])]
            rows.append([f"{column} = {task}" if student == STUDENTS[0] else "", student, *cells])
    return _table(title, ["source = task", "student", "AT ↓", "ADR ↑", "ATR ↑", "RR ↑"], rows)


def _fixed(seeds: Sequence[Seed], role: str, title: str, paper: Mapping[str, Sequence[float]]) -> str:
    rows = []
    for name in dict.fromkeys(name for seed in seeds for name in seed[role]):
        measured = [seed[role][name] for seed in seeds if name in seed[role]]
        cells = [_spread([one["paper"]["bleu"][i] for one in measured]) for i in range(4)]
        cells.append(_spread([one["paper"]["cider"] for one in measured]))
        if role == "teacher":
            cells += [_spread([one[key] for one in measured]) for key in ("mae", "unparsed")]
        known = " / ".join(f"{value:.2f}" for value in paper[name]) if name in paper else "–"
        rows.append([name, *cells, known])
    extra = ["MAE ↓", "no score"] if role == "teacher" else []
    return _table(title, [role, "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "CIDEr", *extra, "paper, same order"], rows)


def _plain(seeds: Sequence[Seed]) -> str:
    rows = [
        [name, *(_percent([_exact(seed, name, group) for seed in seeds]) for group in ("seen", "new", "all questions"))]
        for name in STUDENTS
    ]
    return _table("Table 1: plain answers, exact match in %", ["student", "seen", "new", "all"], rows)


def _exact(seed: Seed, name: str, group: str) -> float:
    found = (one for one in seed["answers"][name]["scores"] if (one["metric"], one["group"]) == ("exact_match", group))
    value: float = next(found)["estimate"]["value"]
    return value


def _curves(seeds: Sequence[Seed]) -> str:
    rows = []
    for name in STUDENTS:
        cells = [_percent([seed["free"][name]["accuracy_by_turn"][turn] for seed in seeds]) for turn in range(5)]
        rows.append([name, *cells, f"{100 * PAPER_CURVE[name]:.0f}"])
    head = ["student", *(f"turn {turn}" for turn in range(1, 6)), "paper, turn 5"]
    return _table("Figure 7: right by turn, in %, all tasks, trained teacher", head, rows)


def _figure7(seeds: Sequence[Seed]) -> Any:
    n = seeds[0]["free"]["FIRE"]["n"]
    made, (axes,) = figure(
        "Right answers by turn (FIRE, figure 7)",
        f"{n:,} dialogues on the pocket world; lines are means of {len(seeds)} seeds, bands their range",
        height=4.2,
    )
    turns = range(1, 6)
    for name, color, style, rise in zip(STUDENTS, COLORS, (":", "--", "-"), (-4, -14, -2), strict=True):
        curves = [[100 * share for share in seed["free"][name]["accuracy_by_turn"]] for seed in seeds]
        columns = list(zip(*curves, strict=True))
        mean = [statistics.fmean(column) for column in columns]
        axes.fill_between(
            turns, [min(c) for c in columns], [max(c) for c in columns], color=color, alpha=0.15, linewidth=0
        )
        axes.plot(turns, mean, "o", linestyle=style, color=color, linewidth=2.2, markersize=6, label=name, zorder=3)
        axes.annotate(f"{mean[-1]:.0f}", (5, mean[-1]), (7, rise), textcoords="offset points", color=color)
    label_axes(axes, "turn", "right by this turn, %")
    axes.set_xticks(turns)
    axes.set_ylim(0, 100)
    legend(axes)
    return made


def _ratio(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base else None


def _percent(shares: Sequence[float]) -> str:
    return _spread([100 * share for share in shares], digits=1)


def _spread(values: Sequence[float | None], digits: int = 2) -> str:
    """Mean and sample standard deviation of what is defined."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    mean = f"{statistics.fmean(known):.{digits}f}"
    return f"{mean} ± {statistics.stdev(known):.{digits}f}" if len(known) > 1 else mean


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(row)} |" for row in (head, rule, *rows))])


if __name__ == "__main__":
    main(tyro.cli(Results))
