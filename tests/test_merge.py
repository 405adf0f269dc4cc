"""Shards of a run, joined, are the run that one machine would have made."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.bench.fixed import FixedConfig, bench_fixed
from burnish.bench.free import FreeConfig, bench_free
from burnish.bench.teacher import BenchTeacherConfig, bench_teacher
from burnish.cli import main
from burnish.config import RunFlags
from burnish.dialogue import roles_config
from burnish.errors import ConfigError, RunError
from burnish.make import pairs
from burnish.make.compose import ComposeConfig, compose
from burnish.make.foresight import pooled
from burnish.make.importing import ImportConfig, import_dialogues
from burnish.make.pairs import PairsConfig, make_pairs
from burnish.models import Request
from burnish.models.scripted import ScriptedModel
from burnish.scores import Foresight
from burnish.sources.sharding import BATCH, Shard, unmarked
from burnish.store import Run
from burnish.verbs.merge import MergeConfig, merge_runs
from burnish.verbs.shards import runs_in_order, whole_run, whole_runs
from fire_items import made_item, write_items

EXAMPLES = 2 * BATCH + 40


def files(run: Path) -> dict[str, bytes]:
    """All that a run promises: records, pictures, what replies took, and the summary, but for what is foreseen of a few
    pairs, which are others in the parts.
    """
    kept = [path for path in run.rglob("*") if path.is_file() and path.name not in ("manifest.json", "lock")]
    found = {str(path.relative_to(run)): path.read_bytes() for path in kept}
    summary = json.loads(found["done.json"])
    return {**found, "done.json": json.dumps({**summary, "foresight": None}).encode()}


def merged(out: Path, *runs: str | Path) -> Path:
    merge_runs(MergeConfig(runs=tuple(map(str, runs)), out=str(out)))
    return out


def test_shards_are_whole_batches_without_gaps() -> None:
    for count in (1, 2, 3):
        ranges = [Shard(number, count).range_of(EXAMPLES) for number in range(1, count + 1)]
        assert [rank for part in ranges for rank in part] == list(range(EXAMPLES))
        assert all(part.start % BATCH == 0 for part in ranges)
    with pytest.raises(ConfigError, match="3 batches of 256, so give at most 3 shards"):
        Shard(1, 4).range_of(EXAMPLES)
    with pytest.raises(ConfigError, match=r"4 examples among too many: they are one batch of 256 at most, .* leave"):
        Shard(1, 2).range_of(4)


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_part_of_a_whole_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--shard .* is not part of a whole: give I/N"):
        Shard.parse(text)


def test_a_mark_comes_off_again() -> None:
    assert unmarked(Shard(2, 8).mark("ab12")) == ("ab12", Shard(2, 8))
    assert unmarked("ab12") == ("ab12", None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One whole run of pairs and its three shards, by a model whose every answer is known."""
    root = tmp_path_factory.mktemp("made")
    Image.new("RGB", (8, 6), "teal").save(root / "a.png")
    lines = [{"id": f"q{i}", "image": "a.png", "question": f"How is {i}?"} for i in range(EXAMPLES)]
    (root / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "open_asked", lambda _: ScriptedModel(_said))
        make_pairs(_making(root, "whole"))
        for number in (1, 2, 3):
            make_pairs(replace(_making(root, f"part-{number}"), shard=f"{number}/3"))
        make_pairs(replace(_making(root, "seed"), shard="2/3", seed=1))
        make_pairs(replace(_making(root, "half"), shard="2/2"))
        yield root


def _said(request: Request) -> str:
    """A third of the examples make no pair."""
    message = request.messages[-1]
    return f"{message.text} {message.images[0].getpixel((0, 0)) if len(message.text) % 3 else ''}"


def _making(root: Path, out: str) -> PairsConfig:
    return PairsConfig(
        model="scripted", source=f"folder:{root / 'q.jsonl'}", distort=("invert",), per_image=None, out=str(root / out)
    )


