"""A report of answers at several temperatures, with the numbers by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import png, write_run
from burnish.cli import main
from burnish.records import Dropped, Prediction
from burnish.report import ReportConfig
from burnish.report.kinds.sampled.summary import summarise_sampled
from burnish.report.kinds.sampled.tables import sampled_plots
from burnish.report.pages import write_report
from burnish.store import Run


def drawn(key: str, temperature: float, text: str, n_tokens: int) -> Prediction:
    return Prediction(
        id=key,
        image="",
        question="What is it?",
        answer="",
        text=text,
        source="s",
        n_tokens=n_tokens,
        facts={"temperature": temperature},
    )


def write(folder: Path, *, tokens: bool = True, temperatures: tuple[float, float] = (50.0, 0.0)) -> Run:
    """Two questions at two temperatures, and one that was refused at both."""
    hot, cold = temperatures
    records = [
        drawn("a", hot, "red red red red", 6 * tokens),
        drawn("a", cold, "red", 2 * tokens),
        drawn("b", hot, "blue dog", 4 * tokens),
        drawn("b", cold, "blue dog", 4 * tokens),
        *[Dropped(id="c", source="s", reason="refused", detail="no")] * 2,
    ]
    colours = {"a": "red", "b": "blue"}
    return write_run(folder, records, kind="sampled", pictures=lambda _, one: png(colours[one.id], 8, 8))


def test_numbers_by_hand(tmp_path: Path) -> None:
    cold, hot = summarise_sampled(write(tmp_path / "run")).rows
    assert (cold.temperature, hot.temperature) == (0, 50)
    assert (cold.answers, cold.tokens.value, cold.words.value, cold.same.value) == (2, 3, 1.5, None)
    assert (hot.answers, hot.tokens.value, hot.words.value, hot.same.value) == (2, 5, 3, 0.5)
    assert (hot.words.low, hot.words.high) == (2, 4)  # both answers drawn twice, at either end


def test_without_tokens_and_without_temperature_0(tmp_path: Path) -> None:
    warm, hot = (summary := summarise_sampled(write(tmp_path / "run", tokens=False, temperatures=(2.0, 1.0)))).rows
    assert (warm.tokens.value, warm.same.value, hot.words.value) == (None, None, 3)
    plots = sampled_plots(summary)
    assert list(plots) == ["lengths"]
    assert plots["lengths"].axes[0].get_xlabel() == "words"


def test_files_and_what_they_say(tmp_path: Path) -> None:
    write(tmp_path / "run")
    report = write_report(ReportConfig(runs=(str(tmp_path / "run"),)))
    made = {f"{name}.{ending}" for name in ("lengths", "same") for ending in ("png", "svg")}
    assert made | {"index.html", "tables.md"} == {path.name for path in report.files}
    text = (tmp_path / "run" / "report" / "tables.md").read_text()
    assert "Dropped: refused 2." in text
    assert "| 50          |       2 |" in text


def test_the_verb_ends_with_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "sampled", "pocket:heldout/counting", "--model", "pocket", "--device", "cpu", "--limit", "3"]
    assert main([*words, "--temperatures", "0", "50", "--out", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    assert "Answers by temperature" in shown and "same.png" in shown
