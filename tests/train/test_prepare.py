"""What is cut, what is left out and why; and that lengths foretold are lengths found."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image

import tiny_models
from burnish.errors import RunError
from burnish.images import encode_png
from burnish.models.local import LocalModel
from burnish.records import Answer, Dropped
from burnish.train.data import Answers
from burnish.train.encode import AnswerEncoder, conversation
from burnish.train.examples import TrainingExample
from burnish.train.prepare import PreparedPairs, Preparer, open_table, prepare

SIZES = [(28, 28), (40, 28), (28, 70), (90, 20), (200, 150)]


def preparer(model: LocalModel, max_length: int, marks=(259,)) -> Preparer:
    encoder = AnswerEncoder(model.encoder, model.end_token_ids)
    return Preparer(encoder, max_length=max_length, picture_marks=marks)


def example(question: str, image: bytes, *answers: tuple[int, ...]) -> TrainingExample:
    return TrainingExample(
        id="1",
        source="test",
        picture="1",
        images=(image,),
        question=question,
        answers=tuple(Answer(text="some text", token_ids=ids) for ids in answers),
    )


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_answer_gets_all_the_room_that_prompt_and_picture_leave(family: str, size: tuple[int, int]) -> None:
    model, processor = tiny_models.FAMILIES[family]()
    local = LocalModel(model, processor, fingerprint=lambda: "")
    image = encode_png(tiny_models.picture(0, *size))
    prompt = len(local.encoder.encode(conversation("How many are there?", image)))
    row = preparer(local, prompt + 3).prepare(example("How many are there?", image, (5, 6, 7, 8, 9), (5, 6)))
    assert not isinstance(row, Dropped)
    assert row.answers == [[5, 6, 7], [5, 6]]
    assert isinstance(preparer(local, prompt).prepare(example("How many are there?", image, (5,))), Dropped)


def test_a_picture_that_lies_on_its_side_is_measured_upright() -> None:
    model, processor = tiny_models.llava_next()
    local = LocalModel(model, processor, fingerprint=lambda: "")
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to see it upright
    tiny_models.picture(0, 90, 20).save(file, format="JPEG", exif=exif)
    prompt = len(local.encoder.encode(conversation("?", file.getvalue())))
    assert prompt != len(local.encoder.encode(conversation("?", encode_png(tiny_models.picture(0, 90, 20)))))
    row = preparer(local, prompt + 1).prepare(example("?", file.getvalue(), (5, 6)))
    assert not isinstance(row, Dropped)
    assert row.answers == [[5]]


class Mixture:
    """One example that fits, one that is cut, one too long, two with a picture's mark, one that its source dropped."""

    fingerprint = ""
    image = encode_png(tiny_models.picture(0))

    def read(self) -> Iterator[TrainingExample | Dropped]:
        yield example("?", self.image, (5, 6), (7,))
        yield example("?", self.image, (5, 6, 7, 8), (6, 6, 7, 8, 9))
        yield example("?" * 50, self.image, (5,))
        yield example("?", self.image, (5,), (6, 259))
        yield example("<image>?", self.image, (5,))
        yield Dropped(id="2", source="test", reason="broken image")

    def open(self, picture: str) -> bytes:
        return self.image


def test_everything_left_out_is_counted(opened: LocalModel, tmp_path) -> None:
    prompt = len(opened.encoder.encode(conversation("?", Mixture.image)))
    table = tmp_path / "table.arrow"
    prepared = prepare(Mixture(), preparer(opened, prompt + 3), table)
    too_long = f"prompt longer than {prompt + 2:,} tokens"
    mark = "the model's mark for a picture in question or answer"
    assert prepared == PreparedPairs(2, 4, 2, 0, {too_long: 1, mark: 2, "broken image": 1})
    assert prepared.sentence() == (
        f"2 examples with 4 answers to train on; left out: 1 (broken image), 1 ({too_long}), 2 ({mark}); "
        "2 answers cut at the longest sequence."
    )
    rows = open_table(table)
    assert rows["answers"][:] == [[[5, 6], [7]], [[5, 6, 7], [6, 6, 7]]]
    texts = {"id", "picture", "question", "answers", "references", "before", "distortions", "seeds", "distorted_image"}
    assert set(rows[0]) == texts


def test_nothing_to_train_on_is_one_sentence(opened: LocalModel, tmp_path) -> None:
    with pytest.raises(RunError, match=r"nothing to train on \(.* times prompt longer than 0 tokens, .*1 times broken"):
        prepare(Mixture(), preparer(opened, 1), tmp_path / "table.arrow")


class Alike(Mixture):
    """A pair whose answers differ in what is cut, one of whose rejected answers one does, and one as they come."""

    def read(self) -> Iterator[TrainingExample | Dropped]:
        yield example("?", self.image, (5, 6, 7, 8), (5, 6, 7, 9))
        yield example("?", self.image, (5, 6, 7, 8), (5, 6, 7), (6,))
        yield example("?", self.image, (5,), (6,))


def test_pairs_that_are_equal_once_they_are_cut_are_left_out(opened: LocalModel, tmp_path) -> None:
    prompt = len(opened.encoder.encode(conversation("?", Alike.image)))
    prepared = prepare(Alike(), preparer(opened, prompt + 3), tmp_path / "table.arrow")
    reason = f"chosen and rejected are equal within {prompt + 3:,} tokens"
    assert prepared == PreparedPairs(2, 4, 1, 1, {reason: 1})
    assert "1 rejected answers left out, then equal to the chosen one" in prepared.sentence()
    assert [row["answers"] for row in open_table(tmp_path / "table.arrow")] == [[[5, 6, 7], [6]], [[5], [6]]]


class AllAlike(Mixture):
    """A pair whose answers differ in what is cut."""

    def read(self) -> Iterator[TrainingExample | Dropped]:
        yield example("?", self.image, (5, 6, 7, 8), (5, 6, 7, 9))


def test_where_no_pair_is_left_there_is_nothing_to_train_on(opened: LocalModel, tmp_path) -> None:
    prompt = len(opened.encoder.encode(conversation("?", AllAlike.image)))
    with pytest.raises(RunError, match=r"nothing to train on \(1 times chosen and rejected are equal within"):
        prepare(AllAlike(), preparer(opened, prompt + 3), tmp_path / "table.arrow")


def test_more_than_a_tenth_of_cut_answers_is_said(opened: LocalModel, tmp_path, capsys) -> None:
    prompt = len(opened.encoder.encode(conversation("?", Alike.image)))
    Answers(opened, Alike(), max_length=prompt + 3).prepare(tmp_path / "cut.arrow")
    assert f"burnish: 1 of 4 answers are longer than --max-length {prompt + 3:,}" in capsys.readouterr().err
    Answers(opened, Alike(), max_length=prompt + 9).prepare(tmp_path / "whole.arrow")
    assert "burnish:" not in capsys.readouterr().err
