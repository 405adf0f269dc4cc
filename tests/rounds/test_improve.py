"""`burnish improve` on the pocket model: what each round begins with, what it leaves, when it ends, and kills."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from burnish import cli
from burnish.errors import BurnishError, ConfigError
from burnish.records import Prediction, PreferencePair
from burnish.rounds import parts
from burnish.rounds.config import ImproveConfig
from burnish.rounds.improve import improve_rounds
from burnish.rounds.verb import improve
from burnish.store import Run
from burnish.store.manifest import read_manifest
from burnish.train.callbacks import read_log
from patience import HANG_S

SOURCE, BENCH = "pocket:counter-train/existence+position#per_task=40", "pocket:heldout/existence#per_task=24"
SMALL = ("train.batch_size=8", "train.save_steps=1", "pairs.batch_size=16")


def config(out: Path, **changes: object) -> ImproveConfig:
    values = {"source": SOURCE, "model": "pocket", "rounds": 2, "limit": 32, "eval": (BENCH,), "set": SMALL}
    return ImproveConfig(out=str(out), **(values | changes))  # type: ignore[arg-type]


def weights(out: Path, number: int) -> bytes:
    return (out / f"round-{number}" / "adapter" / "adapter_model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def improved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds, undisturbed."""
    out = tmp_path_factory.mktemp("rounds") / "out"
    improve(config(out))
    return out


def test_each_round_begins_with_the_last_ones_model(improved: Path) -> None:
    first, second = (improved / f"round-{number}" for number in (1, 2))
    made, trained = read_manifest(second / "pairs"), read_manifest(second / "adapter")
    assert made.settings["adapter"] == trained.settings["adapter"] == str(first / "adapter")
    assert read_manifest(first / "pairs").settings["adapter"] is None
    # its reference is that model too: what was stored with its pairs is found right, and the first step's rewards are 0
    assert read_log(second / "adapter" / "log.jsonl")[0]["rewards/margins"] == pytest.approx(0, abs=1e-3)
    assert weights(improved, 1) != weights(improved, 2)


def test_every_part_is_an_ordinary_run_and_one_page_has_a_row_for_each(improved: Path) -> None:
    assert cli.main(["show", str(improved / "round-2" / "pairs")]) == 0
    told = json.loads((improved / "improve.json").read_text())
    assert [one["round"] for one in told["rounds"]] == [0, 1, 2]
    assert all(one["pairs"][0]["kept"] for one in told["rounds"][1:])
    kept = told["kept"]
    differences = [after - before for after, before in zip(kept["values"], told["before"], strict=True)]
    assert kept["gains"] == pytest.approx(differences)
    page = (improved / "report" / "index.html").read_text()
    assert "<caption>Rounds</caption>" in page and "against round 0, the model before all rounds" in page
    best, copied = told["best"], improved / "best" / "adapter_model.safetensors"
    assert copied.read_bytes() == weights(improved, best) if best else not copied.exists()


