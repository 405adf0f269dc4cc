"""`burnish score pope`: the answer's rule, the numbers by hand, three real splits, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.metrics import says_yes
from burnish.bench.standard.pope_answers import Protocol, read_answer, read_as, terms_of
from burnish.bench.standard.pope_files import PopeQuestion
from standard_files import lines_file, pope_file, refused, scored

SPLITS = ("random", "popular", "adversarial")


def _question(number: int, label: str, image: str = "a.jpg") -> dict[str, Any]:
    return {"question_id": number, "image": image, "text": "Is there a cup in the image?", "label": label}


def _answer(number: int, text: object) -> dict[str, object]:
    return {"question_id": number, "text": text}


def _files(folder: Path, labels: list[str], texts: list[str], split: str = "random") -> tuple[Path, Path]:
    questions = [_question(i, label, f"{i // 2}.jpg") for i, label in enumerate(labels, start=1)]
    answers = [_answer(i, text) for i, text in enumerate(texts, start=1)]
    return (
        lines_file(folder / f"made_pope_{split}.json", questions),
        lines_file(folder / f"answers_{split}.jsonl", answers),
    )


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("Yes", True),
        ("No", False),
        ("no", False),
        ("NO", True),  # not one of the three words: all else is yes
        ("No, there is none", False),  # the comma is deleted
        ("There is not a cup", False),
        ("There is nothing", True),
        ("It is a cup. No doubt", True),  # cut at the first full stop
        ("No.", False),
        ("I see no cup. Yes", False),
        ("No\nYes", True),  # split on spaces only
        ("No!", True),
        ("", True),
        (".No", True),  # nothing stands before the full stop
    ],
)
def test_the_official_rule_of_yes_and_no(text: str, yes: bool) -> None:
    assert says_yes(text) is yes


@pytest.mark.parametrize("protocol", ["llava", "seva"])
@pytest.mark.parametrize("text", ["", " \n", "</s>"])
def test_an_empty_answer_is_wrong_and_no_yes(protocol: Protocol, text: str) -> None:
    for truth in (True, False):
        answer = read_answer("1", PopeQuestion("a.jpg", truth), text, protocol)
        accuracy, hits, recall, f1, yes = zip(*[iter(terms_of(answer))] * 2, strict=True)
        assert accuracy == (0, 1) and yes == (0, 1) and hits == (0, 0)
        assert recall == (0, truth) and f1 == (0, truth)


def test_the_two_protocols_differ_in_the_end_token_alone() -> None:
    assert says_yes(read_as("No</s>", "llava")) is False
    assert says_yes(read_as("No</s>", "seva")) is True
    assert says_yes(read_as("No.</s>", "seva")) is False
    assert says_yes(read_as("There is no cup</s>", "seva")) is False


def test_the_numbers_by_hand(tmp_path: Path) -> None:
    labels = ["yes", "yes", "yes", "no", "no", "no", "no", "no"]
    questions, answers = _files(tmp_path, labels, ["Yes", "Yes", "No", "Yes", "No", "No", "No", "No"])
    found = scored(tmp_path, "pope", "--questions", questions, "--predictions", answers)
    split = found["splits"]["random"]
    # TP 2, FP 1, FN 1, TN 4
    assert split["accuracy"] == pytest.approx(6 / 8)
    assert split["precision"] == pytest.approx(2 / 3)
    assert split["recall"] == pytest.approx(2 / 3)
    assert split["f1"] == pytest.approx(2 / 3)
    assert split["yes_ratio"] == pytest.approx(3 / 8)  # of the predictions: the truths have 3 / 8 too, the rest differs
    assert split["n"] == 8
    assert found["mean_f1"] == pytest.approx(2 / 3)
    assert found["protocol"] == "llava"
    low, high = split["intervals"]["accuracy"]
    assert low < 6 / 8 < high


def test_a_share_of_nothing_is_none(tmp_path: Path) -> None:
    questions, answers = _files(tmp_path, ["no", "no"], ["no", "no"])
    found = scored(tmp_path, "pope", "--questions", questions, "--predictions", answers)
    split = found["splits"]["random"]
    assert (split["accuracy"], split["yes_ratio"]) == (1, 0)
    assert split["precision"] is split["recall"] is split["f1"] is found["mean_f1"] is None


def test_splits_that_share_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = _files(tmp_path, ["yes", "no"], ["Yes", "No"], "random")
    second = _files(tmp_path, ["no", "yes"], ["Yes", "No"], "popular")
    words = ["pope", "--questions", first[0], second[0], "--predictions"]
    apart = scored(tmp_path, *words, first[1], second[1])
    assert [apart["splits"][name]["accuracy"] for name in ("random", "popular")] == [1, 0]
    assert apart["mean_f1"] == pytest.approx((1 + 0) / 2)
    both = tmp_path / "both.jsonl"
    both.write_text(first[1].read_text() + second[1].read_text())
    assert scored(tmp_path, *words, both) == apart
    assert "share their ids" in refused(capsys, *words, first[1])
    both.write_text(first[1].read_text() + "".join(reversed(second[1].read_text().splitlines(keepends=True))))
    assert "both.jsonl, line 3, is for question 2 where question 1 of the split popular is due" in refused(
        capsys, *words, both
    )


def test_splits_with_ids_of_their_own_are_told_apart_by_them(tmp_path: Path) -> None:
    first = lines_file(tmp_path / "x_pope_random.json", [_question(1, "yes")])
    second = lines_file(tmp_path / "x_pope_popular.json", [_question(2, "no")])
    answers = lines_file(tmp_path / "p.jsonl", [_answer(2, "Yes"), _answer(1, "Yes")])
    found = scored(tmp_path, "pope", "--questions", first, second, "--predictions", answers)
    assert [found["splits"][name]["accuracy"] for name in ("random", "popular")] == [1, 0]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([_answer(1, "No")], "no prediction for 1 of the 2 questions of the split random, such as question 2"),
        ([_answer(1, "No"), _answer(1, "No")], "line 2, is the second prediction for question 1"),
        ([_answer(1, "No"), _answer(7, "No")], "line 2, is for question 7, which the split random does not have"),
        ([_answer(1, "No"), _answer(2, None)], "line 2, has None as `text`"),
        ([_answer(1, "No"), {"text": "No"}], "line 2, has no `question_id`: it has text"),
        ([_answer(1, "No"), [2]], "line 2, holds a JSON list"),
    ],
)
def test_predictions_that_do_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answers: list[Any], sentence: str
) -> None:
    questions, _ = _files(tmp_path, ["yes", "no"], [])
    path = lines_file(tmp_path / "p.jsonl", answers)
    assert sentence in refused(capsys, "pope", "--questions", questions, "--predictions", path)


@pytest.mark.parametrize("first", [1, 3])
def test_answers_of_another_split_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], first: int) -> None:
    """Splits number their questions alike, but LLaVA's predictions say what was asked."""
    files = []
    for split, thing, start in (("random", "cup", 1), ("popular", "cat", first)):
        asked = [{**_question(start + n, "yes"), "text": f"Is there a {thing} {n}?"} for n in range(2)]
        said = [{**_answer(start + n, "yes"), "prompt": f"Is  there a {thing} {n}?\nOne word."} for n in range(2)]
        files.append((lines_file(tmp_path / f"x_pope_{split}.json", asked), lines_file(tmp_path / f"{split}.p", said)))
    (random, right), (popular, other) = files
    both = tmp_path / "both.p"
    both.write_text(right.read_text() + other.read_text())
    words = ["pope", "--questions", random, popular, "--predictions"]
    assert scored(tmp_path, *words, right, other)["mean_f1"] == scored(tmp_path, *words, both)["mean_f1"] == 1
    other.write_text(other.read_text().replace("cat", "dog"))
    both.write_text(right.read_text() + other.read_text())
    for given in ([right, other], [both]):
        complaint = refused(capsys, *words, *given)
        assert f"answers Is there a dog 0? One word., and question {first} of " in complaint
        assert "is Is there a cat 0?: take questions and predictions of the same split" in complaint


