"""`burnish compare` on results of `burnish score`, with the arithmetic by hand, and all that it refuses."""

import json
from pathlib import Path

import pytest
from PIL import Image

from burnish.cli import main
from compared import INSTRUCTION, compared, not_compared, pope_result, score_of

LABELS = ["yes"] * 10 + ["no"] * 10


def _said(right: list[bool]) -> list[str]:
    other = {"yes": "no", "no": "yes"}
    return [label if ok else other[label] for label, ok in zip(LABELS, right, strict=True)]


OLD = _said([False] * 8 + [True] + [True] * 6 + [False] * 5)
NEW = _said([True] * 8 + [False] + [True] * 6 + [False] * 5)
"""8 won, 1 lost, 6 right both times, 5 wrong both times."""


def test_mcnemar_and_flips_by_hand(tmp_path: Path) -> None:
    old, new = (pope_result(tmp_path, name, LABELS, said) for name, said in (("old", OLD), ("new", NEW)))
    numbers = compared(old, new)
    accuracy = score_of(numbers, "accuracy")
    assert (accuracy["before"]["value"], accuracy["after"]["value"]) == (7 / 20, 14 / 20)
    assert (accuracy["wins"], accuracy["losses"], accuracy["test"]) == (8, 1, "mcnemar")
    assert accuracy["p_value"] == pytest.approx(2 * (1 + 9) / 2**9)
    assert accuracy["verdict"] == "better"
    assert (numbers["won"], numbers["lost"], numbers["mcnemar"]) == (8, 1, accuracy["p_value"])
    assert [flip["id"] for flip in numbers["flips"]] == [f"random/{i}" for i in range(1, 10)]
    lost = numbers["flips"][-1]
    assert (lost["outcome"], lost["before"], lost["after"], lost["truth"]) == ("lost", "yes", "no", "yes")
    assert lost["question"] == "Is there a cup 9?"
    # The headline is F1 = 2 TP / (said yes + is yes). Before: of 10 yes, 2 found (the ninth and tenth); of 10 no, the
    # first 5 right, so 5 + 2 said yes. After: 9 found, 5 + 9 said yes.
    assert numbers["headline"]["metric"] == "f1"
    assert numbers["headline"]["before"]["value"] == pytest.approx(2 * 2 / (7 + 10))
    assert numbers["headline"]["after"]["value"] == pytest.approx(2 * 9 / (14 + 10))
    assert numbers["verdict"] == numbers["headline"]["verdict"] == "better"


def test_results_are_paired_by_id_and_each_way_round_says_the_opposite(tmp_path: Path) -> None:
    old, new = (pope_result(tmp_path, name, LABELS, said) for name, said in (("old", OLD), ("new", NEW)))
    recorded = json.loads(new.read_text())
    recorded["recorded"]["answers"].reverse()
    shuffled = tmp_path / "shuffled.json"
    shuffled.write_text(json.dumps(recorded))
    there, back = compared(old, shuffled), compared(shuffled, old)
    assert there["headline"] == compared(old, new)["headline"]
    assert (back["won"], back["lost"], back["verdict"]) == (1, 8, "worse")
    assert back["headline"]["difference"]["value"] == -there["headline"]["difference"]["value"]


def test_equal_answers_are_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, same = (pope_result(tmp_path, name, LABELS, OLD) for name in ("old", "same"))
    numbers = compared(old, same)
    assert (numbers["verdict"], numbers["flips"], numbers["mcnemar"]) == ("undecided", [], 1.0)
    told = capsys.readouterr().out
    assert "Undecided: same may be as good as old" in told
    assert "No question flipped" in (tmp_path / "old-same" / "index.html").read_text()


def test_the_terminal_shows_eighty_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (pope_result(tmp_path, name, LABELS, said) for name, said in (("old", OLD), ("new", NEW)))
    capsys.readouterr()
    compared(old, new)
    shown = capsys.readouterr().out.split("Written:")[0]
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.startswith("\nBetter: new is better than old. F1 % 23.5")
    assert "Flipped: 8 won, 1 lost; McNemar's exact test on these, p = 0.039" in shown


