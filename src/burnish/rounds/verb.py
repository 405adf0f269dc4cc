"""What `burnish improve` leaves and says: the best adapter, a page with a row for each round, and one sentence."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from burnish.records import Json
from burnish.report import ReportConfig
from burnish.report.pages import write_report
from burnish.report.section import Section
from burnish.report.tables import NOTHING, Table, number
from burnish.report.terminal import prose, say, show
from burnish.rounds.config import ImproveConfig
from burnish.rounds.improve import Improved, Round, improve_rounds, verdict
from burnish.rounds.plan import plan_table
from burnish.scores import Compared, Estimate
from burnish.store.codec import to_json
from burnish.verbs.output import write_json

BEST = "best"
_LEFT_OUT = shutil.ignore_patterns("checkpoints", "merged", "report", "lock", "tensorboard")


def improve_and_print(config: ImproveConfig) -> None:
    """Make the rounds, then the page, and show the table of rounds; with `--plan` say what would be made."""
    if config.plan:
        show([plan_table(config)])
        return
    improved = improve(config)
    kept = Path(config.out) / BEST
    say("", prose(improved.ended), prose(_kept(improved)))
    files: list[Path | str] = [Path(config.out) / "report" / "index.html", *write_json(config.json, numbers(improved))]
    show(_tables(config, improved), [*files, *([kept] if improved.best.number else [])])


def improve(config: ImproveConfig) -> Improved:
    """Make the rounds of `config`, the page and the folder of the best adapter.

    Raises a BurnishError for a source, model, adapter or folder that cannot be used.
    """
    improved = improve_rounds(config)
    out = Path(config.out)
    _keep(improved.best, out / BEST)
    (out / "improve.json").write_text(json.dumps(numbers(improved), indent=2) + "\n", encoding="utf-8")
    _write_page(config, improved)
    return improved


def _tables(config: ImproveConfig, improved: Improved) -> list[Table]:
    return [rounds_table(config, improved), *([test_table(improved)] if improved.tested else [])]


def test_table(improved: Improved) -> Table:
    """A row for each source of `--test`."""
    return Table(
        title=f"Test: round {improved.best.number} against round 0",
        columns=("source", "before", "after", "change", "verdict"),
        rows=tuple((one.benchmark, _value(one, one.headline.before), *_cells(one)) for one in improved.tested),
        text_columns=frozenset({0, 4}),
        note="On questions that chose no round. The questions of --eval chose the best one, and so flatter it.",
    )


def rounds_table(config: ImproveConfig, improved: Improved) -> Table:
    """A row for each round."""
    sources = [source for source, _ in config.benched]
    names = sources if config.eval else ["held-out pictures"]
    columns = [column for name in names for column in (name, "change", "verdict")]
    rows = [_row(one, improved) for one in improved.rounds]
    texts = {3 * place + 6 for place in range(len(sources))}
    return Table(
        title="Rounds",
        columns=("round", "pairs", "of", "steps", *columns),
        rows=tuple(rows),
        text_columns=frozenset({0, *texts}),
        note=f"{improved.ended} Change and verdict are against round 0, the model before all rounds; * is the best.",
    )


def _row(one: Round, improved: Improved) -> tuple[str, ...]:
    name = f"{one.number} *" if one.number == improved.best.number else str(one.number)
    made = (f"{sum(of.kept for of in one.pairs):,}", f"{sum(of.made for of in one.pairs):,}")
    steps = str(one.training.get("steps", NOTHING))
    shown = [cell for compared in one.against_first for cell in _cells(compared)]
    if one.number == 0 and len(improved.rounds) > 1:
        first = improved.rounds[1].against_first
        shown = [cell for of in first for cell in (_value(of, of.headline.before), NOTHING, NOTHING)]
    if not shown:
        shown = [NOTHING] * (3 * len(one.answers))
    return (name, *(made if one.pairs else (NOTHING, NOTHING)), steps, *shown)


def _cells(compared: Compared) -> tuple[str, str, str]:
    headline = compared.headline
    return _value(compared, headline.after), _value(compared, headline.difference, signed=True), headline.verdict


def _value(compared: Compared, estimate: Estimate, *, signed: bool = False) -> str:
    metric = next(one for one in compared.metrics if one.name == compared.headline.metric)
    return number(estimate, metric, signed=signed)


def numbers(improved: Improved) -> dict[str, Json]:
    """The rounds as JSON values."""
    return {
        "ended": improved.ended,
        "best": improved.best.number,
        "before": _values(improved, improved.rounds[0]),
        "kept": {
            "round": improved.best.number,
            "values": _values(improved, improved.best),
            "gains": _gains(improved),
            "pairs": sum(of.kept for of in improved.best.pairs),
            "steps": improved.best.training.get("steps", 0),
        },
        "test": [_comparison(one) for one in improved.tested],
        "rounds": [
            {
                "round": one.number,
                "adapter": one.adapter,
                "pairs": [{"run": str(of.run), "made": of.made, "kept": of.kept} for of in one.pairs],
                "training": one.training,
                "answers": [str(path) for path in one.answers],
                "verdict": verdict(one.against_first) if one.against_first else None,
                "changes": [_comparison(of) for of in one.against_first],
            }
            for one in improved.rounds
        ],
    }


def _values(improved: Improved, one: Round) -> list[Json]:
    """What decides, by source; of round 0 as the first comparison has it, and nothing where there is none."""
    if one.number:
        return [of.headline.after.value for of in one.against_first]
    return [of.headline.before.value for of in improved.rounds[1].against_first] if len(improved.rounds) > 1 else []


def _gains(improved: Improved) -> list[Json]:
    """By how much the best round is above round 0, by source; 0 where that is the best."""
    if improved.best.number:
        return [of.headline.difference.value for of in improved.best.against_first]
    return [0.0 for _ in _values(improved, improved.best)]


def _comparison(compared: Compared) -> dict[str, Json]:
    headline = compared.headline
    return {
        "source": compared.benchmark,
        "metric": headline.metric,
        "before": headline.before.value,
        "after": headline.after.value,
        "difference": to_json(headline.difference),
        "p_value": headline.p_value,
        "verdict": headline.verdict,
    }


def _kept(improved: Improved) -> str:
    if improved.best.number:
        return f"The best is round {improved.best.number}."
    return "No round is as good as the model itself, which is left as it was."


def _keep(best: Round, place: Path) -> None:
    """The best round's adapter where it is easily found; none where the model itself is the best."""
    beside = place.with_name(f"{BEST}.tmp")
    for old in (beside, place):
        shutil.rmtree(old, ignore_errors=True)
    if best.number and best.adapter:
        shutil.copytree(best.adapter, beside, ignore=_LEFT_OUT, copy_function=_lay)
        beside.rename(place)


def _lay(source: str, target: str) -> None:
    """As a hard link where the disk allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_page(config: ImproveConfig, improved: Improved) -> None:
    runs = [str(path) for one in improved.rounds for path in one.answers]
    runs += [str(of.run) for one in improved.rounds for of in one.pairs if of.kept]
    runs += [one.adapter for one in improved.rounds if one.number and one.adapter]
    title = f"{len(improved.rounds) - 1} rounds of {config.model}"
    page = ReportConfig(runs=tuple(runs), out=str(Path(config.out) / "report"), title=title, samples=40)
    compared = [*improved.tested, *(of for one in improved.rounds for of in one.against_first)]
    write_report(page, compared, [Section(title="Rounds", tables=tuple(_tables(config, improved)))])