def test_questions_that_do_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = lines_file(tmp_path / "p.jsonl", [_answer(1, "No")])
    words = ["--predictions", answers]
    missing = refused(capsys, "pope", "--questions", tmp_path / "coco_pope_random.json", *words)
    assert "is not there" in missing and "github.com/RUCAIBox/POPE" in missing
    maybe = lines_file(tmp_path / "x_pope_random.json", [_question(1, "maybe")])
    assert "line 1, has the label 'maybe'" in refused(capsys, "pope", "--questions", maybe, *words)
    twice = lines_file(tmp_path / "x_pope_random.json", [_question(1, "no"), _question(1, "no")])
    assert "line 2, is the second question 1" in refused(capsys, "pope", "--questions", twice, *words)
    three = [twice, twice, twice]
    assert "3 files and --predictions 2" in refused(
        capsys, "pope", "--questions", *three, "--predictions", answers, answers
    )


def _real(folder: Path, split: str, text_of: Any) -> Path:
    rows = [json.loads(line) for line in pope_file(split).read_text().splitlines()]
    return lines_file(folder / f"{split}.jsonl", [_answer(row["question_id"], text_of(row)) for row in rows])


def test_the_real_splits_all_yes_and_by_the_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = [pope_file(split) for split in SPLITS]
    yes = [_real(tmp_path, split, lambda row: "Yes") for split in SPLITS]
    found = scored(tmp_path, "pope", "--questions", *questions, "--predictions", *yes)
    for split in SPLITS:  # 1,500 of 3,000 are yes: F1 = 2 x 1,500 / (3,000 + 1,500)
        numbers = found["splits"][split]
        assert (numbers["accuracy"], numbers["precision"], numbers["recall"]) == (0.5, 0.5, 1)
        assert numbers["f1"] == pytest.approx(2 / 3)
        assert (numbers["yes_ratio"], numbers["n"]) == (1, 3000)
    assert found["mean_f1"] == pytest.approx(2 / 3)
    truth = [_real(tmp_path, split, lambda row: f"{row['label'].title()}, I think.") for split in SPLITS]
    found = scored(tmp_path, "pope", "--questions", *questions, "--predictions", *truth)
    assert found["mean_f1"] == 1 and found["splits"]["popular"]["yes_ratio"] == 0.5
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_a_configuration_file_may_list_the_splits(tmp_path: Path) -> None:
    first = _files(tmp_path, ["yes", "no"], ["Yes", "No"], "random")
    second = _files(tmp_path, ["no", "yes"], ["Yes", "No"], "popular")
    file = tmp_path / "pope.yaml"
    file.write_text(f"questions: [{first[0]}, {second[0]}]\npredictions: [{first[1]}, {second[1]}]\n")
    assert list(scored(tmp_path, "pope", "--config", file)["splits"]) == ["random", "popular"]
