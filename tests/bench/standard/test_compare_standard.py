"""`burnish compare` on runs of `burnish bench standard`, in the official layouts."""

from pathlib import Path
from typing import Any

import pytest

import releases
from burnish.cli import main
from burnish.models import Request
from compared import compared, not_compared, score_of


def _standard(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, data: Path, texts: dict[str, str], *words: object
) -> dict[str, Any]:
    """Two runs of a benchmark, of models that always say the same, compared."""
    for run, text in texts.items():
        releases.use(monkeypatch, lambda _request, text=text: text)
        releases.asked(folder / run, name, data, *words)
    return compared(*(folder / run for run in texts))


def test_pope_as_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = releases.pope(tmp_path / "pope")
    numbers = _standard(monkeypatch, tmp_path, "pope", data, {"yes": "Yes", "no": "No"})
    # Always yes: F1 = 2 * 2 / (4 + 2) in each split. Always no: 0.
    assert numbers["headline"]["metric"] == "mean_f1"
    assert numbers["headline"]["before"]["value"] == pytest.approx(2 / 3)
    assert numbers["headline"]["after"]["value"] == 0
    assert (numbers["won"], numbers["lost"], numbers["n"], numbers["pictures"]) == (6, 6, 12, 2)
    # Two pictures say next to nothing, however many questions are about them.
    assert numbers["verdict"] == "undecided"
    assert all(Path(flip["picture"]).is_file() for flip in numbers["flips"])
    # The answers that the run wrote, scored from their files, are the same result.
    files = [tmp_path / "no" / f"predictions_{split}.jsonl" for split in ("random", "popular", "adversarial")]
    questions = [data / f"coco_pope_{split}.json" for split in ("random", "popular", "adversarial")]
    words = ["--questions", *questions, "--predictions", *files, "--json", tmp_path / "scored.json"]
    assert main(["score", "pope", *map(str, words)]) == 0
    again = compared(tmp_path / "yes", tmp_path / "scored.json")
    assert again["headline"] == numbers["headline"]
    releases.use(monkeypatch, lambda _: "No")
    releases.asked(tmp_path / "seva", "pope", data, "--protocol", "seva")
    assert "differ in their prompt" in not_compared(capsys, tmp_path / "yes", tmp_path / "seva")


def test_mme_as_it_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = releases.mme(tmp_path / "mme", ("existence", "posters", "code_reasoning"))

    def truth(request: Request) -> str:
        return "Yes" if "Is a in it?" in request.messages[-1].text else "No"

    releases.use(monkeypatch, lambda _: "Yes")
    releases.asked(tmp_path / "yes", "mme", data, "--missing", "left-out")
    releases.use(monkeypatch, truth)
    releases.asked(tmp_path / "right", "mme", data, "--missing", "left-out", "--seed", "5")
    numbers = compared(tmp_path / "yes", tmp_path / "right")
    sums = score_of(numbers, "perception")
    assert (sums["before"]["value"], sums["after"]["value"]) == (2 * 50, 2 * 200)
    cognition = score_of(numbers, "cognition")
    assert (cognition["before"]["value"], cognition["after"]["value"]) == (50, 200)
    assert (numbers["won"], numbers["lost"], numbers["n"]) == (6, 0, 12)
    assert {flip["question"] for flip in numbers["flips"]} == {"Is b in it? Please answer yes or no."}
    assert "seed" in numbers["differs"]


def test_a_question_that_one_run_dropped_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = releases.scienceqa(tmp_path / "scienceqa")
    releases.use(monkeypatch, lambda _: "A")
    releases.asked(tmp_path / "whole", "scienceqa", data)
    (data / "images" / "test" / "3" / "image.png").write_bytes(b"broken")
    releases.use(monkeypatch, lambda _: "B")
    releases.asked(tmp_path / "broken", "scienceqa", data)
    numbers = compared(tmp_path / "whole", tmp_path / "broken")
    assert (numbers["n"], numbers["unpaired"]) == (1, 1)
    assert [flip["id"] for flip in numbers["flips"]] == ["5"]
