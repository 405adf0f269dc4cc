"""`burnish report` on every kind of run, and on what is none."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from answer_results import COMPARED, RESULT

from builders import answer, dropped, pair, write_run
from burnish.errors import ConfigError, RunError
from burnish.report import ReportConfig
from burnish.report.pages import write_report
from burnish.store import Run, new_manifest
from burnish.store.codec import to_json
from burnish.store.manifest import write_manifest


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str


def _answers_run(folder: Path, *, finished: bool = True) -> None:
    write_run(folder, [], kind="answers", config=_Config(model="m"), summary=to_json(COMPARED), seed=0, done=finished)


def test_a_run_of_pairs(tmp_path: Path) -> None:
    write_run(tmp_path / "run", [pair(1, answer("a"), [answer("b")]), dropped(1, "equal answers")])
    report = write_report(ReportConfig(runs=(str(tmp_path / "run"),), samples=1))
    names = {path.name for path in report.files}
    assert names == {"index.html", "tables.md", "answer-lengths.png", "answer-lengths.svg"}
    assert all(path.parent == tmp_path / "run" / "report" and path.stat().st_size for path in report.files)
    assert (report.numbers["made"], report.numbers["kept"]) == (2, 1)
    # The run itself is as it was: it can be read, and gone on with.
    assert len(Run.open(tmp_path / "run")) == 2


def test_a_run_of_pairs_that_were_all_dropped(tmp_path: Path) -> None:
    write_run(tmp_path / "run", [dropped(1, "equal answers")])
    report = write_report(ReportConfig(runs=(str(tmp_path / "run"),), out=str(tmp_path / "out")))
    assert {path.name for path in report.files} == {"index.html", "tables.md"}


def test_a_run_of_answers(tmp_path: Path) -> None:
    _answers_run(tmp_path / "run")
    report = write_report(ReportConfig(runs=(str(tmp_path / "run"),), out=str(tmp_path / "out")))
    assert {path.name for path in report.files} == {
        "index.html",
        "tables.md",
        *(f"answers-by-{what}.{ending}" for what in ("task", "distortion") for ending in ("png", "svg")),
    }
    text = (tmp_path / "out" / "tables.md").read_text()
    assert "### Answers, change from runs/old (m)" in text
    assert "| counting      | 10 |   50.0 ± 10.0 |" in text
    assert "| naming        | 10 |             – |" in text
    numbers = json.loads(json.dumps(report.numbers))
    assert numbers["questions"] == RESULT.questions
    # Every number traces back to the run that it was measured on.
    assert numbers["run"] == str(tmp_path / "run")
    assert {"config", "seed", "version", "fingerprints"} <= numbers["manifest"].keys()
    assert f"begun {numbers['manifest']['created']} by Burnish {numbers['manifest']['version']} with seed 0" in text


@pytest.mark.parametrize("kind", ["dpo", "sft"])
def test_a_training(tmp_path: Path, kind: str) -> None:
    write_manifest(tmp_path, new_manifest(kind, _Config(model="m"), seed=0, fingerprints={}))
    with pytest.raises(RunError, match=r"has no log\.jsonl yet"):
        write_report(ReportConfig(runs=(str(tmp_path),)))
    (tmp_path / "log.jsonl").write_text('{"step": 1, "loss": 0.7, "rewards/accuracies": 0.5}\n')
    report = write_report(ReportConfig(runs=(str(tmp_path),)))
    assert {path.name for path in report.files} == {"index.html", "tables.md", "training.png", "training.svg"}


def test_the_command_stands_in_page_and_tables(tmp_path: Path) -> None:
    _answers_run(tmp_path / "run")
    write_report(ReportConfig(runs=(str(tmp_path / "run"),)))
    command = "burnish bench answers --model m"
    assert f"{command}</pre>" in (tmp_path / "run/report/index.html").read_text()
    assert f"{command}\n```" in (tmp_path / "run/report/tables.md").read_text()


def test_what_cannot_be_reported_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        write_report(ReportConfig(runs=(str(tmp_path),)))
    _answers_run(tmp_path / "unfinished", finished=False)
    with pytest.raises(RunError, match="has no scores yet"):
        write_report(ReportConfig(runs=(str(tmp_path / "unfinished"),)))
    write_run(tmp_path / "old", [], kind="answers", config=_Config(model="m"), summary={"accuracy": 1})
    with pytest.raises(RunError, match=r"another version of Burnish \(AnswersResult has an unknown field"):
        write_report(ReportConfig(runs=(str(tmp_path / "old"),)))
    write_run(tmp_path / "other", [], kind="songs")
    with pytest.raises(RunError, match="holds songs, for which there is no report"):
        write_report(ReportConfig(runs=(str(tmp_path / "other"),)))
    with pytest.raises(ConfigError, match="--samples must be from 0 to 1000, not 1001"):
        ReportConfig(runs=("x",), samples=1001)


def test_the_configuration_is_light() -> None:
    """`burnish report --help` must not wait for matplotlib or torch."""
    code = "import sys, burnish.report; print(sorted({'torch', 'matplotlib', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert asdict(ReportConfig(runs=("r",)))["out"] is None
