"""A judge against people: the statistics by hand, then the verb with a judge whose ways are known."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_answers import FALSE, TRUE, answers_run

from builders import write_run
from burnish.bench.judged.calibrate import rating, read_rated
from burnish.bench.judged.kinship import family, judges_kin
from burnish.bench.judged.rating_statistics import krippendorff, ranks, spearman
from burnish.cli import main
from burnish.store import Run
from burnish.uncertainty import Floats
from judge_server import answers_file, bench, judgements, judging, numbers


@dataclass(frozen=True, kw_only=True)
class _Config:
    """Of a run of answers, and of one that judges them."""

    model: str = ""
    judge: str = ""
    answers: str = ""


def _begun(folder: Path, kind: str, config: _Config) -> Run:
    return write_run(folder, [], kind=kind, config=config, done=False)


def _of(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


def test_ranks_of_equal_values_are_shared() -> None:
    assert ranks(_of(10, 20, 10, 30)).tolist() == [1.5, 3, 1.5, 4]


def test_spearman_by_hand() -> None:
    assert spearman(_of(1, 2, 3), _of(10, 100, 1000)) == pytest.approx(1)
    assert spearman(_of(1, 2, 3), _of(3, 2, 1)) == pytest.approx(-1)
    # ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert spearman(_of(1, 2, 3, 4), _of(2, 1, 4, 3)) == pytest.approx(0.6)
    assert spearman(_of(1, 1, 1), _of(1, 2, 3)) is None


def test_krippendorffs_alpha_by_hand() -> None:
    assert krippendorff(_of(1, 2, 3), _of(1, 2, 3)) == pytest.approx(1)
    # within: (0 + 0 + 1) / 3. All of 1 1 2 2 3 4: squares 35, sum 13, so between 2 (6 * 35 - 169) / 30
    assert krippendorff(_of(1, 2, 3), _of(1, 2, 4)) == pytest.approx(1 - (1 / 3) / (2 * 41 / 30))
    assert krippendorff(_of(2, 2), _of(2, 2)) is None


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Rating: 4", 4),
        ("**Rating:** 5", 5),
        ("rating: 3. So, Rating: 3", 3),
        ("Rating: 3 or rating: 4", None),
        ("Rating: 6", None),
        ("Rating: 3.5", None),
        ("4", None),
    ],
)
def test_the_rating_that_is_read(said: str, value: int | None) -> None:
    assert rating(said) == value


def _rated(path: Path) -> Path:
    """Four dialogues; people rate the student's second turn by the number of its dialogue, and one teacher's."""
    dialogues = [
        {
            "image": "x.png",
            "question": {"role": "user", "value": "Which?"},
            "groundtruth": {"role": "user", "value": "cup"},
            "conversations": [
                {"role": "student", "type": "response", "value": "Thought: a\nAnswer: b"},
                {"role": "teacher", "type": "feedback", "value": "Score: 2\nFeedback: look", "human_rating": None},
                {"role": "student", "type": "response", "value": f"I say {n} {'x' * n}", "human_rating": n},
            ],
        }
        for n in (1, 2, 3, 5)
    ]
    path.write_text(json.dumps(dialogues))
    return path


def test_what_is_rated(tmp_path: Path) -> None:
    first, *others = read_rated(str(_rated(tmp_path / "rated.json")))
    assert len(others) == 3 and first.id == "0/2" and first.facts["human"] == 1
    assert first.values["history"] == "Student: Thought: a\nAnswer: b\nTeacher: Score: 2\nFeedback: look"
    assert (first.values["speaker"], first.values["groundtruth"]) == ("Student", "cup")


def _says(message: str) -> str:
    """A judge that rates one too high, and one higher still with 5 first; it cannot rate the third."""
    if "I say " not in message:
        return "Verdict: tie"
    n = int(message.partition("I say ")[2].split()[0])
    if n == 3:
        return "I would not say."
    first = message.partition("Ratings:\n")[2].startswith("5: good")
    return f"Rating: {min(5, n + 1 + first)}"


def test_a_judge_whose_ways_are_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with judging(_says) as judge:
        assert bench("calibrate", judge.flag, tmp_path / "run", "--rated", _rated(tmp_path / "rated.json")) == 0
        found = numbers(tmp_path / "run")
        # people 1, 2, 5; the judge 2 and 3, 3 and 4, 5 and 5
        assert (found["left_out"], found["judging"]["unread"], found["spearman"]["value"]) == (1, 3, pytest.approx(1))
        assert found["bias"]["value"] == pytest.approx((1.5 + 1.5 + 0) / 3)
        assert found["order_bias"]["value"] == pytest.approx(2 / 3)
        assert found["length_bias"]["value"] == pytest.approx(spearman(_of(1, 2, 5), _of(1.5, 1.5, 0)))
        assert found["again"]["value"] == pytest.approx(krippendorff(_of(2, 3, 5), _of(3, 4, 5)))
        assert found["retest"] == {"value": pytest.approx(1), "interval": [1, 1], "n": 3}
        assert found["alpha"]["value"] == pytest.approx(krippendorff(_of(1, 2, 5), _of(2.5, 3.5, 5)))
        assert "agrees with people (Spearman)" in capsys.readouterr().out
        _told(tmp_path, judge.flag, capsys)


def _told(folder: Path, judge: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the tables of this judge's other figures say then."""
    texts = {"q1": "a cup", "q2": "a dog"}
    given: list[Any] = [answers_file(folder / f"{name}.jsonl", texts) for name in ("one", "two")]
    flags = ("--answers", *given)
    assert bench("pairwise", judge, folder / "plain", *flags) == 0
    assert "Not calibrated against people" in capsys.readouterr().out
    assert bench("pairwise", judge, folder / "told", *flags, "--calibration", folder / "run") == 0
    assert "Calibrated on 3 turns that people rated: Spearman 1.00" in capsys.readouterr().out
    assert bench("pairwise", judge, folder / "refused", *flags, "--calibration", folder / "plain") == 2
    assert "is not a finished run of `burnish bench judged calibrate`" in capsys.readouterr().err