def test_merged_shards_equal_the_whole_run(made: Path, tmp_path: Path) -> None:
    out = merged(tmp_path / "out", *(made / f"part-{number}" for number in (3, 1, 2)))
    assert files(out) == files(made / "whole")
    one, other = (Run.open(path).manifest for path in (out, made / "whole"))
    assert (one.kind, one.config, one.fingerprints, one.seed) == (
        other.kind,
        other.config,
        other.fingerprints,
        other.seed,
    )
    assert make_pairs(replace(_making(made, "whole"), out=str(out))).made == EXAMPLES  # finds it finished


def test_what_is_foreseen_is_pooled_by_pairs() -> None:
    few, more = (Foresight(pairs=n, rejected_more_usual=n / 400, gap=float(n), margin=-1.0) for n in (100, 300))
    assert pooled([few, more]) == Foresight(pairs=400, rejected_more_usual=0.625, gap=250.0, margin=-1.0)
    assert pooled([more, few]) == more  # as many as a whole run looks at


def test_a_merge_that_was_killed_goes_on(made: Path, tmp_path: Path) -> None:
    parts = [made / f"part-{number}" for number in (1, 2, 3)]
    out = merged(tmp_path / "out", *parts)
    (out / "done.json").unlink()
    shard = out / "records/00000.jsonl"
    shard.write_bytes(b"".join(shard.read_bytes().splitlines(keepends=True)[: BATCH + 7]) + b'{"kind": "dia')
    assert files(merged(out, *parts))["records/00000.jsonl"] == files(made / "whole")["records/00000.jsonl"]


def test_what_is_not_the_parts_of_one_run_is_refused(made: Path, tmp_path: Path) -> None:
    one, two, three = (made / f"part-{number}" for number in (1, 2, 3))
    with pytest.raises(RunError, match="Part 2 of 3 is missing"):
        merged(tmp_path / "out", one, three)
    with pytest.raises(RunError, match="are both part 1: give each part once"):
        merged(tmp_path / "out", one, two, one)
    with pytest.raises(RunError, match="whole is not a shard of a run: give runs that were made with --shard"):
        merged(tmp_path / "out", one, made / "whole")
    with pytest.raises(RunError, match=r"is not part of the run .*: seed is 0 there and 1 here"):
        merged(tmp_path / "out", one, made / "seed", three)
    with pytest.raises(RunError, match=r"part 2 of 2, and .* part 1 of 3: give the parts of one division"):
        merged(tmp_path / "out", one, made / "half")
    with pytest.raises(ConfigError, match=r"--out .* is one of the runs to merge"):
        MergeConfig(runs=(str(one), str(two)), out=str(two))
    assert not (tmp_path / "out").exists()


@pytest.fixture
def parts(made: Path, tmp_path: Path) -> Path:
    """A folder that holds the three shards and nothing else."""
    for number in (1, 2, 3):
        shutil.copytree(made / f"part-{number}", tmp_path / "parts" / f"{number}")
    return tmp_path / "parts"


def test_a_folder_of_shards_and_all_shards_together_are_one_run(made: Path, parts: Path) -> None:
    [out] = whole_runs([str(parts)])
    assert files(Path(out)) == files(made / "whole")
    stamp = (Path(out) / "done.json").stat().st_mtime_ns
    named = [str(parts / name) for name in ("3", "1", "2")]
    assert whole_run(named) == out
    assert whole_runs([str(made / "seed"), *named, "other"]) == (str(made / "seed"), out, "other")
    assert runs_in_order(["x", *named]) == ("x", *(str(parts / name) for name in ("1", "2", "3")))
    assert (Path(out) / "done.json").stat().st_mtime_ns == stamp  # merged once
    done = parts / "2" / "done.json"
    os.utime(done, ns=(stamp + 1, stamp + 1))  # made anew since
    assert whole_run([str(parts)]) == out
    assert (Path(out) / "done.json").stat().st_mtime_ns > stamp


def test_shards_that_are_not_all_there_are_refused_where_one_run_is_wanted(made: Path, parts: Path) -> None:
    shutil.rmtree(parts / "2")
    for paths in ([str(parts)], [str(parts / "1"), str(parts / "3")]):
        with pytest.raises(RunError, match="Part 2 of 3 is missing: give the runs of all shards"):
            whole_run(paths)
    assert whole_runs([str(parts / "1"), str(parts / "3")]) == (str(parts / "1"), str(parts / "3"))
    with pytest.raises(RunError, match="whole is not a shard of a run"):
        whole_run([str(made / "whole"), str(parts / "1")])


