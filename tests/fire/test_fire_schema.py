"""Items as dialogues and back, and what is wrong with them: the real ones, and awkward ones made for the tests."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import Any

import pytest

from burnish.errors import LineError
from burnish.fire.schema import read_item, read_question, write_item
from burnish.fire.validation import Fault, item_faults
from burnish.records import Dialogue, Feedback, Response, Turn
from fire_items import made_item, real_items, said, without


def read(item: object) -> Dialogue:
    return read_item(item, default_id="item-1", default_source="made")


def again(item: dict[str, Any]) -> dict[str, Any]:
    """Read, and written."""
    dialogue = read(item)
    return write_item(dialogue, dialogue.image)


def test_an_item_becomes_a_dialogue() -> None:
    dialogue = read(made_item(4, "9/10", split="test"))
    assert without({name: getattr(dialogue, name) for name in dialogue.__slots__}, "turns", "facts") == {
        "id": "item-1",
        "image": "images/cats.png",
        "question": "How many cats?",
        "answer": "3",
        "source": "made",
        "ended": "",
        "replies": (),
    }
    assert dialogue.turns[1] == Turn(
        response=Response(text="Thought: Look 2.\nAnswer: 2 cats\n", thought="Look 2.", answer="2 cats"),
        feedback=Feedback(text="Score: 9/10.\nFeedback: Count again, 2.\n", score=9, comment="Count again, 2."),
    )
    frame = dialogue.facts["fire"]
    assert isinstance(frame, dict)
    assert (frame["split"], frame["score"], frame["round"]) == ("test", [4, "9/10"], 2)
    assert frame["conversations"] == 2 * [
        {"role": "student", "type": "response", "value": None},
        {"role": "teacher", "type": "feedback", "value": None},
    ]


def test_a_pictures_mark_in_a_question_is_taken_out_and_put_back() -> None:
    item = made_item(4, 9)
    item["question"]["value"] = "<image>\nHow many cats?"
    assert read(item).question == "How many cats?"
    assert again(item) == item
    other = dataclasses.replace(read(item), question="How many dogs?")
    assert write_item(other, other.image)["question"] == {**item["question"], "value": "How many dogs?"}
    item["question"]["value"] = "<image>"
    with pytest.raises(LineError, match="asks nothing beside its picture's mark"):
        read(item)


def test_the_real_items_come_back_as_they_were() -> None:
    items = real_items()
    assert len(items) == 137
    for item in items:
        assert json.dumps(again(item)) == json.dumps(item)  # the order of the keys included


@pytest.mark.parametrize(
    "item",
    [
        made_item(4, 9, split="x", id="a-7", facts={"scene": [1, None]}),
        made_item(4, "none of these", score=[4, 0]),
        made_item(4, facts={"fire": "the name of the frame"}),
        made_item(4, facts=7),
        made_item(4, facts={}),
        made_item(4, round=None, score="many", source=3, id=None, licence={"by": ["me"]}),
        without(made_item(4), "round", "score", "source"),
        made_item(4) | {"question": {"value": "Where?\n"}, "groundtruth": {"value": " here ", "role": "judge"}},
        made_item(4) | {"conversations": [said("student", "a") | {"human_rating": 5}, said("teacher", "b")]},
        made_item(4) | {"conversations": [{"role": "student", "value": "a"}, {"role": "teacher", "value": "b"}]},
    ],
    ids=range(10),
)
def test_awkward_items_come_back_as_they_were(item: dict[str, Any]) -> None:
    assert again(item) == item


def test_a_dialogue_of_our_own_takes_the_published_form() -> None:
    turns = tuple(
        Turn(
            response=Response(text=text, thought="", answer=text), feedback=Feedback(text="…", score=score, comment="…")
        )
        for text, score in (("two", 4.0), ("three", 8.5), ("four", None))
    )
    dialogue = Dialogue(
        id="counting-7",
        image="0" * 64,
        question="How many?",
        answer="4",
        turns=turns,
        source="counting",
        ended="no score",
        facts={"scene": {"objects": 4}},
    )
    item = write_item(dialogue, "images/7.png")
    assert without(item, "conversations") == {
        "id": "counting-7",
        "image": "images/7.png",
        "question": {"role": "user", "value": "How many?"},
        "groundtruth": {"role": "user", "value": "4"},
        "source": "counting",
        "round": 3,
        "score": [4, 8.5, None],
        "facts": {"scene": {"objects": 4}},
    }
    assert item["conversations"][:2] == [
        {"role": "student", "type": "response", "value": "two"},
        {"role": "teacher", "type": "feedback", "value": "…"},
    ]
    back = read(item)
    assert (back.id, back.source, back.facts["scene"]) == ("counting-7", "counting", {"objects": 4})
    assert again(item) == item


@pytest.mark.parametrize(
    "frame",
    [7, {}, {"question": {}, "groundtruth": {}, "conversations": [{}, {}, {}, {}]}, {"conversations": "xx"}],
)
def test_a_frame_that_does_not_fit_is_not_used(frame: Any) -> None:
    """Runs come from elsewhere, and dialogues may have grown since they were read."""
    dialogue = read(made_item(4))
    changed = Dialogue(
        id="a", image="i", question="q", answer="g", turns=dialogue.turns, source="s", facts={"fire": frame}
    )
    assert write_item(changed, "i")["round"] == 1


def test_facts_of_the_item_are_the_examples() -> None:
    """What is made anew from an item must not carry the old conversation along."""
    asked = read_question(
        made_item(4, facts={"task": "counting"}, conversations="none", source=""), default_id="x", default_source="y"
    )
    assert asked == ("x", "images/cats.png", "How many cats?", "3", "y", {"task": "counting"})


def message(number: int, **changes: object) -> dict[str, Any]:
    """An item of two turns in which one message is other than it should be."""
    item = made_item(4, 9)
    item["conversations"][number] |= changes
    return item


UNUSABLE = [
    (7, "", "no JSON object"),
    (None, "", "no JSON object"),
    ({}, "image", "no image"),
    (made_item(4, image=7), "image", "image is no text"),
    (made_item(4, image=" "), "image", "empty image"),
    (made_item(4, question="How many?"), "question", "no question"),
    (made_item(4, question={"role": "user"}), "question.value", "no question"),
    (made_item(4, groundtruth={"role": "user", "value": 3}), "groundtruth.value", "ground truth is no text"),
    (made_item(4, conversations=[]), "conversations", "no conversation"),
    (made_item(4, conversations={"0": "a"}), "conversations", "no conversation"),
    (made_item(4, conversations=made_item(4)["conversations"][:1]), "conversations", "odd conversation"),
    (made_item(4, conversations=["a", "b"]), "conversations[0]", "wrong message"),
    (message(0, role="teacher"), "conversations[0].role", "wrong role"),
    (message(3, role="student"), "conversations[3].role", "wrong role"),
    (message(1, type="response"), "conversations[1].type", "wrong type"),
    (message(2, value=None), "conversations[2].value", "no response"),
    (message(2, value=["a"]), "conversations[2].value", "response is no text"),
    (message(3, value=" \n"), "conversations[3].value", "empty feedback"),
    (message(3, value="half a pair: \ud83d"), "", "not UTF-8"),
    (made_item(4, id="\ud83d"), "", "not UTF-8"),
    (made_item(4, weight=float("nan")), "", "not JSON"),
]


@pytest.mark.parametrize(("item", "field", "reason"), UNUSABLE, ids=range(len(UNUSABLE)))
def test_unusable_items_are_told_by_field(item: object, field: str, reason: str) -> None:
    with pytest.raises(LineError) as raised:
        read(item)
    assert (raised.value.reason, str(raised.value).startswith(field)) == (reason, True)
    first = next(fault for fault in item_faults(item) if fault.unusable)
    assert (first.field, first.reason) == (field, reason)


DOUBTFUL = [
    (made_item(4, round=2), "round", "wrong round"),
    (made_item(4, round="1"), "round", "wrong round"),
    (made_item(1, round=True), "round", "wrong round"),
    (made_item(4, score=4), "score", "wrong score"),
    (made_item(4, score=[4, 4]), "score", "wrong score"),
    (made_item(4, score=[5]), "score[0]", "other score than in the text"),
    (made_item(4, score=["4"]), "score[0]", "other score than in the text"),
    (made_item(1, score=[True]), "score[0]", "other score than in the text"),
    (made_item("6 to 7", score=[6]), "conversations[1].value", "unparsable score"),
    (message(0, value="three"), "conversations[0].value", "no 'Answer:'"),
    (message(2, value="Thought: three.\nAnswer:\n"), "conversations[2].value", "empty answer"),
    (made_item(4, source=None), "source", "wrong source"),
    (made_item(4, facts=[]), "facts", "wrong facts"),
    (made_item(4, licence="mine"), "licence", "unknown key"),
    (made_item(4, **{"two words\n": 1}), '"two words\\n"', "unknown key"),
    (made_item(4, question={"role": "user", "value": "q", "x": 1}), "question.x", "unknown key"),
    (message(1, colour="red"), "conversations[1].colour", "unknown key"),
    (without(made_item(4), "source"), "source", "missing key"),
    (without(made_item(4), "score"), "score", "missing key"),
    (made_item(4, groundtruth={"value": "g"}), "groundtruth.role", "missing key"),
]


@pytest.mark.parametrize(("item", "field", "reason"), DOUBTFUL, ids=range(len(DOUBTFUL)))
def test_doubtful_items_are_read_all_the_same(item: dict[str, Any], field: str, reason: str) -> None:
    assert read(item).question
    assert (field, reason) in [(fault.field, fault.reason) for fault in item_faults(item)]
    assert not any(fault.unusable for fault in item_faults(item))


def test_everything_is_told_at_once() -> None:
    item = made_item(4, 9, image=7, round=9, score=[4, "9"], more=1)
    item["conversations"][0]["role"] = "user"
    item["conversations"][3]["value"] = "Good."
    del item["question"]
    assert [(fault.field, fault.reason) for fault in item_faults(item)] == [
        ("image", "image is no text"),
        ("question", "no question"),
        ("conversations[0].role", "wrong role"),
        ("conversations[3].value", "unparsable score"),
        ("more", "unknown key"),
        ("round", "wrong round"),
        ("score[1]", "other score than in the text"),
    ]


def test_nothing_is_wrong_with_a_sound_item_or_one_of_our_own() -> None:
    assert list(item_faults(made_item(0, 4, "8.5/10", score=[0, 4, 8.5], split="test"))) == []
    assert list(item_faults(write_item(read(made_item(4)), "i.png"))) == []


def test_what_is_nested_too_deep_is_told_too() -> None:
    """JSON's reader and writer give up at some depth, which need not be the same."""
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    faults = list(item_faults(made_item(4, round=deep)))
    assert [(fault.field, fault.reason) for fault in faults] == [("", "not JSON"), ("round", "wrong round")]


def test_long_values_are_quoted_short() -> None:
    (fault,) = item_faults(made_item(4, round=1000 * "9"))
    assert fault == Fault("round", "wrong round", f'is "{58 * "9"}…, not 1, the number of turns')


def test_the_real_items_have_five_faults() -> None:
    faults = Counter(fault.reason for item in real_items() for fault in item_faults(item))
    assert faults == {"other score than in the text": 5}
