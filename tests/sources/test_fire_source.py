"""`fire`: items of FIRE's JSON as questions for any verb; the items were made for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from source_files import candidates, dropped, reasons

from burnish.errors import ImageError, SourceError
from burnish.records import Dialogue, Dropped
from burnish.sources import Candidate, Sampling, open_source, stream
from burnish.sources.fire import FireSource, open_fire
from fire_items import made_item, png, real_file, real_items, write_items

BROKEN = made_item(4, 9, question={"role": "user"})
ODD = made_item(4, 9, conversations=made_item(4)["conversations"][:1])


@pytest.mark.parametrize(("name", "place"), [("made.json", "item"), ("made.jsonl", "line")])
def test_an_item_is_a_question(tmp_path: Path, name: str, place: str) -> None:
    items = [made_item(4, 9, split="test"), 7, BROKEN, made_item(5, source="", id="own", facts={"task": "t"})]
    source = open_source(f"fire:{write_items(tmp_path, items, name)}")
    first, last = candidates(source)
    assert first == Candidate(
        id=f"{place}-1", image="images/cats.png", question="How many cats?", answer="3", source="made"
    )
    assert (last.id, last.source, last.facts) == ("own", "made", {"task": "t"})
    assert [(one.id, one.reason) for one in dropped(source)] == [
        (f"{place}-2", "no JSON object"),
        (f"{place}-3", "no question"),
    ]
    assert dropped(source)[1].detail == f"{place} 3 question.value is missing."


def test_a_conversation_that_cannot_be_read_is_no_hindrance_to_asking_anew(tmp_path: Path) -> None:
    path = write_items(tmp_path, [ODD, made_item(4)])
    source = open_fire(str(path))
    assert reasons(source) == ["How many cats?", "How many cats?"]
    first, second = source.dialogues()
    assert isinstance(first, Dropped)
    assert (first.id, first.reason, first.source) == ("item-1", "odd conversation", "made")
    assert isinstance(second, Dialogue)
    assert [one.id for one in candidates(source)] == [first.id, second.id]


def test_pictures_lie_beside_the_file_or_under_the_root(tmp_path: Path) -> None:
    path = write_items(tmp_path, [made_item(4)])
    source = open_source(f"fire:{path}")
    assert source.load(candidates(source)[0]).image == png("red")
    (tmp_path / "other/images").mkdir(parents=True)
    (tmp_path / "other/images/cats.png").write_bytes(png("blue"))
    source = open_source(f"fire:{path}#root={tmp_path / 'other'}")
    assert source.load(candidates(source)[0]).image == png("blue")
    with pytest.raises(ImageError, match="points outside"):
        FireSource(path=path, root=tmp_path / "other").picture("../images/cats.png")


def test_bad_pictures_are_counted_when_they_are_reached(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    images = ["images/cats.png", "none.png", "text.png", "/etc/passwd", "../x.png"]
    path = write_items(tmp_path, [made_item(4, image=image) for image in images])
    outcomes = sorted(stream(f"fire:{path}", Sampling(per_image=None)), key=lambda outcome: outcome.id)
    found = [outcome.reason if isinstance(outcome, Dropped) else "picture" for outcome in outcomes]
    assert found == ["picture", "missing image", "broken image", "outside the root", "outside the root"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "is empty: give one that holds examples"),
        ("[7, 8]", "holds nothing that can be used (the first fault: item 1 is a number, not an object)"),
        ('[{"image": ', "is broken JSON at line 1"),
        ("", "is empty"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "made.json"
    path.write_text(text)
    for read in (open_fire(str(path)).candidates, open_fire(str(path)).dialogues):
        with pytest.raises(SourceError) as raised:
            list(read())
        assert complaint in str(raised.value)


def test_an_option_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no option #split; the options are: #root="):
        open_source(f"fire:{tmp_path / 'made.json'}#split=test")


def test_only_one_item_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of arrays has its own tests; this one sees that nothing gathers what it gives."""
    path = write_items(tmp_path, [made_item(4)])
    handed_out: list[str] = []

    def endless(_path: Path) -> Any:
        for number in range(10**9):
            handed_out.append(str(number))
            yield made_item(4)

    monkeypatch.setattr("burnish.sources.json_items.read_array", endless)
    dialogues = open_fire(str(path)).dialogues()
    assert [next(dialogues).id for _ in range(3)] == ["item-1", "item-2", "item-3"]
    assert len(handed_out) == 3


def test_the_real_file() -> None:
    source = open_source(f"fire:{real_file()}")
    found = candidates(source)
    assert [(one.question, one.answer, one.source, one.image) for one in found] == [
        (
            item["question"]["value"].replace("<image>", "").strip(),
            item["groundtruth"]["value"],
            item["source"],
            item["image"],
        )
        for item in real_items()
    ]
    assert found[136].id == "item-137"
    examples = list(stream(f"fire:{real_file()}", Sampling(per_image=None, limit=20)))
    assert not any(isinstance(example, Dropped) for example in examples)
    assert json.dumps([dict(one.facts) for one in found]) == json.dumps(137 * [{}])
