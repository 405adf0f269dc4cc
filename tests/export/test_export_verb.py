"""The verb: what it refuses, what it counts, and that a folder is written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
import yaml
from awkward_run import MakerConfig

from builders import begin, dropped, write_run
from burnish.errors import ConfigError, RunError
from burnish.export import ExportConfig, export_run
from burnish.export.verb import EXPORTERS, Format
from burnish.records import Prediction
from burnish.store import Run

OTHERS = ("fire", "vlmevalkit")
"""Formats of dialogues and of answers, which have tests of their own."""
FORMATS = [name for name in EXPORTERS if name not in OTHERS]
PAIR_FORMATS = [name for name in FORMATS if name != "parquet"]


def test_every_format_has_its_exporter() -> None:
    assert set(EXPORTERS) == set(get_args(Format))


@pytest.mark.parametrize("to", FORMATS)
def test_everything_is_counted(run: Run, tmp_path: Path, to: Format) -> None:
    result = export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out")))
    assert result.records == 6
    if to == "parquet":  # a row a record
        assert (result.rows, result.left_out) == (4, {"equal answers": 2})
    else:  # a row a negative: 1 + 2 + 1, and one with a tag that would ask for a second picture
        assert (result.rows, result.left_out) == (4, {"equal answers": 2, "media tag in the text": 1})
    assert all(path.is_file() for path in result.files)
    assert {path.name for path in result.files} >= {"README.md", "export.json"}
    mark = json.loads((tmp_path / "out/export.json").read_text())
    assert (mark["to"], mark["records"], mark["rows"]) == (to, 6, 4)


@pytest.mark.parametrize("to", FORMATS)
def test_the_card_tells_how_it_was_made(run: Run, tmp_path: Path, to: Format) -> None:
    export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out")))
    _, front, body = (tmp_path / "out/README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "unknown"
    assert yaml.safe_load(front)["size_categories"] == ["n<1K"]
    for told in (
        "- model: `pocket`",
        "- fingerprint of the model: `feedc0de`",
        "- source: `folder:questions.jsonl`",
        "- seed: `11`",
        "- Burnish: `0.1.0",
        "6 records gave 4 rows.",
        "- noise:800: 3",  # pairs 0, 2 and 4
        "- moco: 2",  # pairs 2 and 5
        "- equal answers: 2",
    ):
        assert told in body


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_run_gives_the_same_files(run: Run, tmp_path: Path, to: Format) -> None:
    def contents(name: str) -> dict[str, bytes]:
        out = tmp_path / name
        export_run(ExportConfig(run=str(run.path), to=to, out=str(out)))
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}

    assert contents("a") == contents("b")


def test_a_folder_in_use_is_refused(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    config = ExportConfig(run=str(run.path), to="swift", out=str(out))
    export_run(config)  # an empty folder is as good as none
    with pytest.raises(RunError, match="out is not empty: give --out a new folder, or --restart to replace"):
        export_run(config)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="file is a file: give --out a folder"):
        export_run(ExportConfig(run=str(run.path), to="swift", out=str(tmp_path / "file")))
    with pytest.raises(RunError, match="is not empty"):  # the run itself
        export_run(ExportConfig(run=str(run.path), to="swift", out=str(run.path)))


def test_restart_replaces_an_export_and_nothing_else(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(ExportConfig(run=str(run.path), to="swift", out=str(out)))
    export_run(ExportConfig(run=str(run.path), to="llava", out=str(out), restart=True))
    assert {path.name for path in out.iterdir()} == {"README.md", "export.json", "images", "pairs.json"}
    (out / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"out holds notes\.txt, which no export wrote: give --out a new folder"):
        export_run(ExportConfig(run=str(run.path), to="llava", out=str(out), restart=True))
    with pytest.raises(RunError, match="which no export wrote"):
        export_run(ExportConfig(run=str(run.path), to="llava", out=str(run.path), restart=True))
    assert len(list(Run.open(run.path))) == 6


def test_a_failed_export_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    shard = run.path / "records/00000.jsonl"
    shard.write_bytes(shard.read_bytes().replace(b'"reason"', b'"reasons"'))
    with pytest.raises(RunError, match=r"00000\.jsonl, line 2, is not a record"):
        export_run(ExportConfig(run=str(run.path), to="trl", out=str(tmp_path / "out")))
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_what_a_kill_left_is_cleared_away(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".out.growing/data").mkdir(parents=True)
    (tmp_path / ".out.growing/data/00000.part").write_text("half")
    export_run(ExportConfig(run=str(run.path), to="trl", out=str(tmp_path / "out")))
    assert {path.name for path in tmp_path.iterdir()} == {"run", "out"}


def test_a_missing_picture_is_told(run: Run, tmp_path: Path) -> None:
    next((run.path / "images").rglob("*.jpg")).unlink()
    for to in FORMATS:
        with pytest.raises(RunError, match="holds no picture"):
            export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out")))


@pytest.mark.parametrize("to", [*FORMATS, "fire"])
def test_a_run_without_a_pair_is_told(tmp_path: Path, to: Format) -> None:
    config = ExportConfig(run=str(tmp_path / "run"), to=to, out=str(tmp_path / "out"))
    with begin(tmp_path / "run", "pairs", MakerConfig()) as run:
        with pytest.raises(RunError, match="holds nothing to export: it has no records yet"):
            export_run(config)
        run.append([dropped(1)])
    with pytest.raises(RunError, match="holds nothing to export: 1 left out for 'equal answers'"):
        export_run(config)


@pytest.mark.parametrize("to", PAIR_FORMATS)
def test_predictions_do_not_fit_into_pairs(tmp_path: Path, to: Format) -> None:
    asked = Prediction(id="p", image="", question="q", answer="a", text="t", source="s")
    run = write_run(tmp_path / "run", [asked], kind="answers", config=MakerConfig(), done=False)
    with pytest.raises(RunError, match="holds more than preference pairs \\('p'\\): export it --to parquet"):
        export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out")))


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        export_run(ExportConfig(run=str(tmp_path), to="trl", out=str(tmp_path / "out")))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"run": "", "to": "trl", "out": "o"}, "RUN is empty"),
        ({"run": "r", "to": "trl", "out": ""}, "--out is empty"),
        ({"run": "r", "to": "csv", "out": "o"}, "--to 'csv' is not one of parquet, trl, swift, llamafactory, llava"),
    ],
)
def test_flags_are_checked(fields: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ExportConfig(**fields)  # type: ignore[arg-type]


def test_pictures_take_no_room_twice(run: Run, tmp_path: Path) -> None:
    export_run(ExportConfig(run=str(run.path), to="llava", out=str(tmp_path / "out")))
    for path in (tmp_path / "out/images").rglob("*.*"):
        assert path.samefile(run.path / path.relative_to(tmp_path / "out"))
