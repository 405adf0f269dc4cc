"""Sampled answers and how consistent a judge calls them: a run of several temperatures becomes SeVa's table 5."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cli import main
from burnish.records import Prediction
from burnish.store import Run
from judge_server import answers_file, bench, judgements, judging, numbers


def sampled(out: Path, *flags: str) -> list[Prediction]:
    """The pocket VLM's answers to three questions."""
    fast = ["--device", "cpu", "--limit", "3", "--max-new-tokens", "12"]
    source = "pocket:heldout/description"
    assert main(["bench", "sampled", source, "--model", "pocket", "--out", str(out), *fast, *flags]) == 0
    return list(Run.open(out).records(Prediction))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of answers at three temperatures."""
    out = tmp_path_factory.mktemp("drawn") / "run"
    sampled(out, "--temperatures", "0", "0.7", "50")
    return out


def test_answers_are_drawn_at_each_temperature(tmp_path: Path, drawn: Path) -> None:
    made = list(Run.open(drawn).records(Prediction))
    assert [one.facts["temperature"] for one in made] == [0.0, 0.7, 50.0] * 3
    assert [one.id for one in made[::3]] == [one.id for one in made[1::3]]
    assert all(greedy.text != hot.text for greedy, hot in zip(made[::3], made[2::3], strict=True))
    again = sampled(tmp_path / "again", "--temperatures", "0", "0.7", "50", "--batch-size", "1")
    assert [one.text for one in again] == [one.text for one in made]
    other = sampled(tmp_path / "other", "--temperatures", "0", "50", "--seed", "1")
    assert {one.text for one in other} != {one.text for one in made}


def test_table_5_by_hand(tmp_path: Path, drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Judged at 0.7: overall Q 4, 5, 6 and A 7, 7, 7; at 50 one reply cannot be read."""
    said = [f"A1,9,9,9,8\nA2,1,2,3,{q}\nA3,5,6,4,7" for q in (4, 5, 6)]
    replies = iter([*said, "A1,1,1,1,1\nA2,1,1,1,1\nA3,1,1,1,1", "no", said[0], "no"])
    with judging(lambda _: next(replies)) as judge:
        assert bench("consistency", judge.flag, tmp_path / "run", "--answers", drawn) == 0
    found = numbers(tmp_path / "run")
    assert list(found["rows"]) == ["0.7", "50"]
    warm, hot = found["rows"]["0.7"], found["rows"]["50"]
    assert (warm["n"], hot["n"], found["judging"]["unread"]) == (3, 2, 1)
    assert warm["question"]["overall"]["value"] == pytest.approx((4 + 5 + 6) / 3)
    assert warm["answer"]["overall"]["value"] == 7
    assert warm["greedy"]["overall"]["value"] == 8
    assert [warm["question"][name]["value"] for name in ("wording", "content", "sentiment")] == [1, 2, 3]
    assert hot["question"]["overall"]["value"] == pytest.approx((1 + 4) / 2)
    shown = capsys.readouterr().out
    assert "SeVa's table 5" in shown and "Read: 5 of 6 replies" in " ".join(shown.split())
    assert max(map(len, shown.partition("Written:")[0].splitlines())) <= 80


def test_the_greedy_answer_stands_first(tmp_path: Path) -> None:
    made = sampled(tmp_path / "answers", "--temperatures", "50", "0")
    with judging(lambda _: "A1,9,9,9,8\nA2,1,2,3,4\nA3,5,6,4,7") as judge:
        assert bench("consistency", judge.flag, tmp_path / "run", "--answers", tmp_path / "answers") == 0
    texts = {(one.id, one.facts["temperature"]): one.text for one in made}
    for judgement in judgements(tmp_path / "run"):
        assert judgement.asked["first"] == texts[judgement.id, 0.0]
        assert judgement.asked["second"] == texts[judgement.id, 50.0]


def test_two_files_are_compared(tmp_path: Path) -> None:
    first = answers_file(tmp_path / "a.jsonl", {"q1": "red", "q2": "blue"})
    second = answers_file(tmp_path / "b.jsonl", {"q2": "green"})
    with judging(lambda _: "A1,9,9,9,8\nA2,1,2,3,4\nA3,5,6,4,7") as judge:
        assert bench("consistency", judge.flag, tmp_path / "run", "--answers", first, "--others", second) == 0
    assert numbers(tmp_path / "run")["rows"]["b"]["n"] == 1


def test_what_cannot_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = answers_file(tmp_path / "a.jsonl", {"q1": "red"})
    assert bench("consistency", "http://127.0.0.1:9/v1#m", tmp_path / "run", "--answers", file) == 2
    assert "is a file without temperatures: give --others" in capsys.readouterr().err
    sampled(tmp_path / "greedy", "--temperatures", "0")
    assert bench("consistency", "http://127.0.0.1:9/v1#m", tmp_path / "run", "--answers", tmp_path / "greedy") == 2
    assert "has no answers at a temperature above 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("temperatures", "sentence"),
    [(["0", "0"], "--temperatures has a number twice"), (["-1"], "--temperature must be 0 (greedy) or above")],
)
def test_temperatures_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], temperatures: list[str], sentence: str
) -> None:
    command = ["bench", "sampled", "pocket", "--model", "pocket", "--out", str(tmp_path), "--temperatures"]
    assert main([*command, *temperatures]) == 2
    assert sentence in capsys.readouterr().err
