"""`--to fire`: what was imported comes out as it was, pictures in their places; the items were made for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import always, begin, write_run
from burnish.cli import main
from burnish.dialogue.loaders import open_dialogues
from burnish.errors import RunError
from burnish.export import ExportConfig, ExportResult, export_run
from burnish.make.importing import ImportConfig, import_dialogues
from burnish.records import Dialogue
from burnish.store import Run
from fire_items import made_item, png, real_file, real_items, write_items


def imported(tmp_path: Path, source: Path) -> Path:
    return import_dialogues(ImportConfig(source=str(source), out=str(tmp_path / "run"))).run


def exported(tmp_path: Path, run: Path) -> ExportResult:
    return export_run(ExportConfig(run=str(run), to="fire", out=str(tmp_path / "out")))


def items_of(result: ExportResult) -> Any:
    return json.loads((result.folder / "dialogues.json").read_text(encoding="utf-8"))


def test_the_real_dialogues_come_out_as_they_went_in(tmp_path: Path) -> None:
    result = exported(tmp_path, imported(tmp_path, real_file()))
    assert (result.records, result.rows, result.left_out) == (137, 137, {})
    assert items_of(result) == real_items()
    for item in real_items():
        assert (result.folder / item["image"]).read_bytes() == (real_file().parent / item["image"]).read_bytes()
    assert main(["validate", str(result.folder / "dialogues.json")]) == 2  # for the five stored scores alone
    again = list(open_dialogues(str(result.folder / "dialogues.json")))
    assert again == list(open_dialogues(str(real_file())))


def test_what_was_left_out_is_counted(tmp_path: Path) -> None:
    items = [made_item(4, 9, extra={"key": [1]}), made_item(4, image="none.png"), made_item("?", 9)]
    result = exported(tmp_path, imported(tmp_path, write_items(tmp_path, items)))
    assert (result.records, result.rows, result.left_out) == (3, 2, {"missing image": 1})
    assert items_of(result) == [items[0], items[2]]
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert "burnish import THIS_FOLDER/dialogues.json --out RUN" in card


def made_dialogue(path: object, key: str, number: int) -> Dialogue:
    """A dialogue whose frame claims that its picture lies at `path`."""
    frame: Any = {"image": path, "question": {}, "groundtruth": {}, "conversations": []}
    return Dialogue(
        id=str(number), image=key, question="q", answer="a", turns=(), source="s", facts={"fire": frame} if path else {}
    )


@pytest.mark.parametrize(
    "claimed",
    [
        "../outside.png",
        "/tmp/outside.png",
        "images/../../outside.png",
        "images/./x.png",
        "images//x.png",
        "",
        "images\\..\\x.png",
        "nul\0.png",
        "dialogues.json",
        "README.md",
        "export.json",
        "export.json/x.png",
        7,
    ],
)
def test_no_picture_leaves_the_folder_or_takes_a_file_of_the_export(tmp_path: Path, claimed: object) -> None:
    run = write_run(tmp_path / "run", [made_dialogue(claimed, "", 0)], kind="free", pictures=always(png()), done=False)
    (key,) = (one.image for one in run.records(Dialogue))
    (item,) = items_of(exported(tmp_path, tmp_path / "run"))
    assert item["image"] == f"images/{key[:2]}/{key}.png"
    assert (tmp_path / "out" / item["image"]).read_bytes() == png()
    assert {path.name for path in tmp_path.iterdir()} == {"run", "out"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "README.md",
        "dialogues.json",
        "export.json",
        "images",
    }


def test_two_pictures_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    with begin(tmp_path / "run", "free") as run:
        red, blue = run.add_image(png("red")), run.add_image(png("blue"))
        claims = [
            ("a/x.png", red),
            ("a/x.png", blue),
            ("a/x.png", red),
            ("a", blue),
            ("a/x.png/y.png", blue),
            ("", red),
        ]
        run.append([made_dialogue(path, key, number) for number, (path, key) in enumerate(claims)])
    items = items_of(exported(tmp_path, tmp_path / "run"))
    blue_path, red_path = f"images/{blue[:2]}/{blue}.png", f"images/{red[:2]}/{red}.png"
    assert [item["image"] for item in items] == ["a/x.png", blue_path, "a/x.png", blue_path, blue_path, red_path]
    assert (tmp_path / "out/a/x.png").read_bytes() == png("red")
    assert (tmp_path / "out" / blue_path).read_bytes() == png("blue")


def test_pairs_are_no_dialogues(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds more than dialogues \('0'\): export it --to parquet"):
        exported(tmp_path, run.path)
    assert not (tmp_path / "out").exists()
