"""Dialogues of runs and of files are read by one function; the items were made for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from builders import always, dropped, prediction, write_run
from burnish.dialogue.loaders import DialogueSet, open_dialogues
from burnish.errors import ImageError, RunError, SourceError
from burnish.fire.schema import read_item
from burnish.records import Dialogue, Dropped
from burnish.store import Run
from fire_items import made_item, png, real_file, write_items


@dataclass(frozen=True)
class _Config:
    """As much of a verb's configuration as a run needs."""

    source: str = "made"


def test_a_file_is_read_any_number_of_times(tmp_path: Path) -> None:
    path = write_items(tmp_path, [made_item(4, 9), {"image": "x"}, made_item(5)])
    dialogues = open_dialogues(str(path))
    assert list(dialogues) == list(dialogues)
    assert [(type(one).__name__, one.id) for one in dialogues] == [
        ("Dialogue", "item-1"),
        ("Dropped", "item-2"),
        ("Dialogue", "item-3"),
    ]
    assert dialogues.path == path
    first = next(iter(dialogues))
    assert isinstance(first, Dialogue)
    assert first.image == "images/cats.png"
    assert dialogues.picture(first.image) == png()
    with pytest.raises(ImageError, match="points outside"):
        dialogues.picture("../made.json")


def test_a_file_as_a_source_has_a_root(tmp_path: Path) -> None:
    write_items(tmp_path / "a", [made_item(4)])
    (tmp_path / "b").mkdir()
    (tmp_path / "a/made.json").rename(tmp_path / "b/made.json")
    assert open_dialogues(f"fire:{tmp_path}/b/made.json#root={tmp_path}/a").picture("images/cats.png") == png()
    with pytest.raises(ImageError, match="is not there"):
        open_dialogues(f"{tmp_path}/b/made.json").picture("images/cats.png")


def made_run(path: Path, *items: object) -> Run:
    read = [read_item(item, default_id=str(number), default_source="s") for number, item in enumerate(items)]
    records = [Dialogue(id=one.id, image="", question="q", answer="a", turns=one.turns, source="s") for one in read]
    ended = dropped(0, "one turn", "s")
    return write_run(path, [*records, ended], kind="simulate", config=_Config(), pictures=always(png()), done=False)


def test_a_run_of_any_kind_that_holds_dialogues(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", made_item(4), made_item(5))
    dialogues = open_dialogues(str(run.path))
    assert list(dialogues) == list(run) == list(dialogues)
    first, *_, last = dialogues
    assert isinstance(first, Dialogue)
    assert isinstance(last, Dropped)
    assert dialogues.picture(first.image) == png()
    with pytest.raises(RunError, match="holds no picture"):
        dialogues.picture("0" * 64)


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    def fingerprint(name: str, *items: object) -> str:
        return open_dialogues(str(write_items(tmp_path / name, list(items)))).fingerprint

    one = fingerprint("a", made_item(4), made_item(5))
    assert one == fingerprint("b", made_item(4), made_item(5))
    assert len({one, fingerprint("c", made_item(5), made_item(4)), fingerprint("d", made_item(4))}) == 3
    assert one != fingerprint("e", made_item(4), made_item(5, groundtruth={"role": "user", "value": "4"}))

    def of_run(name: str, *items: object) -> str:
        return open_dialogues(str(made_run(tmp_path / name, *items).path)).fingerprint

    assert of_run("f", made_item(4)) == of_run("g", made_item(4)) != of_run("h", made_item(5))


def test_what_holds_no_dialogues_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        open_dialogues(str(tmp_path))
    with pytest.raises(SourceError, match="is not there"):
        list(open_dialogues(str(tmp_path / "none.json")))
    write_run(tmp_path / "run", [prediction(1, "a", "t")], kind="answers", done=False)
    with pytest.raises(RunError, match="holds answers, not dialogues: give a run of dialogues, or a FIRE file"):
        list(open_dialogues(str(tmp_path / "run")))


def test_the_real_file() -> None:
    dialogues: DialogueSet = open_dialogues(str(real_file()))
    found = [one for one in dialogues if isinstance(one, Dialogue)]
    assert len(found) == 137
    assert sum(len(one.turns) for one in found) == 329
    assert all(dialogues.picture(one.image) for one in found)
    assert len(dialogues.fingerprint) == 64
