"""`huggingface`: tables of the `datasets` library on disk, their columns found by type and by usual name."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from source_files import candidates, dropped, png, reasons

from burnish.errors import ImageError, SourceError
from burnish.sources import Candidate, open_source

TYPES: dict[str, Any] = {
    "image": datasets.Image(),
    "picture": datasets.Image(),
    "question": Value("string"),
    "prompt": Value("string"),
    "text": Value("string"),
    "answer": Value("string"),
    "answers": List(Value("string")),
    "label": ClassLabel(names=["cat", "dog"]),
    "image_id": Value("int64"),
    "part": Value("string"),
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the library converts goes to the test's folder, quietly, and nothing comes from the network."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def picture(color: str = "red", path: str | None = None) -> dict[str, object]:
    return {"bytes": png(color), "path": path}


def table(**columns: list[Any]) -> Dataset:
    return Dataset.from_dict(columns, features=Features({name: TYPES[name] for name in columns}))


def saved(tmp_path: Path, data: Dataset | DatasetDict, name: str = "Birds") -> str:
    data.save_to_disk(str(tmp_path / name))
    return f"huggingface:{tmp_path / name}"


def refusal(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        list(open_source(text).candidates())
    assert "\n" not in str(caught.value)
    return str(caught.value)


QUESTIONS = {"image": [picture("red"), picture("blue")], "question": ["one?", "two?"], "answer": ["1", None]}
EXPECTED = [
    Candidate(id="row-0", image="0", question="one?", answer="1", source="birds"),
    Candidate(id="row-1", image="1", question="two?", source="birds"),
]


def test_a_saved_table(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path, table(**QUESTIONS)))
    assert list(source.candidates()) == EXPECTED
    assert source.load(EXPECTED[1]).image == png("blue"), "the bytes as stored, not encoded anew"


def test_a_folder_of_parquet_and_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "birds").mkdir()
    table(**QUESTIONS).to_parquet(tmp_path / "birds" / "train.parquet")
    assert list(open_source(f"huggingface:{tmp_path}/birds").candidates()) == EXPECTED
    single = open_source(f"huggingface:{tmp_path}/birds/train.parquet")
    assert [one.question for one in candidates(single)] == ["one?", "two?"]
    assert single.load(candidates(single)[0]).image == png("red")


def test_parquet_that_another_library_wrote(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [picture("blue")], "question": ["one?"]}), tmp_path / "a.parquet")
    source = open_source(f"huggingface:{tmp_path}/a.parquet")
    assert source.load(candidates(source)[0]).image == png("blue")


ENCODED = {
    "bytes": png("blue"),
    "base64": b64encode(png("blue")).decode(),
    "data": f"data:image/png;base64,{b64encode(png('blue')).decode()}",
    "path": "sub/a.png",
    "list": [{"bytes": png("blue"), "path": None}],
    "paths": ["sub/a.png"],
    "big": b64encode(png("blue", (600, 600))).decode(),
}
"""One picture in every form."""


@pytest.mark.parametrize("form", ENCODED)
@pytest.mark.parametrize("name", ["image", "images"])
def test_every_form_of_a_picture(tmp_path: Path, form: str, name: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.png").write_bytes(png("blue"))
    pq.write_table(pa.table({name: [ENCODED[form]], "question": ["one?"]}), tmp_path / "a.parquet")
    source = open_source(f"huggingface:{tmp_path}/a.parquet")
    size = (600, 600) if form == "big" else (4, 4)
    assert source.load(candidates(source)[0]).image == png("blue", size)


def test_one_of_several_pictures_is_chosen(tmp_path: Path) -> None:
    several = [{"bytes": png(color), "path": None} for color in ("red", "blue")]
    pq.write_table(pa.table({"images": [several], "question": ["one?"]}), tmp_path / "a.parquet")
    path = f"huggingface:{tmp_path}/a.parquet"
    chosen = open_source(f"{path}#which=2")
    assert chosen.load(candidates(chosen)[0]).image == png("blue")
    for spec, reason in ((path, "several images"), (f"{path}#which=3", "missing image")):
        source = open_source(spec)
        with pytest.raises(ImageError) as caught:
            source.load(candidates(source)[0])
        assert caught.value.reason == reason
    with pytest.raises(SourceError, match="#which=first of"):
        open_source(f"{path}#which=first")


TALKS: dict[str, list[dict[str, Any]]] = {
    "conversations": [
        {"from": "human", "value": "<image>\nWhat?"},
        {"from": "gpt", "value": "A cup."},
        {"from": "human", "value": "Where?"},
        {"from": "gpt", "value": "Here."},
    ],
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "image", "text": None}, {"type": "text", "text": "What?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A cup."}]},
        {"role": "user", "content": [{"type": "text", "text": "Where?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Here."}]},
    ],
    "texts": [
        {"user": "What?", "assistant": "A cup.", "source": "x"},
        {"user": "Where?", "assistant": "Here.", "source": "x"},
    ],
}


@pytest.mark.parametrize("name", TALKS)
def test_every_question_of_a_conversation(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"images": [[picture()]], name: [TALKS[name]]}), tmp_path / "a.parquet")
    found = candidates(open_source(f"huggingface:{tmp_path}/a.parquet"))
    assert [(one.question, one.answer) for one in found] == [("What?", "A cup."), ("Where?", "Here.")]
    assert len({one.id for one in found}) == 2


def test_prompts_and_preferences_as_trl_has_them(tmp_path: Path) -> None:
    prompt, chosen = [{"role": "user", "content": "What?"}], [{"role": "assistant", "content": "A cup."}]
    rows = {"images": [[picture()]], "prompt": [prompt], "chosen": [chosen], "rejected": [chosen]}
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    assert reasons(open_source(f"huggingface:{tmp_path}/a.parquet")) == ["What?"]
    pq.write_table(pa.table({"image": [png()], "prompt": ["What?"], "response": ["A cup."]}), tmp_path / "b.parquet")
    (one,) = candidates(open_source(f"folder:{tmp_path}/b.parquet"))
    assert (one.question, one.answer) == ("What?", "A cup.")


def test_a_folder_of_pictures_with_questions(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(png("blue"))
    (folder / "metadata.jsonl").write_text('{"file_name": "a.png", "question": "one?"}\n')
    source = open_source(f"huggingface:{folder}")
    assert reasons(source) == ["one?"]
    assert source.load(candidates(source)[0]).image == png("blue")


def test_a_folder_of_pictures_in_classes_with_one_question(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "1.png").write_bytes(png())
    found = candidates(open_source(f"huggingface:{tmp_path}/pets#ask=Which animal?"))
    assert [(one.question, one.answer) for one in found] == [("Which animal?", "cat"), ("Which animal?", "dog")]


def test_the_split_is_chosen(tmp_path: Path) -> None:
    one, two = table(**{**QUESTIONS, "question": ["a", "b"]}), table(**QUESTIONS)
    several = saved(tmp_path, DatasetDict(train=one, test=two))
    assert reasons(open_source(f"{several}#test")) == ["one?", "two?"]
    assert reasons(open_source(f"{several}#split=train")) == ["a", "b"]
    assert "has several splits: choose one with #split=, of train, test." in refusal(several)
    assert "has no split 'dev'" in refusal(f"{several}#dev")
    single = saved(tmp_path, DatasetDict(test=two), "single")
    assert reasons(open_source(single)) == ["one?", "two?"]
    flat = saved(tmp_path, two, "flat")
    assert "one table without splits" in refusal(f"{flat}#dev")


def test_of_many_answers_the_commonest_is_taken_and_all_are_kept(tmp_path: Path) -> None:
    data = table(image=[picture()] * 3, question=["?"] * 3, answers=[["a", "b", "b"], ["c"], []])
    found = candidates(open_source(saved(tmp_path, data)))
    assert [one.answer for one in found] == ["b", "c", None]
    assert [one.facts for one in found] == [{"answers": ["a", "b", "b"]}, {}, {}]


def test_class_labels_are_answers_by_name(tmp_path: Path) -> None:
    data = table(image=[picture()] * 3, prompt=["?"] * 3, label=[1, 0, -1])  # -1: the label is secret
    assert [one.answer for one in candidates(open_source(saved(tmp_path, data)))] == ["dog", "cat", None]


def test_rows_with_one_image_id_share_the_picture(tmp_path: Path) -> None:
    data = table(image=[picture()] * 4, question=["?"] * 4, image_id=[7, 8, 7, None])
    assert [one.image for one in candidates(open_source(saved(tmp_path, data)))] == ["0", "1", "0", "3"]


def test_columns_that_do_not_tell_are_named(tmp_path: Path) -> None:
    two_pictures = saved(tmp_path, table(**QUESTIONS, picture=[picture()] * 2), "a")
    assert "several columns for image, image, picture: choose with #image=" in refusal(two_pictures)
    assert len(candidates(open_source(f"{two_pictures}#image=picture"))) == 2
    two_questions = saved(tmp_path, table(image=[picture()], prompt=["p"], text=["t"]), "b")
    assert "several columns for question, prompt, text: choose with #question=" in refusal(two_questions)
    assert reasons(open_source(f"{two_questions}#question=text")) == ["t"]
    two_answers = saved(tmp_path, table(image=[picture()], question=["q"], answers=[["a"]], label=[0]), "c")
    assert "several columns for answer, answers, label: choose with #answer=" in refusal(two_answers)
    assert candidates(open_source(f"{two_answers}#answer=label"))[0].answer == "cat"
    assert candidates(open_source(f"{two_answers}#answer=none"))[0].answer is None
    clear = saved(tmp_path, table(**QUESTIONS, text=["t", "u"], part=["x", "y"]), "d")
    assert reasons(open_source(clear)) == ["one?", "two?"], "a column called `question` leaves no doubt"
    assert [one.source for one in candidates(open_source(f"{clear}#source=part"))] == ["x", "y"]


def test_missing_columns_are_refused_with_those_there_are(tmp_path: Path) -> None:
    no_question = saved(tmp_path, table(image=[picture()], part=["p"]), "a")
    message = refusal(no_question)
    assert "no column of questions: its columns are image, part" in message
    assert "#ask=TEXT" in message
    assert "no column 'query' for #question=" in refusal(f"{no_question}#question=query")
    no_picture = saved(tmp_path, table(question=["q"], part=["p"]), "b")
    assert "no column of pictures: its columns are question, part" in refusal(no_picture)
    numbers = saved(tmp_path, table(question=["q"], image_id=[1]), "c")
    assert "no pictures in its column 'image_id'" in refusal(f"{numbers}#image=image_id")


def test_bad_rows_are_counted(tmp_path: Path) -> None:
    data = table(image=[None, picture(), {"bytes": b"junk", "path": None}], question=["one?", None, "three?"])
    source = open_source(saved(tmp_path, data))
    assert reasons(source) == ["one?", "(no question)", "three?"]
    assert dropped(source)[0].id == "row-1"
    for candidate, reason in zip(candidates(source), ("missing image", "broken image"), strict=True):
        with pytest.raises(ImageError) as caught:
            source.load(candidate)
        assert caught.value.reason == reason


def test_a_path_in_a_table_opens_nothing_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "data").mkdir()
    rows = {"image": [{"bytes": None, "path": str(tmp_path / "secret.png")}], "question": ["?"]}
    pq.write_table(pa.table(rows), tmp_path / "data" / "a.parquet")
    source = open_source(f"huggingface:{tmp_path}/data/a.parquet")
    with pytest.raises(ImageError) as caught:
        source.load(candidates(source)[0])
    assert caught.value.reason == "outside the root"


def test_what_cannot_be_opened_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "a.parquet").write_bytes(b"junk")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "state.json").write_text("{")
    (tmp_path / "a.csv").write_text("image,question\n")
    for name in ("empty", "junk", "torn", "gone"):
        assert f"huggingface:{tmp_path}/{name} cannot be opened: " in refusal(f"huggingface:{tmp_path}/{name}")
    assert "a single file must be Parquet" in refusal(f"huggingface:{tmp_path}/a.csv")
    assert "no such folder" in refusal("huggingface:./gone")
    assert "not a name on the Hub" in refusal("huggingface:not a name")
    assert "cannot be opened: " in refusal("huggingface:nobody/nothing")
    table(image=[], question=[]).to_parquet(tmp_path / "none.parquet")
    assert "no data" in refusal(f"huggingface:{tmp_path}/none.parquet")
