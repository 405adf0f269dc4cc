"""`folder:DIRECTORY`: every picture below it, what is asked of each, and truths by file name."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_files import candidates, dropped, png, write_pictures

from burnish.errors import SourceError
from burnish.records import Example
from burnish.sources import Questions, open_source, stream


def _photos(tmp_path: Path) -> Path:
    root = tmp_path / "Photos"
    root.mkdir()
    write_pictures(root, ["b.png", "a.JPG", "trip/a.png", "trip/c.webp", ".hidden.png", ".thumbs/d.png"])
    (root / "notes.txt").write_text("no picture")
    return root


def test_every_picture_is_asked_about(tmp_path: Path) -> None:
    source = open_source(f"folder:{_photos(tmp_path)}#ask=What is this?")
    found = candidates(source)
    assert [one.id for one in found] == ["a.JPG", "b.png", "trip/a.png", "trip/c.webp"]
    assert {(one.question, one.answer, one.source) for one in found} == {("What is this?", None, "photos")}
    assert source.load(found[2]).image == png()


def test_some_of_several_questions_are_drawn_for_each_picture(tmp_path: Path) -> None:
    spec = f"folder:{_photos(tmp_path)}#ask=One?#ask=Two?#ask=Three?"
    assert len(stream(spec, Questions(source=spec))) == 12
    drawn = {}
    for seed in range(6):
        examples = stream(spec, Questions(source=spec, per_image=2, seed=seed))
        asked = [(one.id.partition(",")[0], one.question) for one in examples if isinstance(one, Example)]
        assert len(asked) == 8 and all(sum(name == of for of, _ in asked) == 2 for name, _ in asked)
        drawn[seed] = sorted(asked)
        assert drawn[seed] == sorted(
            (one.id.partition(",")[0], one.question)
            for one in stream(spec, Questions(source=spec, per_image=2, seed=seed))
            if isinstance(one, Example)
        )
    assert len({str(asked) for asked in drawn.values()}) > 1


def test_truths_come_from_a_table_by_file_name(tmp_path: Path) -> None:
    root = _photos(tmp_path)
    write_pictures(root, ["trip/b.png"])
    table = tmp_path / "truths.csv"
    table.write_text("file,label\ntrip/a.png,a dog\nc.webp,a cup\nb.png,two cats\ngone.png,x\na.JPG,\n")
    source = open_source(f"folder:{root}#ask=What?#truths={table}#image=file#answer=label")
    assert {one.id: one.answer for one in candidates(source)} == {
        "a.JPG": None,
        "b.png": "two cats",
        "trip/a.png": "a dog",
        "trip/b.png": None,
        "trip/c.webp": "a cup",
    }
    assert [(one.reason, one.id) for one in dropped(source)] == [
        ("truth without a picture", "truth-line-5"),
        ("no answer", "truth-line-6"),
    ]
    table.write_text("file,label\na.png,x\n")
    write_pictures(root, ["home/a.png"])
    (fault,) = dropped(open_source(f"folder:{root}#ask=What?#truths={table}#image=file#answer=label"))
    assert "is the name of several pictures" in fault.detail


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    root = _photos(tmp_path)
    (tmp_path / "empty").mkdir()
    faults = {
        f"folder:{root}": "say what to ask of its pictures",
        f"folder:{tmp_path}/empty#ask=What?": "holds no picture",
        f"folder:{root}#ask=What?#truths={tmp_path}/gone.csv": "is not there",
        f"folder:{root}#ask=What?#question=x": "has no option #question",
        f"folder:{root}#ask=What?#source=a#source=b": "gives the option #source= twice",
    }
    for spec, fault in faults.items():
        with pytest.raises(SourceError, match=fault):
            list(open_source(spec).candidates())
