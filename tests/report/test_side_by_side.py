"""Runs of one kind side by side: who is best, in bold only where all were asked the same, and the figures of all."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from answer_results import RESULT
from free_results import RULES, free_run

from builders import always, answer, pair, png, write_run
from burnish.bench.free_metrics import free_scores
from burnish.records import Dialogue, Dropped, Feedback, Prediction, Record, Response, Turn
from burnish.report import ReportConfig
from burnish.report.naming import short_names
from burnish.report.pages import write_report
from burnish.report.section import NamedRun, Section
from burnish.report.sections import sections_together
from burnish.report.side_by_side import RunNumbers, column, estimate, versus_table
from burnish.scores import (
    AccuracyScores,
    Estimate,
    FixedScores,
    PartScore,
    ShrScores,
    StandardResult,
    StudentScores,
    TextScores,
    YesNoScores,
    YesNoSplit,
)
from burnish.scores.judged import Judging, ShrJudged
from burnish.store import Run, new_manifest
from burnish.store.codec import to_json
from burnish.store.manifest import write_manifest

PICTURE = png("black", 8, 8)


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str = "m"
    student: str = "m"
    protocol: str = "llava"
    contrast: str | None = None


def _asked(number: int, question: str = "What?", source: str = "task", image: str = "") -> Prediction:
    return Prediction(id=f"q{number}", image=image, question=question, answer="a", text="a", source=source)


def _write(
    folder: Path, kind: str, records: Sequence[Record], summary: object, config: _Config | None = None
) -> NamedRun:
    """A run with these records, all about one picture, and what a bench left in it."""
    unpictured = [replace(one, image="") if isinstance(one, Prediction | Dialogue) else one for one in records]
    left = to_json(summary) if summary else {}  # type: ignore[arg-type]
    pictures = always(PICTURE)
    run = write_run(folder, unpictured, kind=kind, config=config or _Config(), pictures=pictures, summary=left)
    return NamedRun(folder.name, run)


def _answers(folder: Path, value: float, records: Sequence[Record]) -> NamedRun:
    scores = tuple(
        replace(score, estimate=Estimate(value=value, low=value - 0.1, high=value + 0.1, n=len(records)))
        for score in RESULT.scores
    )
    return _write(folder, "answers", records, replace(RESULT, scores=scores))


def _bold(section: Section, place: int = 0) -> list[list[str]]:
    """The cells in bold, by row."""
    table = section.tables[place]
    return [[cell for j, cell in enumerate(row) if (i, j) in table.best] for i, row in enumerate(table.rows)]


def test_the_best_of_each_column_is_told_and_ties_are_all_best() -> None:
    columns = [column("turns", "turns"), column("RR", "RR"), column("yes_ratio", "yes", "%")]
    values = {"a": (2.0, 0.301, 0.4), "b": (2.001, 0.2, 0.5), "c": (3.0, None, 0.6)}
    rows = [
        RunNumbers(name, dict(zip(("turns", "RR", "yes_ratio"), (estimate(v, None, 5) for v in of), strict=True)))
        for name, of in values.items()
    ]
    table = versus_table("t", columns, rows, comparable=("turns", "RR", "yes_ratio"))
    assert table.columns == ("", "turns ↓", "RR ↑", "yes %")
    # Fewer turns are better, and 2.00 is 2.00; of yes-ratios none is better.
    assert table.best == {(0, 1), (1, 1), (0, 2)}
    assert table.rows[2] == ("c", "3.00", "–", "60.0")
    assert versus_table("t", columns, rows, comparable=()).best == frozenset()
    assert versus_table("t", columns, rows[:1], comparable=("turns",)).best == frozenset()
    assert versus_table("t", columns, rows[:2], comparable=("turns",)).best == frozenset()  # nobody won


def test_an_interval_stands_behind_its_number() -> None:
    share = estimate(71.34, (68.4, 74.0), 9, of=100)
    table = versus_table("t", [column("points", "total", "%")], [RunNumbers("a", {"points": share})], comparable=())
    assert table.rows == (("a", "71.3 ± 2.9"),)


def test_answers_to_the_same_questions(tmp_path: Path) -> None:
    records = [_asked(1), _asked(2)]
    runs = [_answers(tmp_path / name, value, records) for name, value in (("weak", 0.3), ("strong", 0.6))]
    (section,) = sections_together(runs)
    assert section.lead == ""
    overall, by_task = section.tables
    assert overall.rows == (("weak", "30.0 ± 10.0"), ("strong", "60.0 ± 10.0"))
    assert _bold(section) == [[], ["60.0 ± 10.0"]]
    assert "2 questions each" in overall.note
    assert by_task.columns == ("", "counting % ↑", "naming % ↑")
    assert set(section.figures) == {"answers-by-task"}  # two tasks make no radar


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ([_asked(1), _asked(3)], "2 questions are in some of the runs only"),
        ([_asked(1), _asked(2, "Which?")], "different pictures or questions"),
    ],
)
def test_nothing_is_best_among_answers_to_other_questions(
    tmp_path: Path, others: Sequence[Prediction], why: str
) -> None:
    runs = [_answers(tmp_path / "one", 0.3, [_asked(1), _asked(2)]), _answers(tmp_path / "other", 0.6, others)]
    (section,) = sections_together(runs)
    assert why in section.lead
    assert all(not table.best for table in section.tables)


def test_answers_to_several_sets_of_questions_have_a_section_for_each(tmp_path: Path) -> None:
    runs = [
        _answers(tmp_path / f"{name} {asked}", value, [_asked(1, asked), _asked(2, asked)])
        for asked in ("What?", "Which?")
        for name, value in (("weak", 0.3), ("strong", 0.6))
    ]
    first, second = sections_together(runs)
    assert (first.title, second.title) == ("Answers side by side: weak What?", "Answers side by side: weak Which?")
    assert (first.lead, second.lead) == ("", "")
    assert [row[0] for row in second.tables[0].rows] == ["weak Which?", "strong Which?"]
    assert _bold(second) == [[], ["60.0 ± 10.0"]]
    assert not set(first.figures) & set(second.figures)  # they are files


def test_a_question_that_one_dropped_was_still_asked(tmp_path: Path) -> None:
    failed = Dropped(id="q2", source="task", reason="refused")
    distorted = replace(_asked(2), distortion="grey")
    runs = [
        _answers(tmp_path / "one", 0.3, [_asked(1), _asked(2), distorted]),
        _answers(tmp_path / "other", 0.6, [_asked(1), failed]),
    ]
    assert sections_together(runs)[0].lead == ""


def _dialogue(number: int) -> Dialogue:
    turn = Turn(response=Response(text="x", thought="", answer="x"), feedback=Feedback(text="y", score=9, comment="y"))
    return Dialogue(id=f"d{number}", image="", question="?", answer="!", turns=(turn,), source="VQAv2")


def _free(folder: Path, *dialogues: list[float | None]) -> NamedRun:
    scores = free_scores([free_run("seed", *dialogues)], RULES, [])
    named = _write(folder, "free", [], scores)
    _write(folder / "seed-0", "dialogues", [_dialogue(i) for i in range(len(dialogues))], None)
    return named


def test_free_dialogues_have_the_papers_tables(tmp_path: Path) -> None:
    runs = [_free(tmp_path / "plain", [4, 5], [3, 9]), _free(tmp_path / "trained", [4, 9], [3, 9])]
    free = sections_together(runs)[0]
    overall, seen, new = free.tables
    # turns: (10 + 2) / 2 and 2, gains (1 + 6) / 2 and (5 + 6) / 2, put right: a half and all.
    values = [[cell.partition(" ")[0] for cell in row] for row in overall.rows]
    assert values == [
        ["plain", "1.00", "6.00", "3.50", "3.50", "0.50"],
        ["trained", "0.33", "2.00", "5.50", "5.50", "1.00"],
    ]
    assert overall.best == {(1, column) for column in range(1, 6)}
    assert seen.columns[:5] == ("", "VQAv2 AT ↓", "VQAv2 ADR ↑", "VQAv2 ATR ↑", "VQAv2 RR ↑")
    assert seen.columns[5] == "DocVQA AT ↓"
    assert new.columns[1] == "LLaVA-Bench AT ↓"
    assert seen.rows[1][1] == "0.33"
    axes = free.figures["accuracy-by-turn"].axes[0]
    assert [list(line.get_ydata()) for line in axes.lines] == [[0, 50, 50, 50, 50], [0, 100, 100, 100, 100]]


def test_another_way_of_counting_is_named(tmp_path: Path) -> None:
    runs = [_free(tmp_path / "plain", [4, 5]), _free(tmp_path / "counted", [4, 9])]
    other = free_scores([free_run("seed", [4, 9])], dataclasses.replace(RULES, punishment=7), [])
    again = write_run(runs[1].run.path, [], like=runs[1].run, summary=to_json(other))
    free = sections_together([runs[0], NamedRun("counted", again)])[0]
    assert "differ in punishment" in free.lead
    assert not free.tables[0].best
    assert free.tables[0].rows[1][1] == "–"  # no turns to divide by


def _fixed(folder: Path, bleu: float) -> NamedRun:
    words = TextScores(bleu=(bleu,) * 4, cider=10 * bleu, tokens="", form="")
    scores = StudentScores(paper=words, standard=words, n=1, missing=0, intervals={}, changes={})
    return _write(folder, "fixed", [_asked(1)], FixedScores(student=scores, teacher=None, names={}, dropped={}))


def test_fixed_dialogues_stand_by_role(tmp_path: Path) -> None:
    (section,) = sections_together([_fixed(tmp_path / "a", 0.5), _fixed(tmp_path / "b", 0.25)])
    (table,) = section.tables
    assert table.title == "Students in fixed dialogues, side by side (FIRE's table 2)"
    assert table.rows == (("a", *["0.50"] * 4, "5.00"), ("b", *["0.25"] * 4, "2.50"))
    assert table.best == {(0, i) for i in range(1, 6)}


def _standard(folder: Path, benchmark: str, scores: object, config: _Config) -> NamedRun:
    result = StandardResult(benchmark=benchmark, questions=1, unanswered={}, scores=to_json(scores))  # type: ignore[arg-type]
    return _write(folder, "standard", [_asked(1)], result, config)


def _pope(f1: float) -> YesNoScores:
    split = YesNoSplit(accuracy=f1, precision=f1, recall=f1, f1=f1, yes_ratio=0.5, n=10, intervals={})
    return YesNoScores(splits={"random": split}, mean_f1=f1, interval=None, protocol="llava")


def _accuracy(benchmark: str, value: float) -> AccuracyScores:
    groups = {f"kind {i}": PartScore(value=value, interval=None, n=2) for i in range(5)}
    return AccuracyScores(
        benchmark=benchmark, accuracy=value, interval=None, n=10, pictures=10, groups=groups, counts={}
    )


def test_standard_benchmarks_have_a_row_a_model_and_a_column_each(tmp_path: Path) -> None:
    weak, strong = _Config(model="weak"), _Config(model="strong")
    runs = [
        _standard(tmp_path / "1", "pope", _pope(0.8), weak),
        _standard(tmp_path / "2", "gqa", _accuracy("gqa", 0.6), weak),
        _standard(tmp_path / "3", "pope", _pope(0.9), strong),
        _standard(tmp_path / "4", "gqa", _accuracy("gqa", 0.5), strong),
    ]
    overview, pope, gqa = sections_together(runs)
    assert overview.tables[0].columns == ("", "POPE % ↑", "GQA % ↑")
    assert overview.tables[0].rows == (("weak", "80.0", "60.0"), ("strong", "90.0", "50.0"))
    assert _bold(overview) == [["60.0"], ["90.0"]]
    assert pope.tables[0].columns == ("", "mean F1 % ↑", "random F1 % ↑")
    assert set(gqa.figures) == {"gqa", "gqa-radar"}


def test_another_protocol_is_no_comparison(tmp_path: Path) -> None:
    runs = [
        _standard(tmp_path / protocol, "pope", _pope(f1), _Config(protocol=protocol))
        for protocol, f1 in (("llava", 0.8), ("seva", 0.9))
    ]
    (section,) = sections_together(runs)
    assert section.lead == "These runs were not made in the same way: they differ in protocol."
    assert not section.tables[0].best


def test_a_model_that_answers_by_contrast_is_compared_with_itself(tmp_path: Path) -> None:
    runs = [
        _standard(tmp_path / "1", "pope", _pope(0.8), _Config()),
        _standard(tmp_path / "2", "gqa", _accuracy("gqa", 0.6), _Config()),
        _standard(tmp_path / "3", "pope", _pope(0.9), _Config(contrast="noise:500")),
        _standard(tmp_path / "4", "gqa", _accuracy("gqa", 0.5), _Config(contrast="noise:500")),
    ]
    overview, *_ = sections_together(runs)
    assert overview.tables[0].rows == (("m", "80.0", "60.0"), ("m + VCD noise:500", "90.0", "50.0"))
    assert _bold(overview) == [["60.0"], ["90.0"]]


def test_fewer_hallucinations_are_better(tmp_path: Path) -> None:
    judging = Judging(judge="j", prompt="", n=1, at_once=1, again=0, unread=0, refused=0, parse_rate=1.0, interval=None)
    counts = dataclasses.fields(ShrScores)

    def judged(name: str, ratio: float) -> NamedRun:
        values = {field.name: 0 for field in counts} | {"ratio": ratio, "interval": None, "runs": ()}
        return _write(
            tmp_path / name, "judged shr", [], ShrJudged(judging=judging, scores=ShrScores(**values), empty=0)
        )  # type: ignore[arg-type]

    (section,) = sections_together([judged("a", 0.4), judged("b", 0.3)])
    assert _bold(section) == [[], ["30.0"]]


def _training(folder: Path, steps: int) -> NamedRun:
    folder.mkdir()
    write_manifest(folder, new_manifest("dpo", _Config(), seed=0, fingerprints={}))
    lines = (f'{{"step": {i}, "loss": {1 / i}, "tokens_per_second": {100 * i}}}\n' for i in range(1, steps + 1))
    (folder / "log.jsonl").write_text("".join(lines))
    return NamedRun(folder.name, Run.open(folder))


def test_trainings_lie_over_each_other(tmp_path: Path) -> None:
    (section,) = sections_together([_training(tmp_path / str(steps), steps) for steps in (2, 4, 100, 1, 3)])
    assert "the first 4 of 5 runs: 2, 4, 100, 1" in section.lead
    assert section.tables[0].columns == ("", "steps", "loss", "tokens per second")
    assert section.tables[0].rows[0] == ("2", "2", "0.5", "150")
    loss, _rate = section.figures["trainings"].axes
    drawn = [list(map(float, line.get_xdata())) for line in loss.lines]
    # of the long one every step, and the running mean of five over it
    assert list(map(len, drawn)) == [2, 4, 100, 100, 1]
    smooth = loss.lines[3].get_ydata()
    assert smooth[10] == pytest.approx(sum(1 / i for i in range(9, 14)) / 5)
    assert "the mean of 5 steps" in section.figures["trainings"].axes[0].texts[0].get_text()


def test_dialogues_of_many_splits_are_drawn_as_far_as_they_can_be_told_apart(tmp_path: Path) -> None:
    runs = [_write(tmp_path / f"split {i}", "dialogues", [_dialogue(1)], None) for i in range(5)]
    (section,) = sections_together(runs)
    assert "the first 4 of 5 runs: split 0, split 1, split 2, split 3." in section.lead
    assert len(section.figures["dialogues"].legends[0].get_texts()) == 4
    assert [row[0] for row in section.tables[0].rows] == [named.name for named in runs]


def test_a_mixture_has_a_joint_section_for_what_belongs_together(tmp_path: Path) -> None:
    records = [_asked(1)]
    _answers(tmp_path / "one" / "made", 0.3, records)
    _answers(tmp_path / "two" / "made", 0.6, records)
    write_run(tmp_path / "three" / "made", [pair(1, answer("a"), [answer("b")])])
    folders = tuple(str(tmp_path / name / "made") for name in ("one", "two", "three"))
    report = write_report(ReportConfig(runs=folders, out=str(tmp_path / "out")))
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count('<details class="fold"') == 6  # side by side, one per run, records, origin
    assert "<title>Answers and Preference pairs: m and pocket</title>" in page
    assert "<b>60.0 ± 10.0</b>" in page
    assert "**60.0 ± 10.0**" in (tmp_path / "out" / "tables.md").read_text()
    assert {"answers-by-task.png", "one-answers-by-task.svg", "three-answer-lengths.png"} <= {
        path.name for path in report.files
    }


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/r/a/made", "/r/b/made"], ["a", "b"]),
        (["/r/a.json", "/r/b.json"], ["a", "b"]),
        (["/r/x/a", "/r/y/a", "/r/y/b"], ["x/a", "y/a", "b"]),
        (["/r/a"], ["a"]),
        (["/r/a", "/r/a"], ["1: /r/a", "2: /r/a"]),
    ],
)
def test_runs_are_named_by_what_tells_them_apart(paths: list[str], names: list[str]) -> None:
    assert short_names([Path(path) for path in paths]) == names