def _by_length(message: str) -> str:
    """A judge that goes by the length alone: 5 for what has two statements, 1 for one."""
    turn = message.partition("by the Student:\n")[2].partition("\n\nRatings")[0]
    return f"Rating: {5 if turn.count('There is') > 1 else 1}"


def test_a_judge_against_the_oracle_of_the_pocket_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The oracle gives 10 for the truth, 6 for that and a false statement, 2 for the false one, 1 for no statement."""
    answers = answers_run(tmp_path / "answers", [TRUE, f"{TRUE} {FALSE}", FALSE, "?"])
    with judging(_by_length) as judge:
        assert bench("calibrate", judge.flag, tmp_path / "run", "--rated", answers) == 0
        assert "agrees with the pocket world's oracle (Spearman)" in capsys.readouterr().out
        assert [one.facts["human"] for one in judgements(tmp_path / "run")] == [5, 5, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1]
        found = numbers(tmp_path / "run")
        assert found["spearman"]["value"] == pytest.approx(spearman(_of(5, 3, 1, 1), _of(1, 5, 1, 1)))
        assert found["order_bias"]["value"] == 0
        flags = ("--answers", answers, "--calibration", tmp_path / "run")
        assert bench("grades", judge.flag, tmp_path / "graded", *flags) == 0
    assert "Calibrated on 4 answers that the pocket world's oracle rated" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("judge", "answers", "kin"),
    [
        ("http://host/v1#Qwen/Qwen3-VL-32B", "Qwen/Qwen2.5-VL-7B-Instruct", (False, "qwen")),
        ("http://host/v1#gpt-5", "llava-hf/llava-1.5-7b-hf", (False, "")),
        ("llava-hf/llava-1.5-7b-hf", "llava-hf/llava-1.5-7b-hf", (True, "")),
        ("http://host/v1", "http://host/v1", (True, "")),
    ],
)
def test_relatives_are_known_by_their_names(tmp_path: Path, judge: str, answers: str, kin: tuple[bool, str]) -> None:
    _begun(tmp_path / "answers", "answers", _Config(model=answers))
    judged = _begun(tmp_path / "run", "judged grades", _Config(judge=judge, answers=str(tmp_path / "answers")))
    assert judges_kin(judged) == kin


def test_a_checkpoints_family_is_what_its_folder_says(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_vl"}')
    assert family(str(tmp_path)) == family("Qwen/QwenVL-Chat") == "qwen"


def test_a_judge_that_rates_otherwise_when_asked_again(tmp_path: Path) -> None:
    """With the scale from 1 to 5 it gives each turn 2 at first, and what people give when asked again."""
    asked = set[str]()

    def says(message: str) -> str:
        known = message in asked
        asked.add(message)
        return f"Rating: {message.partition('I say ')[2].split()[0] if known else 2}"

    with judging(says) as judge:
        assert bench("calibrate", judge.flag, tmp_path / "run", "--rated", _rated(tmp_path / "rated.json")) == 0
    found = numbers(tmp_path / "run")
    assert found["again"]["value"] is None  # it says 2 alone in both
    assert found["retest"]["value"] == pytest.approx(krippendorff(_of(2, 2, 2, 2), _of(1, 2, 3, 5)))


def test_bad_ratings_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rated = _rated(tmp_path / "rated.json")
    rated.write_text(rated.read_text().replace('"human_rating": 5', '"human_rating": 6'))
    words = ["bench", "judged", "calibrate", "--judge", "http://127.0.0.1:9/v1#m", "--out", str(tmp_path / "run")]
    assert main([*words, "--rated", str(rated)]) == 2
    assert "has the human rating 6, and that must be 1 to 5" in capsys.readouterr().err
