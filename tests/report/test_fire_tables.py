"""FIRE-Bench's tables and figure 7: what stands in them, in 80 columns."""

import dataclasses

from free_results import RULES, free_result, free_run

from burnish.bench.free_metrics import free_scores
from burnish.bench.free_run import DialogueKey
from burnish.report.kinds.fixed.tables import fixed_tables
from burnish.report.kinds.free.plots import accuracy_by_turn
from burnish.report.kinds.free.tables import free_tables
from burnish.report.tables import Table
from burnish.scores import Change, FixedScores, TeacherScores, TextScores
from printed import printed


def _cells(table: Table, label: str) -> tuple[str, ...]:
    return next(row[1:] for row in table.rows if row[0].startswith(label))


def test_free_dialogues_fit_a_terminal_and_follow_the_paper() -> None:
    overall, seen, new = free_tables(free_result())
    # turns: (2 + 2) / 2 and (2 + 3) / 2, over the baseline's (10 + 2) / 2; gains 5 and 6, and 5 and 5.
    assert _cells(overall, "…checkpoints + trained") == (f"{(2 / 6 + 2.5 / 6) / 2:.2f}", "2.25", "5.25", "4.62", "1.00")
    assert _cells(overall, "…eckpoints + untrained") == ("1.00", "6.00", "3.50", "3.50", "0.50")
    assert _cells(overall, "  ± over 2 seeds")[2] == "0.35"
    assert _cells(overall, "  times the baseline's")[2] == "1.50"
    assert [row[0] for row in seen.rows] == [
        "VQAv2",
        "  baseline",
        "DocVQA",
        "  baseline",
        "all of these",
        "  baseline",
    ]
    assert [row[0] for row in new.rows] == ["LLaVA-Bench", "  baseline"]
    assert "VQAv2 = attribute" in seen.note
    assert "4 missing (no picture)" in overall.note
    for table in (overall, seen, new):
        assert max(map(len, printed(table).splitlines())) <= 80


def test_a_baseline_without_partners_is_told() -> None:
    other = free_run("untrained", [4, 5])
    elsewhere = tuple(one._replace(asked=DialogueKey("elsewhere", "?", "!")) for one in other.dialogues)
    strange = dataclasses.replace(other, dialogues=elsewhere)
    overall, *_ = free_tables(free_scores([free_run("trained", [4, 9])], RULES, [strange]))
    assert "Of these, the baseline has 0." in overall.note


def test_figure_7_has_both_curves() -> None:
    figure = accuracy_by_turn(free_result())
    [axes] = figure.axes
    shares = [list(line.get_ydata()) for line in axes.lines]
    # untrained: 1 of 3 at once, 2 of 3 by turn 2; trained: 2/3 of the second seed's by turn 2, all by turn 3.
    assert [[round(share) for share in curve] for curve in shares] == [[33, 67, 67, 67, 67], [33, 83, 100, 100, 100]]
    assert len(figure.legends[0].get_texts()) == 2


def test_fixed_dialogues_fit_a_terminal() -> None:
    words = TextScores(bleu=(0.55, 0.45, 0.39, 0.33), cider=2.27, tokens="", form="")
    bounds = (0.2, 0.26)
    change = Change(
        before=0.1, after=0.33, difference=0.23, interval=bounds, ratio=3.3, p_value=0.0005, verdict="better"
    )
    teacher = TeacherScores(
        paper=words,
        standard=words,
        n=11_000,
        missing=0,
        intervals={"bleu_4": (0.31, 0.34)},
        changes={"bleu_4": change},
        mae=0.3,
        unparsed=12,
        references_unparsed=0,
        turns_mae=0.99,
    )
    names = {"teacher": "a very long model's name that nobody reads to its end", "baseline": "untrained"}
    [table] = fixed_tables(FixedScores(student=None, teacher=teacher, names=names, dropped={}))
    assert _cells(table, "…") == ("0.55", "0.45", "0.39", "0.33", "2.27", "0.30")
    assert _cells(table, "  ± 95 %") == ("–", "–", "–", "0.02", "–", "–")
    assert _cells(table, "  times the baseline's")[3] == "3.30"
    assert _cells(table, "each turn's median") == ("–", "–", "–", "–", "–", "0.99")
    assert max(map(len, printed(table).splitlines())) <= 80