def test_a_second_call_makes_nothing_again(improved: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in improved.glob("round-*/adapter/*.safetensors")}
    assert [one.number for one in improve_rounds(config(improved)).rounds] == [0, 1, 2]
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.slow
@pytest.mark.parametrize("seen", ["round-1/adapter/checkpoints/checkpoint-1", "round-2/pairs/records/00000.jsonl"])
def test_a_kill_changes_no_adapter(improved: Path, tmp_path: Path, seen: str) -> None:
    out = tmp_path / "out"
    flags = [word for setting in SMALL for word in ("--set", setting)]
    command = [sys.executable, "-m", "burnish", "improve", SOURCE, "--model", "pocket", "--rounds", "2", "--out"]
    process = subprocess.Popen(
        [*command, str(out), "--limit", "32", "--eval", BENCH, *flags], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + HANG_S
    while not (out / seen).exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    improve_rounds(config(out))
    assert [weights(out, number) for number in (1, 2)] == [weights(improved, number) for number in (1, 2)]


def test_without_eval_no_picture_is_trained_on_and_benched(tmp_path: Path) -> None:
    held = config(tmp_path / "out", rounds=1, eval=(), limit=None, pictures="new")
    assert (held.fold(1), held.benched) == ("2-10/10", ((SOURCE, "1-1/10"),))
    made = improve_rounds(held).rounds[1]
    trained = {json.dumps(one.facts["scene"]) for one in Run.open(made.pairs[0].run).records(PreferencePair)}
    benched = {json.dumps(one.facts["scene"]) for one in Run.open(made.answers[0]).records(Prediction)}
    assert trained and benched and not trained & benched


@pytest.mark.parametrize(
    ("lr", "ended"),
    [
        ("0.02", "Round 1 is worse than round 0, so"),
        pytest.param("0.05", "(Round 1 is worse than|The model of round 1 answers no)", marks=pytest.mark.slow),
    ],
)
def test_rounds_end_where_one_is_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str], lr: str, ended: str) -> None:
    """Steps far too large leave a model that says little right, or nothing at all."""
    bench = "pocket:heldout/existence#per_task=60"
    words = ["improve", SOURCE, "--model", "pocket", "--limit", "32", "--eval", bench, "--lr", lr]
    flags = [word for setting in SMALL for word in ("--set", setting)]
    out = tmp_path / "out"
    assert cli.main([*words, *flags, "--rounds", "3", "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(ended, said)
    assert "which is left as it was" in said
    assert not (out / "best").exists() and not (out / "round-2").exists()


def test_the_best_round_is_tested_on_questions_that_chose_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = ("pocket:balanced/existence#per_task=10", "pocket:counter/existence#per_task=10")
    flags = [word for test in tests for word in ("--test", test)] + [word for one in SMALL for word in ("--set", one)]
    words = ["improve", SOURCE, "--model", "pocket", "--limit", "16", "--eval", BENCH, "--eval-limit", "8", *flags]
    out = tmp_path / "out"
    # so small a rate changes nothing, and a round that is as good is taken
    assert cli.main([*words, "--lr", "1e-12", "--rounds", "1", "--out", str(out)]) == 0
    assert "Test: round 1 against round 0" in capsys.readouterr().out
    found = json.loads((out / "improve.json").read_text())["test"]
    assert [one["source"] for one in found] == list(tests)
    for place, one in enumerate(found, start=1):
        before, after = (
            [*Run.open(out / f"round-{number}" / f"test-{place}").records(Prediction)] for number in (0, 1)
        )
        assert len(before) == len(after) == 8
        assert one["before"] == one["after"] and one["verdict"] == "undecided"
    assert "On questions that chose no round" in (out / "report" / "index.html").read_text()


def test_a_model_that_is_the_best_itself_is_not_tested(tmp_path: Path) -> None:
    done = improve_rounds(config(tmp_path / "out", distort=("noise:0",), limit=8, test=(BENCH,)))
    assert done.best.number == 0 and done.tested == ()


def test_a_wrong_source_of_tests_fails_before_the_rounds(tmp_path: Path) -> None:
    with pytest.raises(BurnishError, match="names no split"):
        improve_rounds(config(tmp_path / "out", test=("pocket:nowhere",)))
    assert not (tmp_path / "out" / "round-1").exists()


def test_a_round_without_pairs_is_a_sentence(tmp_path: Path) -> None:
    ended = improve_rounds(config(tmp_path / "out", distort=("noise:0",), limit=8)).ended
    assert ended == "Round 1 made no pair of 8 examples."


def test_pairs_of_all_three_kinds_are_trained_on_together(tmp_path: Path) -> None:
    both = config(
        tmp_path / "out", pairs_from="distort,sample,dialogues", teacher="oracle", adapter="pocket-student", rounds=1,
        limit=16,
        set=(*SMALL, "samples.samples=3", "simulate.max_new_tokens=32", "dialogues.learn=first"),
    )  # fmt: skip
    (_, made) = improve_rounds(both).rounds
    assert [one.run.name for one in made.pairs] == ["pairs", "pairs-of-samples", "pairs-of-dialogues"]
    assert made.training["examples"] == sum(one.kept for one in made.pairs)
    assert read_manifest(Path(str(made.adapter))).settings["adapter"] == "pocket-student"


def test_judge_and_replicas_reach_the_parts_that_have_them(tmp_path: Path) -> None:
    one = config(tmp_path / "out", pairs_from="distort,sample", judge="self", replicas=2)
    assert (parts.pairs_config(one, 1, None).replicas, parts.answers_configs(one, 0, None)[0].replicas) == (2, 2)
    drawn = parts.samples_config(one, 1, None)
    assert (drawn.by, drawn.judge) == ("judge", "self")


def test_a_plan_says_how_long_and_keeps_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ["improve", SOURCE, "--model", "pocket", "--rounds", "2", "--limit", "32", "--eval", BENCH, "--plan"]
    flags = [word for setting in SMALL for word in ("--set", setting)]
    assert cli.main([*words, *flags, "--set", "pairs.max_new_tokens=8", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    rows = {line.split("  ")[0].strip(): line.split() for line in said.splitlines() if line.strip()}
    # 32 examples, a clean and a distorted reply each, of 8 tokens at most
    assert rows["round 2, distort"][3:6] == ["32", "64", "512"]
    # 32 pairs in batches of 8, twice
    assert rows["round 1, training"][3] == "8" and rows["all that is known"][-1] in ("seconds", "minutes", "hours")
    assert not out.exists()


def test_pictures_of_rounds() -> None:
    same = ImproveConfig(source="s", model="m", out="o", rounds=3)
    assert {same.fold(number) for number in (1, 2, 3)} == {"4-30/30"}
    assert same.benched == (("s", "1-3/30"),)
    new = replace(same, pictures="new")
    assert [new.fold(number) for number in (1, 2, 3)] == ["4-12/30", "13-21/30", "22-30/30"]
    given = replace(new, eval=("e",))
    assert [given.fold(number) for number in (1, 2, 3)] == ["1-1/3", "2-2/3", "3-3/3"]
    assert replace(given, pictures="same").fold(1) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs_from": "noise"}, "--pairs-from noise has 'noise': choose from distort, sample, dialogues"),
        ({"pairs_from": "dialogues"}, "--pairs-from dialogues needs a --teacher"),
        ({"teacher": "oracle"}, "--teacher oracle needs dialogues"),
        ({"model": "http://localhost/v1#m"}, "is an endpoint: rounds train the model"),
        ({"judge": "oracle"}, "--judge oracle has nothing to score: add --pairs-from sample"),
        ({"ray": "auto"}, "--ray needs --replicas N"),
        ({"rounds": 0}, "--rounds must be at least 1"),
        ({"set": ("lr=1",)}, "is not PART.NAME=VALUE"),
        (
            {"set": ("pairs.out=there",)},
            "^--set pairs.out=there is not available: `burnish improve` decides",
        ),
        ({"set": ("train.more-runs=x",)}, "`burnish improve` decides more_runs itself"),
    ],
)
def test_wrong_flags_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(Path("out"), **changes)


def test_a_wrong_flag_of_a_part_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^--set for `burnish pairs` has the key 'match_len', .*: did you mean match_length\?$"
    ):
        improve_rounds(config(tmp_path / "out", set=("pairs.match_len=3",)))
    assert not (tmp_path / "out").exists()


def test_a_metric_that_nothing_is_scored_by_is_refused_before_any_training(tmp_path: Path) -> None:
    wrong = config(tmp_path / "out", stop_on="acuracy", eval_limit=2)
    with pytest.raises(ConfigError, match=r"--stop-on acuracy is not what .* is scored by: choose one of .*accuracy"):
        improve_rounds(wrong)
    assert not (tmp_path / "out" / "round-1").exists()
