"""The demo at a small size: what it prints, what it writes, and that it goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish import cli, demo

WORDS = ("demo", "--pairs", "48", "--questions", "10")
ASKED = ("counter/existence", "counter/description")


def test_the_demo_prints_one_screen_and_writes_its_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "ASKED", ASKED)
    monkeypatch.setattr(demo, "PAIR_SOURCE", demo.PAIR_SOURCE.replace("=1000", "=20"))
    monkeypatch.setattr(demo, "TALK_SOURCE", "pocket:heldout#per_task=1")
    assert cli.main([*WORDS, "--out", str(tmp_path / "demo")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) <= 60
    shown = [line for line in printed if str(tmp_path) not in line]  # a path is never wrapped
    assert max(map(len, shown)) <= 80
    assert str(tmp_path / "demo" / "report" / "index.html") in printed[2]
    verdicts = json.loads((tmp_path / "demo" / "verdict.json").read_text())
    assert "existence accuracy, counter" in verdicts["seva"] and set(verdicts["fire"]) <= {"AT", "ADR", "ATR", "RR"}
    for row in (*verdicts["seva"].values(), *verdicts["fire"].values()):
        assert set(row) == {"before", "after", "change", "low", "high", "verdict"}
        assert row["change"] == pytest.approx(row["after"] - row["before"])
        assert row["verdict"] in ("better", "worse", "undecided")
    assert cli.main([*WORDS, "--out", str(tmp_path / "demo")]) == 0  # nothing is made a second time
    assert capsys.readouterr().out.splitlines() == printed