def test_exports_reports_and_statistics_of_shards_are_those_of_the_whole(
    made: Path, parts: Path, tmp_path: Path
) -> None:
    for name, runs in (("whole", [made / "whole"]), ("folder", [parts]), ("all", sorted(parts.glob("?")))):
        assert main(["export", *map(str, runs), "--to", "swift", "--out", str(tmp_path / name)]) == 0
    rows = [(tmp_path / name / "pairs.jsonl").read_bytes() for name in ("whole", "folder", "all")]
    assert rows[0] == rows[1] == rows[2]
    counts, numbers = [], tmp_path / "numbers.json"
    composing = ComposeConfig(source="pocket:train#per_task=40", model="oracle", limit=BATCH + 1, out="")
    for name, shard in (("talk/whole", None), ("talks/1", "1/2"), ("talks/2", "2/2")):
        compose(replace(composing, out=str(tmp_path / name), shard=shard))
    for runs in ("talk/whole", "talks"):
        assert main(["stats", str(tmp_path / runs), "--json", str(numbers)]) == 0
        counts += [{**one, "path": ""} for one in json.loads(numbers.read_text())["runs"].values()]
    assert counts[0] == counts[1]


def test_shards_of_fixed_dialogues_and_of_what_is_imported(tmp_path: Path) -> None:
    talks = str(tmp_path / "talks")
    compose(ComposeConfig(source="pocket:train#per_task=40", model="oracle", limit=240, out=talks))
    fire = write_items(tmp_path, [made_item(4, 9, question={"role": "user", "value": f"{n}?"}) for n in range(5)])
    _compare(tmp_path / "import", import_dialogues, ImportConfig(source=str(fire), out="whole"))
    _compare(tmp_path / "fixed", bench_fixed, FixedConfig(dialogues=talks, student=None, teacher="oracle", out="whole"))


def test_a_teacher_is_fooled_by_the_same_answers_in_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are made of the ground truths of the first examples of all, whichever part is asked about."""
    teacher = ScriptedModel(lambda request: f"Score: {len(request.messages[-1].text) % 11}.\nFeedback: Look.")
    monkeypatch.setattr(roles_config, "open_all_asked", lambda _, options: [teacher for _ in options])
    Image.new("RGB", (8, 6), "teal").save(tmp_path / "a.png")
    lines = [{"id": f"q{i}", "image": "a.png", "question": f"{i}?", "answer": f"{i} cats"} for i in range(BATCH + 3)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    source = f"folder:{tmp_path / 'q.jsonl'}"
    _compare(tmp_path, bench_teacher, BenchTeacherConfig(source=source, teacher="m", per_image=None, out="whole"))


@pytest.mark.slow
def test_a_local_models_shards_equal_the_whole_run(tmp_path: Path) -> None:
    pairing = PairsConfig(
        model="pocket", source="pocket", distort=("flip", "noise:500"), limit=300, max_new_tokens=12, out="whole"
    )
    answers = AnswersConfig(
        model="pocket", source="pocket", distort=("flip",), limit=300, max_new_tokens=8, out="whole"
    )
    composing = ComposeConfig(model="oracle", source="pocket", limit=300, out="whole")
    for kind, make, config in (
        ("compose", compose, composing),
        ("pairs", make_pairs, pairing),
        ("answers", bench_answers, answers),
    ):
        _compare(tmp_path / kind, make, config)


@pytest.mark.slow
def test_the_seeds_of_free_dialogues_are_merged_too(tmp_path: Path) -> None:
    config = FreeConfig(
        student="pocket", teacher="oracle", source="pocket", limit=300, max_turns=2, max_new_tokens=8, out="whole"
    )
    _compare(tmp_path, bench_free, config)


def _compare(root: Path, make: Callable[[Any], object], config: RunFlags) -> None:
    for name, shard in (("whole", None), ("one", "1/2"), ("two", "2/2")):
        make(replace(config, out=str(root / name), shard=shard))  # type: ignore[call-arg]
    assert files(merged(root / "out", root / "one", root / "two")) == files(root / "whole")
