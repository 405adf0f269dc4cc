"""What a page begins with where nothing is compared: what the runs are, and the few numbers of each kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from answer_results import RESULT
from free_results import free_result

from builders import answer, dropped, pair, write_run
from burnish.cli import main
from burnish.fire.counts import count_dialogues
from burnish.records import Dialogue, Dropped, Feedback, Response, Turn
from burnish.report import ReportConfig
from burnish.report.kinds.answers import answers_tiles
from burnish.report.kinds.free import free_tiles
from burnish.report.kinds.training import training_tiles
from burnish.report.opening import plain_opening
from burnish.report.pages import write_report
from burnish.report.section import NamedRun, Tile
from burnish.report.sections import section_of
from burnish.report.tiles import dialogue_tiles
from burnish.store import Run, new_manifest
from burnish.store.manifest import write_manifest
from compared_runs import answers_run


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str = "org/llava"
    adapter: str | None = None


def _training(folder: Path) -> NamedRun:
    folder.mkdir()
    write_manifest(folder, new_manifest("dpo", _Config(), seed=0, fingerprints={}))
    (folder / "log.jsonl").write_text('{"step": 1, "loss": 0.7}\n{"step": 2, "loss": 0.5}\n')
    return NamedRun(folder.name, Run.open(folder))


def test_a_run_is_named_by_what_it_holds_and_whose_that_is(tmp_path: Path) -> None:
    named = NamedRun("run", write_run(tmp_path / "run", [pair(1, answer("a"), [answer("b")]), dropped(1, "same")]))
    section = section_of(*named)
    opening = plain_opening([named], [], [section])
    assert opening.title == "Preference pairs: pocket"
    assert opening.lead.startswith("pocket answered every question on the picture itself (chosen)")
    assert opening.tiles[:2] == (Tile("examples", "2"), Tile("pairs kept", "1", "50.0 %"))
    assert [*opening.figures] == ["answer-lengths"]
    assert not opening.told and not opening.flips
    assert plain_opening([named], [], [section], "My pairs").title == "My pairs"


def test_several_runs_that_are_no_comparison_are_named_by_their_kinds(tmp_path: Path) -> None:
    pairs = write_run(tmp_path / "pairs", [pair(1, answer("a"), [answer("b")])])
    runs = [NamedRun("pairs", pairs), _training(tmp_path / "adapter")]
    opening = plain_opening(runs, [], [section_of(*named) for named in runs])
    assert opening.title == "Preference pairs and Training on preference pairs (DPO): pocket and llava"
    assert opening.lead.startswith("2 runs: their numbers stand below")


def test_each_kind_has_its_few_numbers() -> None:
    assert answers_tiles(RESULT) == (Tile("exact match", "60.0", "%", "± 10.0"),)
    assert answers_tiles(replace(RESULT, scores=())) == ()
    at, adr, *_ = free_tiles(free_result())
    assert (at.name, at.value) == ("AT", "0.38")  # 2.25 turns over the baseline's 6
    assert adr == Tile("ADR", "5.25", "gained per dialogue")
    assert free_tiles(replace(free_result(), AT=None))[0] == Tile("turns", "2.25", "until right")
    log = [{"step": 1.0, "loss": 0.7, "rewards/margins": 0.0}, {"step": 2.0, "loss": 0.5, "rewards/margins": 0.25}]
    assert training_tiles(log) == (
        Tile("steps", "2"),
        Tile("loss", "0.5", "from 0.7"),
        Tile("margin", "0.25", "from 0"),
    )


def test_dialogues_are_counted() -> None:
    turn = Turn(response=Response(text="x", thought="", answer="x"), feedback=Feedback(text="y", score=9, comment="y"))
    dialogues = [Dialogue(id=str(n), image="", question="?", answer="!", turns=(turn,) * n, source="s") for n in (1, 2)]
    counts = count_dialogues([*dialogues, Dropped(id="d", source="s", reason="r")])
    assert dialogue_tiles(counts) == (
        Tile("examples", "3"),
        Tile("dialogues", "2", "66.7 %"),
        Tile("turns per dialogue", "1.5"),
    )
    assert dialogue_tiles(count_dialogues([]))[2] == Tile("turns per dialogue", "–")


def test_records_are_open_where_nothing_is_compared_and_folded_beside_verdicts(tmp_path: Path) -> None:
    before = answers_run(tmp_path / "before", range(40))
    write_report(ReportConfig(runs=(str(before),), out=str(tmp_path / "alone")))
    assert '<details class="fold" id="records" open>' in (tmp_path / "alone/index.html").read_text()
    after = answers_run(tmp_path / "after", range(9), baseline=before)
    assert main(["report", str(before), str(after), "--out", str(tmp_path / "both")]) == 0
    assert '<details class="fold" id="records">' in (tmp_path / "both/index.html").read_text()


def test_the_verb_tells_the_verdicts_and_where_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = answers_run(tmp_path / "before", range(40)), answers_run(tmp_path / "after", range(9))
    assert main(["report", str(before), str(after), "--out", str(tmp_path / "out"), "--title", "Cups"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("\nBetter: accuracy of yes or no 33.3 → 85.0 %, +51.7 points")
    assert max(map(len, told.partition("Written:")[0].splitlines())) <= 80
    assert told.count("\n") < 20
    assert f"  {tmp_path / 'out'}: " in told and "more files, all figures as PNG and SVG" in told
    title = "Cups: accuracy of yes or no on counter/existence better by 51.7 points"
    assert f"<title>{title}</title>" in (tmp_path / "out/index.html").read_text()
    assert "# " + title in (tmp_path / "out/tables.md").read_text()
