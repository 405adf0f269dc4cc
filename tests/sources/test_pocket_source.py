"""`pocket`: the small world as a source."""

from __future__ import annotations

import pytest
from source_files import candidates

from burnish.errors import SourceError
from burnish.images import decode
from burnish.pocket.world import SPLITS, make, tasks_of
from burnish.sources import open_source


@pytest.mark.parametrize("split", SPLITS)
def test_every_task_of_a_split_has_its_share(split: str) -> None:
    found = candidates(open_source(f"pocket:{split}#per_task=3"))
    names = [task.name for task in tasks_of(split)]
    assert [one.source for one in found] == names * 3
    assert len({one.id for one in found}) == len(found)


def test_plain_pocket_is_the_training_split() -> None:
    assert candidates(open_source("pocket#per_task=2")) == candidates(open_source("pocket:train#per_task=2"))


def test_tasks_are_chosen() -> None:
    found = candidates(open_source("pocket:heldout/counting+existence#per_task=2"))
    assert [one.source for one in found] == ["counting", "existence"] * 2


def test_the_example_is_the_worlds_own() -> None:
    source = open_source("pocket:new#per_task=2")
    task = tasks_of("new")[0].name
    found = [one for one in candidates(source) if one.source == task]
    example = source.load(found[1])
    assert example == make("new", 1, task)
    assert decode(example.image).size == (64, 64)


def test_lots_share_no_picture() -> None:
    first, second = (
        {one.image for one in candidates(open_source(f"pocket#per_task=20{lot}"))} for lot in ("", "#lot=1")
    )
    assert first.isdisjoint(second)
    assert candidates(open_source("pocket#per_task=2#lot=0")) == candidates(open_source("pocket#per_task=2"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pocket:dev", "pocket:SPLIT, one of train, heldout, new"),
        ("pocket:train/flying", "no task 'flying': its tasks are"),
        ("pocket#per_task=0", "#per_task= must be a whole number from 1 on, not 0"),
        ("pocket#per_task=many", "not many"),
        ("pocket#lot=-1", "#lot= must be a whole number from 0 on, not -1"),
        ("pocket#root=x", "no option #root; the options are: #per_task="),
    ],
)
def test_what_the_world_does_not_have_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(text)
    assert message in str(caught.value)
