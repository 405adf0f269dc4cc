"""`llava`: items in the layout of LLaVA-665K become questions, one for each human turn."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from source_files import candidates, dropped, png, reasons, write_jsonl, write_pictures

from burnish.errors import ImageError, SourceError
from burnish.records import Dropped, Example, TextMessage
from burnish.sources import PICTURED, TRAINING, Candidate, Questions, Source, open_source, stream

SHORT = "Answer the question using a single word or phrase."


def talk(*texts: str) -> list[dict[str, str]]:
    """Human and gpt in turn."""
    return [{"from": ("human", "gpt")[i % 2], "value": text} for i, text in enumerate(texts)]


ITEMS = [
    {
        "id": "140031996",
        "image": "ocr_vqa/images/140031996.jpg",
        "conversations": talk(
            f"<image>\nWho wrote this book?\n{SHORT}", "Ann Lee", f"What is it about?\n{SHORT}", "Cooking"
        ),
    },
    {
        "id": "000033471",
        "image": "coco/train2017/000033471.jpg",
        "conversations": talk(f"Where is the bus?\n{SHORT}\n<image>", "Left"),
    },
    {"id": "wgByO4Y_0", "model": "", "conversations": talk("Write a poem.", "Roses")},
]


def written(tmp_path: Path, items: object, options: str = "") -> Source:
    path = tmp_path / "mix.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    return open_source(f"llava:{path}{options}")


def test_each_human_turn_is_a_question_of_its_own(tmp_path: Path) -> None:
    found = [replace(one, before=()) for one in candidates(written(tmp_path, ITEMS))]
    assert found[:3] == [
        Candidate(
            id="item-1-message-1",
            image="ocr_vqa/images/140031996.jpg",
            question="Who wrote this book?",
            answer="Ann Lee",
            source="ocr_vqa",
            facts={"item": "140031996"},
        ),
        Candidate(
            id="item-1-message-3",
            image="ocr_vqa/images/140031996.jpg",
            question="What is it about?",
            answer="Cooking",
            source="ocr_vqa",
            facts={"item": "140031996"},
        ),
        Candidate(
            id="item-2-message-1",
            image="coco/train2017/000033471.jpg",
            question=f"Where is the bus?\n{SHORT}",  # only OCR-VQA loses the request, as SeVa had it
            answer="Left",
            source="coco",
            facts={"item": "000033471"},
        ),
    ]


def test_items_without_a_picture_are_for_training_alone(tmp_path: Path) -> None:
    source = written(tmp_path, ITEMS)
    last = candidates(source)[-1]
    assert (last.id, last.source, last.image, last.question) == ("item-3-message-1", "text", "", "Write a poem.")
    assert source.load(last).image == b""
    spec = f"llava:{tmp_path}/mix.json"
    for scope, found in ((PICTURED, ["no image"]), (TRAINING, ["Write a poem."])):
        outcomes = stream(spec, Questions(source=spec, only=("text",)), scope)
        assert [one.reason if isinstance(one, Dropped) else one.question for one in outcomes] == found


ODD = {
    "list": {"image": ["coco/1.jpg"], "conversations": talk("<image>\nWhat?", "x")},
    "messages": {
        "images": ["coco/1.jpg"],
        "messages": [{"role": "user", "content": "<image>\nWhat?"}, {"role": "assistant", "content": "x"}],
    },
    "names": {
        "image": "coco/1.jpg",
        "conversations": [{"from": "user", "value": "What?"}, {"from": "assistant", "value": "x"}],
    },
    "windows": {"image": "coco\\1.jpg", "conversations": talk("What?", "x")},
    "system": {
        "image": "coco/1.jpg",
        "conversations": [{"from": "system", "value": "Be brief."}, *talk("What?", "x")],
    },
    "absolute": {"image": "ROOT/coco/1.jpg", "conversations": talk("What?", "x")},
}


@pytest.mark.parametrize("form", ODD)
def test_other_forms_of_an_item(tmp_path: Path, form: str) -> None:
    write_pictures(tmp_path, ["coco/1.jpg"])
    text = json.dumps([ODD[form]]).replace("ROOT", str(tmp_path))
    (one,) = candidates(written(tmp_path, json.loads(text)))
    assert (one.question, one.answer, one.source) == ("What?", "x", "coco")
    assert open_source(f"llava:{tmp_path}/mix.json").load(one).image == png()


def test_a_picture_inside_an_item(tmp_path: Path) -> None:
    url = f"data:image/png;base64,{b64encode(png()).decode()}"
    source = written(tmp_path, [{"image": url, "conversations": talk("What?", "x")}])
    (one,) = candidates(source)
    assert (one.source, source.load(one).image) == ("mix", png())


def test_a_picture_with_another_ending_is_found_and_told(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["ocr_vqa/images/1.gif"])
    source = written(tmp_path, [{"image": f"ocr_vqa/images/{n}.jpg", "conversations": talk("What?")} for n in (1, 2)])
    first, second = candidates(source)
    assert source.load(first).facts == {"found as": "ocr_vqa/images/1.gif"}
    with pytest.raises(ImageError, match=r"2\.jpg is not there"):
        source.load(second)


def test_the_messages_before_a_question_are_for_training_alone(tmp_path: Path) -> None:
    messages = [{"from": "system", "value": "Be brief."}, *talk("<image>\nWhat?", "A cup.", "Where?", "Here.")]
    written(tmp_path, [{"image": "coco/1.jpg", "conversations": messages}])
    write_pictures(tmp_path, ["coco/1.jpg"])
    spec = f"llava:{tmp_path}/mix.json"
    system, first, answer = (
        TextMessage("system", "Be brief."),
        TextMessage("user", "What?"),
        TextMessage("assistant", "A cup."),
    )
    for scope, before in ((TRAINING, {"What?": (system,), "Where?": (system, first, answer)}), (PICTURED, {})):
        examples = [one for one in stream(spec, Questions(source=spec), scope) if isinstance(one, Example)]
        assert {one.question: one.before for one in examples if one.before} == before


def test_which_sources_lose_the_request_for_a_short_answer(tmp_path: Path) -> None:
    def endings(options: str) -> list[bool]:
        return [one.question.endswith(SHORT) for one in candidates(written(tmp_path, ITEMS, options))]

    assert endings("")[:3] == [False, False, True]
    assert endings("#strip=coco")[:3] == [True, True, False]
    assert endings("#strip=coco+ocr_vqa")[:3] == [False, False, False]
    assert endings("#strip=none")[:3] == [True, True, True]


@pytest.mark.parametrize(
    ("image", "source"),
    [
        ("gqa/images/1.jpg", "gqa"),
        ("TextVQA/train_images/1.jpg", "textvqa"),
        ("vg/VG_100K_2/1.jpg", "vg"),
        ("/coco/1.jpg", "coco"),
        ("1.jpg", "mix"),
    ],
)
def test_the_source_is_the_first_folder_of_the_path(tmp_path: Path, image: str, source: str) -> None:
    (one,) = candidates(written(tmp_path, [{"image": image, "conversations": talk("What?", "x")}]))
    assert (one.source, one.facts) == (source, {})


def test_jsonl_gives_the_same_questions(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "mix.jsonl", ITEMS)
    lines, array = candidates(open_source(f"llava:{path}")), candidates(written(tmp_path, ITEMS))
    assert [one.question for one in lines] == [one.question for one in array]
    assert lines[0].id == "line-1-message-1"


def test_what_is_wrong_with_an_item_is_counted(tmp_path: Path) -> None:
    image = "coco/1.jpg"
    bad: dict[str, object] = {
        "(no JSON object)": "a string",
        "(several images)": {"image": ["a.jpg", "b.jpg"], "conversations": talk("What?", "x")},
        "(image is no text)": {"image": 7, "conversations": talk("What?", "x")},
        "(no conversation)": {"image": image, "conversations": {"from": "human"}},
        "(no question)": {"image": image, "conversations": [{"from": "gpt", "value": "A bus."}]},
        "(not UTF-8)": {"image": "coco/\ud800.jpg", "conversations": talk("What?", "x")},
    }
    assert dropped(written(tmp_path, [*bad.values(), ITEMS[0]]))[-1].source == "mix", "no name that cannot be written"
    good = {"image": image, "conversations": talk("fine")}
    assert reasons(written(tmp_path, [*bad.values(), good])) == [*bad, "fine"]


def test_a_bad_turn_leaves_the_other_turns(tmp_path: Path) -> None:
    messages: list[object] = [
        {"from": "human", "value": "<image>\n"},
        {"from": "gpt", "value": "?"},
        {"from": "human", "value": "second"},
        {"from": "human", "value": 7},
        {"from": "narrator", "value": "Be brief."},
        {"value": "whose?"},
        {"from": "human", "value": "last"},
    ]
    source = written(tmp_path, [{"image": "coco/1.jpg", "conversations": messages}])
    assert reasons(source) == [
        "(no question)",
        "second",
        "(value is no text)",
        "(unknown speaker)",
        "(no from)",
        "last",
    ]
    assert [one.answer for one in candidates(source)] == [None, None]
    assert dropped(source)[2].detail == (
        "item 1, message 5 is from 'narrator', none of 'human', 'user', 'gpt', 'assistant', 'model', 'bot', 'system'."
    )


def test_files_that_are_wrong_as_a_whole(tmp_path: Path) -> None:
    texts = {
        '[{"image": "a"},': "broken JSON at line 1, byte 16",
        "[]": "is empty",
        "": "is empty",
        '{"data": []}': "nothing that can be used (the first fault: line 1 has no list of messages",
        "image,question": "nothing that can be used (the first fault: line 1 is broken JSON",
    }
    for text, fault in texts.items():
        (tmp_path / "mix.json").write_text(text)
        with pytest.raises(SourceError) as caught:
            list(open_source(f"llava:{tmp_path}/mix.json").candidates())
        assert fault in str(caught.value)
    with pytest.raises(SourceError, match=r"gone\.json is not there"):
        list(open_source(f"llava:{tmp_path}/gone.json").candidates())


def test_pictures_lie_beside_the_file_or_under_the_given_root(tmp_path: Path) -> None:
    write_pictures(tmp_path / "data", ["coco/train2017/000033471.jpg"])
    source = written(tmp_path, ITEMS, f"#root={tmp_path}/data")
    example = source.load(candidates(source)[2])
    assert (example.image, example.source) == (png(), "coco")