def test_pictures_stand_on_the_page_where_they_are_given(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(1, 9):
        Image.new("RGB", (9, 7), (9 * number, 0, 0)).save(pictures / f"{number}.jpg")
    old, new = (pope_result(tmp_path, name, LABELS, said) for name, said in (("old", OLD), ("new", NEW)))
    numbers = compared(old, new, "--images", pictures)
    assert [Path(flip["picture"]).name for flip in numbers["flips"]] == [*(f"{i}.jpg" for i in range(1, 9)), ""]
    page = (tmp_path / "old-new" / "index.html").read_text()
    assert page.count('src="data:image/png;base64,') == 8
    assert page.count("give --images") == 1
    few = compared(old, new, "--flips", 5)
    assert len(few["flips"]) == 9
    page = (tmp_path / "old-new" / "index.html").read_text()
    change = 100 * numbers["headline"]["difference"]["value"]
    assert f"<title>new against old: F1 on POPE better by {change:.1f} points</title>" in page
    assert "3 of 9 questions that flipped: 8 won, 1 lost" in page
    assert "2 more of 9 questions that flipped" in page
    assert page.count('<article class="card flip">') == 5


def test_other_questions_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = pope_result(tmp_path, "old", LABELS, OLD)
    fewer = pope_result(tmp_path, "fewer", LABELS[:18], NEW[:18])
    said = not_compared(capsys, old, fewer)
    assert "different question sets: 2 questions are in one only, such as 'random/19'" in said
    turned = pope_result(tmp_path, "turned", ["no", *LABELS[1:]], NEW)
    said = not_compared(capsys, old, turned)
    assert "different question sets: the truth of question 'random/1' is 'yes' in one and 'no' in the other" in said


def test_other_prompts_are_refused_unless_they_may_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = pope_result(tmp_path, "old", LABELS, OLD, prompt=f"{{question}}\n{INSTRUCTION}")
    bare = pope_result(tmp_path, "bare", LABELS, NEW, prompt="{question}")
    untold = pope_result(tmp_path, "untold", LABELS, NEW)
    said = not_compared(capsys, old, bare)
    assert "differ in their prompt (fingerprint " in said and "--may-differ 'prompt'" in said
    assert compared(old, bare, "--may-differ", "prompt")["won"] == 8
    assert compared(old, untold)["won"] == 8
    assert "--may-differ colour is not a setting of pope: prompt, protocol" in not_compared(
        capsys, old, bare, "--may-differ", "colour"
    )


def test_another_protocol_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    llava = pope_result(tmp_path, "llava", LABELS, OLD)
    seva = tmp_path / "seva.json"
    words = ["--questions", tmp_path / "coco_pope_random.json", "--predictions", tmp_path / "llava.jsonl"]
    assert main(["score", "pope", *map(str, words), "--protocol", "seva", "--json", str(seva)]) == 0
    assert "differ in their protocol (llava and seva)" in not_compared(capsys, llava, seva)


def test_a_result_that_mixes_prompts_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = pope_result(tmp_path, "old", LABELS, OLD, prompt=f"{{question}}\n{INSTRUCTION}")
    lines = (tmp_path / "old.jsonl").read_text().splitlines()
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text("\n".join([*lines[:-1], lines[-1].replace(f"\\n{INSTRUCTION}", "")]))
    capsys.readouterr()
    words = ["--questions", tmp_path / "coco_pope_random.json", "--predictions", mixed]
    assert main(["score", "pope", *map(str, words)]) == 2
    assert "mixed.jsonl, line 20, mixes prompts: it was asked as '${question}'" in capsys.readouterr().err
    joined = json.loads(old.read_text())
    joined["recorded"]["answers"][0]["prompt"] = "0123456789ab"
    path = tmp_path / "joined.json"
    path.write_text(json.dumps(joined))
    assert f"{path} mixes prompts (fingerprints 0123456789ab, " in not_compared(capsys, old, path)


def test_a_result_that_mixes_question_sets_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = pope_result(tmp_path, "old", LABELS, OLD)
    other = pope_result(tmp_path, "other", LABELS, NEW, split="popular")
    joined = json.loads(old.read_text())
    joined["recorded"]["answers"] += json.loads(other.read_text())["recorded"]["answers"]
    path = tmp_path / "joined.json"
    path.write_text(json.dumps(joined))
    assert f"{path} mixes question sets: its answers are to other questions" in not_compared(capsys, old, path)
    joined["recorded"]["answers"] += joined["recorded"]["answers"][:1]
    path.write_text(json.dumps(joined))
    assert "mixes question sets: it has two answers to question 'random/1'" in not_compared(capsys, old, path)


def test_other_benchmarks_and_what_is_no_result_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = pope_result(tmp_path, "old", LABELS, OLD)
    renamed = json.loads(old.read_text())
    renamed["recorded"]["benchmark"] = "gqa"
    path = tmp_path / "gqa.json"
    path.write_text(json.dumps(renamed))
    assert f"{old} is of pope, {path} of gqa: compare two results of one benchmark" in not_compared(capsys, old, path)
    del renamed["recorded"]
    path.write_text(json.dumps(renamed))
    assert "has no `recorded` answers that could be paired: give a run" in not_compared(capsys, old, path)
    assert "is not there: give a run" in not_compared(capsys, old, tmp_path / "nothing.json")
    assert "cannot be compared with itself" in not_compared(capsys, old, old)


def test_the_mean_f1_of_two_splits_is_the_headline(tmp_path: Path) -> None:
    for split, labels in (("random", LABELS[5:15]), ("popular", LABELS)):
        pope_result(tmp_path, split, labels, labels, split=split)
    said = {"old": (["yes"] * 10, ["yes"] * 20), "new": (LABELS[5:15], LABELS)}
    for name, texts in said.items():
        files = []
        for split, of_split in zip(("random", "popular"), texts, strict=True):
            files.append(tmp_path / f"{name}-{split}.jsonl")
            lines = ({"question_id": i, "text": text} for i, text in enumerate(of_split, start=1))
            files[-1].write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        questions = [tmp_path / f"coco_pope_{split}.json" for split in ("random", "popular")]
        words = ["--questions", *questions, "--predictions", *files, "--json", tmp_path / f"{name}.json"]
        assert main(["score", "pope", *map(str, words)]) == 0
    numbers = compared(tmp_path / "old.json", tmp_path / "new.json")
    # Always yes: F1 = 2 * 5 / (10 + 5) and 2 * 10 / (20 + 10), both 2/3.
    assert numbers["headline"]["metric"] == "mean_f1"
    assert numbers["headline"]["before"]["value"] == pytest.approx(2 / 3)
    assert numbers["headline"]["after"]["value"] == 1.0
    # Both splits ask about pictures 1 to 10: a picture's answers are drawn and swapped together.
    assert (numbers["pictures"], numbers["n"], numbers["won"]) == (20, 30, 15)
    assert numbers["verdict"] == "better"
