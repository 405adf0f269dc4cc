"""The pocket world is the same on every machine, and its splits share nothing."""

from __future__ import annotations

import hashlib
from itertools import combinations, islice
from random import Random

import pytest

from burnish.errors import ConfigError
from burnish.images import decode
from burnish.pocket.world import NEW, SEEN, TASKS, draw, make, question_at, scene_from_json, split_of, tasks_of
from burnish.pocket.world.generate import Manner
from burnish.pocket.world.questions import SPLITS, scene_in

PER_SPLIT = 160


@pytest.fixture(scope="module")
def questions():
    return {split: [question_at(split, index) for index in range(PER_SPLIT)] for split in SPLITS}


def test_sixteen_tasks_eight_of_each_group_stand_for_the_columns_of_fires_tables():
    assert [task.stands_for for task in SEEN] == [
        "VQAv2", "GQA", "TextVQA", "ChartQA", "DocVQA", "DVQA", "GEOQA+", "Synthdog",
    ]  # fmt: skip
    assert [task.stands_for for task in NEW] == [
        "MathVista", "MathVerse", "MMMU", "MME", "MM-Vet", "SEED-Bench", "ScienceQA", "LLaVA-Bench",
    ]  # fmt: skip
    assert len({task.name for task in TASKS}) == 16


def test_the_same_number_gives_the_same_example_and_another_number_or_seed_another():
    first = make("heldout", 12)
    question_at.cache_clear()
    assert make("heldout", 12) == first
    assert make("heldout", 12) != make("heldout", 20)
    assert make("heldout", 12, seed=1) != make("heldout", 12)


def test_what_is_drawn_today_was_drawn_when_the_weights_were_trained():
    # A changed picture or question would make the committed weights and every published number wrong.
    digest = hashlib.sha256()
    for split in SPLITS:
        for index in range(24):
            one = question_at(split, index)
            digest.update(f"{one.id}|{one.question}|{one.answer}".encode() + draw(one.scene).tobytes())
    assert digest.hexdigest() == "a5ee4531e90732676c7166ce6f542ef354475eb368887f22747b6a9e2a7d594d"


def test_ids_are_unique_and_name_split_and_task(questions):
    ids = [one.id for split in SPLITS for one in questions[split]]
    assert len(set(ids)) == len(ids)
    assert question_at("heldout", 6).id == "pocket-heldout-counting-000000"
    assert question_at("heldout", 3, "counting", seed=7).id == "pocket-heldout-s7-counting-000003"


def test_no_scene_picture_or_question_about_one_is_in_two_splits(questions):
    for nature in (
        lambda one: one.scene.key,
        lambda one: draw(one.scene).tobytes(),
        lambda one: (draw(one.scene).tobytes(), one.question),
    ):
        shown = {split: {nature(one) for one in questions[split]} for split in SPLITS}
        assert all(shown[one].isdisjoint(shown[other]) for one, other in combinations(SPLITS, 2))


def test_every_scene_is_in_the_split_its_hash_names(questions):
    assert all(split_of(one.scene) == split for split in SPLITS for one in questions[split])


def test_different_scenes_are_different_pictures(questions):
    scenes = {one.scene for split in SPLITS for one in questions[split]}
    assert len({draw(scene).tobytes() for scene in scenes}) == len(scenes)


def test_new_tasks_are_never_asked_in_training(questions):
    assert {one.task.name for split in ("train", "heldout") for one in questions[split]} == {one.name for one in SEEN}
    assert {one.task.name for one in questions["new"]} == {one.name for one in NEW}
    assert tasks_of("train") == tasks_of("heldout") == SEEN
    assert tasks_of("balanced") == tasks_of("counter-train") == TASKS


def test_an_example_carries_picture_truth_and_facts():
    example = make("new", 2)
    assert decode(example.image).size == (64, 64)
    assert example.source == example.facts["task"] == "table"
    assert example.facts["group"] == "new" and example.facts["stands_for"] == "MMMU"
    assert scene_from_json(example.facts["scene"]) == question_at("new", 2).scene


@pytest.mark.parametrize("kind", ["objects", "text", "bars", "table"])
def test_nothing_leaves_its_cell(kind):
    rng = Random(0)
    plain = Manner(haze=0)
    for scene in islice(iter(lambda: scene_in("train", kind, rng, plain), None), 200):
        cells = [item.cell for item in (*scene.things, *scene.glyphs)]
        assert len(set(cells)) == len(cells)
        background = draw(scene).getpixel((63, 63)) if 15 not in cells and not scene.bars else None
        picture = draw(scene).load()
        empty = [cell for cell in range(16) if cell not in cells] if background else []
        for cell in empty:
            left, top = cell % 4 * 16, cell // 4 * 16
            assert all(picture[left + x, top + y] == background for x in range(16) for y in range(16))


def test_wrong_names_are_refused_in_one_sentence():
    with pytest.raises(ConfigError, match=r"no split 'test': choose one of train, heldout, new, balanced,"):
        make("test", 0)
    with pytest.raises(ConfigError, match="no task 'colour'"):
        make("heldout", 0, "colour")
    with pytest.raises(ConfigError, match="'table' is not asked in the split 'heldout'"):
        make("heldout", 0, "table")
    with pytest.raises(ConfigError, match="numbered from 0, not -1"):
        make("heldout", -1)
