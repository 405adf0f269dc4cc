"""The pocket world, whose oracle judges by the truth: what it says by hand, and how far models agree with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scene_answers import ASKED, FACTS, FALSE, TRUE, answers_run

from burnish.bench.judged import judge_run
from burnish.cli import main
from burnish.pocket.oracle import judge
from judge_server import bench, judgements, judging, numbers


def test_the_oracle_judges_by_the_truth() -> None:
    assert judge("grades", FACTS, {**ASKED, "answer": TRUE}) == "Score: 10.\nFeedback: That is correct."
    assert judge("pairwise", FACTS, {**ASKED, "first": FALSE, "second": TRUE}) == "Verdict: second"
    assert judge("pairwise", FACTS, {**ASKED, "first": TRUE, "second": TRUE}) == "Verdict: tie"
    sentences = f"1. {FALSE}\n2. {TRUE}\n3. It looks calm."
    assert [line.partition(":")[0] for line in judge("shr", FACTS, {"sentences": sentences}).split("\n")] == [
        "Judgement",
        "1. hallucination",
        "2. correct",
        "3. cannot judge",
    ]


def test_the_oracle_compares_two_runs(tmp_path: Path) -> None:
    good, bad = answers_run(tmp_path / "good", [TRUE, TRUE]), answers_run(tmp_path / "bad", [FALSE, TRUE])
    assert bench("pairwise", "oracle", tmp_path / "run", "--answers", good, bad) == 0
    found = numbers(tmp_path / "run")
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["wins"], pair["ties"], pair["losses"]) == ("good", "bad", 1, 1, 0)
    assert found["judging"]["parse_rate"] == 1
    assert (found["tokens"], found["lengths"]["good"]["mean"]) == ("the models' own tokens", 10)
    assert found["bias"]["agreement"] == 1


def test_the_oracle_finds_hallucinations(tmp_path: Path) -> None:
    described = answers_run(tmp_path / "answers", [f"{TRUE} {FALSE} It looks calm.", FALSE, ""])
    assert bench("shr", "oracle", tmp_path / "run", "--answers", described) == 0
    found = numbers(tmp_path / "run")
    counts = [found["scores"][name] for name in ("hallucination", "correct", "cannot_judge")]
    assert (counts, found["empty"]) == ([2, 1, 1], 1)


def test_the_oracle_is_asked_only_what_it_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = answers_run(tmp_path / "answers", [TRUE])
    other = answers_run(tmp_path / "other", [FALSE])
    assert bench("consistency", "oracle", tmp_path / "run", "--answers", answers, "--others", other) == 2
    assert "The oracle judges grades, pairwise, shr, not consistency: name a model." in capsys.readouterr().err
    assert bench("grades", "oracle", tmp_path / "run", "--answers", answers, "--judge-prompt", "judge-grades") == 2
    assert "--judge oracle is not a model" in capsys.readouterr().err


def agreement(folder: Path, *runs: Path) -> dict[str, Any]:
    judged, truth = map(str, runs)
    assert main(["score", "agreement", judged, "--truth", truth, "--json", str(folder / "agreement.json")]) == 0
    found: dict[str, Any] = json.loads((folder / "agreement.json").read_text())
    return found


def test_agreement_with_the_oracle_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The oracle gives 10, 5, 10 (a wrong colour is half a statement's worth); the judge 10, 7, 4 and nothing."""
    answers = answers_run(tmp_path / "answers", [TRUE, f"{TRUE} {FALSE}", TRUE, TRUE])
    assert bench("grades", "oracle", tmp_path / "truth", "--answers", answers) == 0
    oracle = [one.said[0].partition(".")[0] for one in judgements(tmp_path / "truth")]
    assert oracle == ["Score: 10", "Score: 6", "Score: 10", "Score: 10"]  # 2 + 6 x F1 of 2/3
    replies = iter(["Score: 10", "Score: 7.", "score: 4/10", "9", "very good"])
    with judging(lambda _: next(replies)) as server:
        assert bench("grades", server.flag, tmp_path / "judged", "--answers", answers) == 0
    assert numbers(tmp_path / "judged")["mean"]["value"] == pytest.approx(7)
    capsys.readouterr()
    found = agreement(tmp_path, tmp_path / "judged", tmp_path / "truth")
    assert (found["n"], found["left_out"], found["agreement"]) == (3, 1, pytest.approx(1 / 3))
    assert found["difference"] == pytest.approx((0 + 1 + 6) / 3)
    # said 10, 7, 4 and 10, 6, 10: by chance they agree on 10 alone, 1/3 x 2/3
    assert found["kappa"] == pytest.approx((1 / 3 - 2 / 9) / (1 - 2 / 9))
    assert found["confusion"]["10"]["4"] == 1
    assert found["truth"] == "oracle"
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_sampled_answers_are_graded_by_temperature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two questions at three temperatures: 10, 10, 1 and 10, 6, 1, as the oracle grades them (see below)."""
    sampled = answers_run(tmp_path / "answers", [TRUE, TRUE, "?", TRUE, f"{TRUE} {FALSE}", "!"], (0.0, 0.5, 50.0))
    assert bench("grades", "oracle", tmp_path / "run", "--answers", sampled) == 0
    assert [(one.id, one.part) for one in judgements(tmp_path / "run")] == [
        *(("q0", ""), ("q1", "")),
        *(("q0", "0.5"), ("q1", "0.5")),
        *(("q0", "50"), ("q1", "50")),
    ]
    found = numbers(tmp_path / "run")
    assert {name: part["value"] for name, part in found["temperatures"].items()} == {"0": 10, "0.5": 8, "50": 1}
    assert found["mean"]["value"] == pytest.approx((10 + 8 + 1) / 3)
    assert "temperature 0.5" in capsys.readouterr().out


def test_answers_without_temperature_0_are_graded_too(tmp_path: Path) -> None:
    sampled = answers_run(tmp_path / "answers", [TRUE], (0.2,))
    assert bench("grades", "oracle", tmp_path / "run", "--answers", sampled) == 0
    assert list(numbers(tmp_path / "run")["temperatures"]) == ["0.2"]


def test_agreement_of_runs_about_other_answers_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("one", TRUE), ("other", FALSE)):
        answers = answers_run(tmp_path / f"{name}-answers", [text])
        assert bench("grades", "oracle", tmp_path / name, "--answers", answers) == 0
    assert bench("shr", "oracle", tmp_path / "shr", "--answers", tmp_path / "one-answers") == 0
    for truth, sentence in (("other", "judge different answers to question q0"), ("shr", "give two runs of the same")):
        assert main(["score", "agreement", str(tmp_path / "one"), "--truth", str(tmp_path / truth)]) == 2
        assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_a_local_model_judges(tmp_path: Path) -> None:
    """The pocket teacher grades real answers of the pocket VLM, pictures and all, and nearly all can be read."""
    answers = tmp_path / "answers"
    fast = ["--device", "cpu", "--limit", "12"]
    assert main(["bench", "answers", "pocket:heldout", "--model", "pocket", "--out", str(answers), *fast]) == 0
    flags = ["--answers", answers, "--judge-adapter", "pocket-teacher", "--max-new-tokens", 64, "--device", "cpu"]
    assert bench("grades", "pocket", tmp_path / "judged", *flags) == 0
    assert bench("grades", "oracle", tmp_path / "truth", "--answers", answers) == 0
    found = numbers(tmp_path / "judged")
    assert found["judging"]["judge"] == "pocket + pocket-teacher"
    assert found["judging"]["parse_rate"] > 0.9
    agreed = agreement(tmp_path, tmp_path / "judged", tmp_path / "truth")
    assert agreed["agreement"] > 0.5


@pytest.mark.parametrize("name", ["grades", "pairwise"])
def test_shards_have_no_scores_and_make_the_whole_together(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_run, "BATCH", 2)
    runs = [answers_run(tmp_path / one, texts) for one, texts in (("a", [TRUE, "", FALSE]), ("b", [FALSE, TRUE, TRUE]))]
    words = ["--answers", *(map(str, runs) if name == "pairwise" else [str(runs[0])])]
    whole, out, parts = tmp_path / "whole", tmp_path / "out", [tmp_path / "part-2", tmp_path / "part-1"]
    assert bench(name, "oracle", whole, *words) == 0
    for part in parts:
        assert bench(name, "oracle", part, *words, "--shard", f"{part.name[-1]}/2") == 0
        assert numbers(part).keys() == {"judging"}
    assert main(["report", str(parts[0]), "--out", str(tmp_path / "report")]) == 0
    assert main(["merge", *map(str, parts), "--out", str(out)]) == 0
    assert judgements(out) == judgements(whole)
    assert numbers(out) == numbers(whole)
    assert bench(name, "oracle", out, *words) == 0, "it is taken for its own"
