"""`burnish bench free` with the pocket VLM and the oracle, over seeds: held, killed, resumed and counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.free import FreeConfig, bench_free
from burnish.bench.score_transcripts import ScoreFreeConfig, score_free
from burnish.cli import main
from burnish.errors import ConfigError, RunError
from burnish.records import Dialogue
from burnish.roles import Case, Oracle
from burnish.store import Run

SOURCE = "pocket:heldout/attribute+relation#per_task=12"


def _config(folder: Path, **changes: Any) -> FreeConfig:
    given = {"student": "pocket", "teacher": "oracle", "limit": 12, "seeds": 2, "out": str(folder / "run")} | changes
    return FreeConfig(source=SOURCE, **given)


def test_seeds_are_held_counted_and_compared(tmp_path: Path) -> None:
    result = bench_free(_config(tmp_path))
    seeds = [list(Run.open(tmp_path / "run" / f"seed-{seed}").records(Dialogue)) for seed in (0, 1)]
    assert [len(seed) for seed in seeds] == [12, 12]
    assert [one.id for one in seeds[0]] != [one.id for one in seeds[1]]
    assert all(len(one.turns) <= 5 for seed in seeds for one in seed)
    first = [sum(one.turns[0].feedback.score >= 8 for one in seed) / 12 for seed in seeds]
    assert result.accuracy_by_turn[0] == pytest.approx(sum(first) / 2)
    assert len(result.seeds) == 2 and result.n == 24
    assert (result.name, result.teacher) == ("pocket", "oracle")
    assert result.groups == {"attribute": "seen", "relation": "seen"}
    assert result.columns == {"attribute": "VQAv2", "relation": "GQA"}
    # The same numbers from outside, and against itself.
    run = str(tmp_path / "run")
    again = score_free(ScoreFreeConfig(dialogues=(run,), baseline=(run,))).scores
    assert (again.ADR, again.n, again.AT) == (result.ADR, 24, 1 if result.turns else None)


def test_a_second_call_asks_nothing_and_may_add_a_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench_free(_config(tmp_path))
    asked: list[str] = []
    teach = Oracle.ask

    def counted(self: Oracle[Case], name: str, case: Case) -> Any:
        asked.append(name)
        return teach(self, name, case)

    monkeypatch.setattr(Oracle, "ask", counted)
    assert bench_free(_config(tmp_path)) == first
    assert asked == []
    assert bench_free(_config(tmp_path, seeds=3)).n == 36
    assert asked.count("teacher 1") == 12


def test_killed_in_a_dialogue_it_ends_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bench_free(_config(tmp_path, out=str(tmp_path / "whole")))
    asked: list[str] = []
    teach = Oracle.ask

    def dies(self: Oracle[Case], name: str, case: Case) -> Any:
        asked.append(name)
        if len(asked) > 5:
            raise KeyboardInterrupt
        return teach(self, name, case)

    with monkeypatch.context() as patch:
        patch.setattr(Oracle, "ask", dies)
        with pytest.raises(KeyboardInterrupt):
            bench_free(_config(tmp_path))
    assert bench_free(_config(tmp_path)) == whole
    for seed in ("seed-0", "seed-1"):
        assert list(Run.open(tmp_path / "run" / seed)) == list(Run.open(tmp_path / "whole" / seed))


def test_the_command_draws_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [SOURCE, "--student", "pocket", "--teacher", "oracle", "--limit", "8", "--out", str(tmp_path / "run")]
    assert main(["bench", "free", *words, "--json", str(tmp_path / "scores.json")]) == 0
    found = json.loads((tmp_path / "scores.json").read_text())
    assert found["n"] == 8 and len(found["accuracy_by_turn"]) == 5 and found["manifest"]["kind"] == "free"
    assert (tmp_path / "run" / "report" / "accuracy-by-turn.png").stat().st_size > 10_000
    assert "VQAv2" in (tmp_path / "run" / "report" / "tables.md").read_text()
    assert "Free dialogues on seen sources (FIRE's table 5)" in capsys.readouterr().out


def test_another_configuration_is_refused(tmp_path: Path) -> None:
    bench_free(_config(tmp_path, limit=2, seeds=1))
    with pytest.raises(RunError, match="limit was 2 and is now 3"):
        bench_free(_config(tmp_path, limit=3, seeds=1))
    assert bench_free(_config(tmp_path, limit=3, seeds=1, restart=True)).n == 3


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"seeds": 0}, "--seeds"),
        ({"limit": None, "seeds": 2}, "--limit"),
        ({"max_turns": 0}, "--max-turns"),
        ({"punishment": 1}, "--punishment"),
        ({"out": "x", "baseline": ("x",)}, "--baseline and --out"),
    ],
)
def test_flags_that_cannot_work(tmp_path: Path, changes: dict[str, Any], flag: str) -> None:
    with pytest.raises(ConfigError, match=flag):
        _config(tmp_path, **changes)
