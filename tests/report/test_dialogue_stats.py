"""Figure 5 of FIRE from dialogues made for the tests, by hand, and from the real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from burnish.cli import main
from burnish.dialogue.loaders import open_dialogues
from burnish.errors import ConfigError, RunError
from burnish.make.importing import ImportConfig, import_dialogues
from burnish.report.dialogue_page import write_stats
from burnish.report.dialogue_stats import NamedStats, StatsConfig, collect_stats, dialogue_stats
from burnish.report.kinds.dialogues.plots import dialogue_histograms
from fire_items import made_item, real_file, said, write_items
from printed import printed

ITEMS = [
    made_item(4, 8),  # gains: 4 | 4
    made_item(4, "?", 9),  # gains: none of the two turns | 5
    made_item("?", 6, 5.5),  # gains: -0.5 | none
    made_item(10),  # one turn: no gain
    made_item(4, conversations=[]),
]


def test_every_histogram_by_hand(tmp_path: Path) -> None:
    stats = dialogue_stats(open_dialogues(str(write_items(tmp_path, ITEMS))))
    assert (stats.dialogues, stats.dropped, stats.feedback, stats.unscored) == (4, {"no conversation": 1}, 9, 2)
    assert stats.first_score.counts == {4: 2, 10: 1}
    assert stats.gain_per_turn.counts == {4: 1, -0.5: 1}
    assert stats.gain_per_dialogue.counts == {4: 1, 5: 1}
    assert stats.turns.counts == {2: 1, 3: 2, 1: 1}
    # "Thought: Look 1. Answer: 1 cats" and "Score: 4. Feedback: Count again, 1."
    assert stats.response_words.counts == {6: 9}
    assert stats.feedback_words.counts == {6: 9}


def test_the_tables_fit_a_terminal(tmp_path: Path) -> None:
    path = write_items(tmp_path, ITEMS)
    long = tmp_path / ("a long name of many words " * 3)
    long.mkdir()
    other = write_items(long, ITEMS[:1])
    report = write_stats(StatsConfig(runs=(str(path), str(other))))
    texts = [printed(table) for table in report.tables]
    assert max(len(line) for text in texts for line in text.splitlines()) <= 80
    assert texts[3].splitlines()[2:] == [
        "    first score  gain a turn  gain a dialogue  turns",
        "────────────────────────────────────────────────────",
        " 0            –         50.0                –      –",
        " 1            –            –                –   25.0",
        " 2            –            –                –   25.0",
        " 3            –            –                –   50.0",
        " 4         66.7         50.0             50.0      –",
        " 5            –            –             50.0      –",
        " 6            –            –                –      –",
        " 7            –            –                –      –",
        " 8            –            –                –      –",
        " 9            –            –                –      –",
        "10         33.3            –                –      –",
    ]
    totals = report.tables[0].rows
    assert [row[1:] for row in totals] == [("4", "1", "9", "2", "22.2 %"), ("1", "0", "2", "0", "0.0 %")]
    assert report.files == ()


def test_runs_are_named_by_the_end_of_their_paths(tmp_path: Path) -> None:
    for folder in ("a/x", "b/x", "b/y"):
        write_items(tmp_path / folder, ITEMS[:1])

    def names(*paths: str) -> list[str]:
        return [one.name for one in collect_stats(StatsConfig(runs=tuple(f"{tmp_path}/{path}" for path in paths)))]

    assert names("a/x/made.json") == ["made"]
    assert names("b/x/made.json", "b/y/made.json") == ["x", "y"]
    assert names("a/x/made.json", "b/x/made.json") == ["a", "b"]
    twice = names("a/x/made.json", "a/x/made.json")
    assert twice == [f"{number}: {tmp_path}/a/x/made.json" for number in (1, 2)]


def test_the_plot_shows_what_was_counted(tmp_path: Path) -> None:
    path = write_items(tmp_path, ITEMS)
    stats = dialogue_stats(open_dialogues(str(path)))
    one = dialogue_histograms([NamedStats("a", path, stats)])
    bars = {bar.get_x() + bar.get_width() / 2: bar.get_height() for bar in one.axes[0].patches}
    assert {round(place): height for place, height in bars.items()} == pytest.approx({4: 200 / 3, 10: 100 / 3})
    assert not one.legends
    two = dialogue_histograms([NamedStats("a", path, stats), NamedStats("b", path, stats)])
    assert [text.get_text() for text in two.legends[0].get_texts()] == ["a", "b"]
    assert sum(two.axes[4].lines[1].get_ydata()) == pytest.approx(100)
    assert "2 feedback texts without a score" in "".join(
        text.get_text() for text in one.findobj() if hasattr(text, "get_text")
    )


@pytest.mark.for_print
def test_dialogues_without_any_score_are_drawn_too(tmp_path: Path) -> None:
    path = write_items(
        tmp_path, [made_item("?"), made_item(4, conversations=[said("student", "a"), said("teacher", "b")])]
    )
    report = write_stats(StatsConfig(runs=(str(path),), out=str(tmp_path / "out")))
    assert [file.name for file in report.files] == ["tables.md", "dialogues.png", "dialogues.svg"]
    with Image.open(tmp_path / "out/dialogues.png") as image:
        assert image.width == 2250


@pytest.mark.parametrize("runs", [(), ("a", "b", "c", "d", "e")])
def test_one_to_four_runs(runs: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=f"1 to 4 runs or FIRE files, not {len(runs)}"):
        write_stats(StatsConfig(runs=runs))


def test_a_run_that_holds_only_drops_is_told(tmp_path: Path) -> None:
    path = write_items(tmp_path, [made_item(4, image="none.png")])
    import_dialogues(ImportConfig(source=str(path), out=str(tmp_path / "run")))
    with pytest.raises(RunError, match=r"run holds no dialogue \(1 missing image\)"):
        collect_stats(StatsConfig(runs=(str(tmp_path / "run"),)))


def test_an_imported_run_has_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_items(tmp_path, ITEMS)
    assert main(["import", str(path), "--out", str(tmp_path / "run")]) == 0
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "words per feedback" in capsys.readouterr().out
    written = {"index.html", "tables.md", "dialogues.png", "dialogues.svg"}
    assert {file.name for file in (tmp_path / "run/report").iterdir()} == written


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_items(tmp_path, ITEMS)
    numbers = tmp_path / "numbers.json"
    assert main(["stats", str(path), str(path), "--out", str(tmp_path / "out"), "--json", str(numbers)]) == 0
    assert "improved score per dialogue" in capsys.readouterr().out
    runs = json.loads(numbers.read_text())["runs"]
    assert len(runs) == 2
    assert next(iter(runs.values()))["turns"]["counts"] == {"1": 1, "2": 1, "3": 2}
    assert "| improved score per turn " in (tmp_path / "out/tables.md").read_text(encoding="utf-8")


def test_the_real_dialogues_have_the_shape_of_figure_5() -> None:
    """As recovered from the figure (for FIRE-Bench): first scores are mostly 3 and 4, gains of a dialogue 6 and 7, two
    turns are more frequent than three; a response has 38.9 words and a feedback 40.5."""
    stats = dialogue_stats(open_dialogues(str(real_file())))
    assert (stats.dialogues, stats.feedback, stats.unscored, stats.turns.n) == (137, 329, 0, 137)
    assert {score for score, _ in stats.first_score.counts.most_common(2)} == {3, 4}
    assert {gain for gain, _ in stats.gain_per_dialogue.counts.most_common(2)} == {6, 7}
    assert stats.turns.counts == {2: 87, 3: 45, 4: 5}
    assert stats.response_words.mean == pytest.approx(38.9, abs=2)
    assert stats.feedback_words.mean == pytest.approx(40.5, abs=2)
