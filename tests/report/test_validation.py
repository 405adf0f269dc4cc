"""`burnish validate` tells everything at once; the items were made for the tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish.cli import main
from burnish.errors import ConfigError, SourceError
from burnish.report.validation import LocatedFault, ValidateConfig, validate
from fire_items import made_item, real_file, without, write_items
from printed import printed


def listed(path: Path, show: int = 200) -> list[tuple[str, str, str]]:
    result = validate(ValidateConfig(file=str(path), show=show))
    return [(found.place, found.fault.field, found.fault.reason) for found in result.listed]


def test_everything_is_told_by_item_and_field(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    items = [
        made_item(4, 9),
        made_item(4, "9/10", image="none.png", round=1, score=[4, 1]),
        "text",
        made_item(4, image="text.png", conversations=[]),
        made_item(4, image="../made.json"),
        made_item(4, image=7),
        without(made_item("about 3", score=[3]), "source"),
    ]
    path = write_items(tmp_path, items)
    assert listed(path) == [
        ("item 2", "round", "wrong round"),
        ("item 2", "score[1]", "other score than in the text"),
        ("item 2", "image", "missing image"),
        ("item 3", "", "no JSON object"),
        ("item 4", "conversations", "no conversation"),
        ("item 4", "round", "wrong round"),
        ("item 4", "score", "wrong score"),
        ("item 4", "image", "broken image"),
        ("item 5", "image", "outside the root"),
        ("item 6", "image", "image is no text"),
        ("item 7", "conversations[1].value", "unparsable score"),
        ("item 7", "source", "missing key"),
        ("item 7", "score[0]", "other score than in the text"),
    ]
    result = validate(ValidateConfig(file=str(path), show=3))
    # items 2 to 7 have a fault; 2 to 6 have one that leaves nothing to read, item 7 has none such
    assert (result.items, result.faulty, result.unusable, result.faults, len(result.listed)) == (7, 6, 5, 13, 3)
    assert result.tables()[-1].rows[:2] == (
        ("wrong round", "2", "2", "item 2 round"),
        ("other score than in the text", "2", "2", "item 2 score[1]"),
    )


def test_faults_of_one_kind_in_one_item_are_one_item(tmp_path: Path) -> None:
    result = validate(ValidateConfig(file=str(write_items(tmp_path, [made_item(4, 5, score=[1, 1]), made_item(4)]))))
    (row,) = result.tables()[-1].rows
    assert row == ("other score than in the text", "2", "1", "item 1 score[0]")


def test_lines_that_are_no_json_do_not_hide_the_others(tmp_path: Path) -> None:
    path = write_items(tmp_path, [made_item(4), made_item(4, round=2)], "made.jsonl")
    good, bad = path.read_text().splitlines()
    path.write_text(f"{good}\n{{\n\n[1]\n{bad}\n")
    assert listed(path) == [
        ("line 2", "", "broken JSON"),
        ("line 4", "", "no JSON object"),
        ("line 5", "round", "wrong round"),
    ]


def test_an_array_that_breaks_off_is_told_after_what_came_before(tmp_path: Path) -> None:
    path = write_items(tmp_path, [made_item(4, round=2), made_item(4)])
    path.write_text(path.read_text()[:-100])
    assert listed(path) == [("item 1", "round", "wrong round"), ("file", "", "broken file")]
    result = validate(ValidateConfig(file=str(path)))
    assert (result.items, result.faulty) == (1, 1)
    path.write_text("[]")
    assert listed(path) == [("file", "", "no items")]


def test_a_root_of_its_own(tmp_path: Path) -> None:
    write_items(tmp_path, [made_item(4)])
    (tmp_path / "sub").mkdir()
    (tmp_path / "made.json").rename(tmp_path / "sub/made.json")
    assert validate(ValidateConfig(file=f"fire:{tmp_path}/sub/made.json#root={tmp_path}")).faults == 0
    assert validate(ValidateConfig(file=f"{tmp_path}/sub/made.json")).faults == 1


def test_what_cannot_be_validated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not there"):
        validate(ValidateConfig(file=str(tmp_path / "none.json")))
    with pytest.raises(ConfigError, match="--show must be 0 or more, not -1"):
        ValidateConfig(file="a", show=-1)


def test_no_control_character_reaches_the_terminal(tmp_path: Path) -> None:
    path = write_items(tmp_path, [made_item(4, image="a\n\x1b[31m.png", **{"\x1b[2J\ud800": 1})])
    result = validate(ValidateConfig(file=str(path)))
    assert len(result.listed) >= 2
    shown = "\n".join(map(printed, result.tables()))
    assert shown.replace("\n", "").isprintable()
    assert shown.encode()


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_items(tmp_path, [made_item(4), made_item(4, round=2, score=[5])])
    report = tmp_path / "report.json"
    assert main(["validate", str(path), "--show", "1", "--json", str(report)]) == 2
    shown = capsys.readouterr()
    said = shown.out.splitlines()
    assert said[said.index("place   field  fault") :] == [
        "place   field  fault",
        "────────────────────────────────────────────────────────────",
        "item 2  round  wrong round: is 2, not 1, the number of turns",
        "",
        "… and 1 more: --show 2 lists all.",
        "",
        "Faults by kind (2 items, 1 with a fault, 0 unusable)",
        "",
        "fault                         times  items  first",
        "───────────────────────────────────────────────────────────",
        "wrong round                       1      1  item 2 round",
        "other score than in the text      1      1  item 2 score[0]",
        "",
        "Written:",
        f"  {report}",
    ]
    assert shown.err.splitlines()[-1] == f"burnish: {path} has 2 faults: fix what is listed, and validate it again."
    numbers = json.loads(report.read_text())
    assert (numbers["items"], numbers["faulty"], numbers["unusable"], numbers["faults"]) == (2, 1, 0, 2)
    assert [fault["field"] for fault in numbers["listed"]] == ["round"]
    assert numbers["by_reason"]["wrong round"]["first"]["place"] == "item 2"
    write_items(tmp_path, [made_item(4)])
    assert main(["validate", str(path), "--json", str(report)]) == 0
    assert "is sound" in " ".join(capsys.readouterr().out.split())
    assert json.loads(report.read_text())["faults"] == 0


def test_the_real_file_has_five_faults() -> None:
    result = validate(ValidateConfig(file=str(real_file())))
    assert (result.items, result.faulty, result.unusable, result.faults) == (137, 2, 0, 5)
    assert [found.place for found in result.listed] == 3 * ["item 39"] + 2 * ["item 132"]
    assert isinstance(result.listed[0], LocatedFault)
