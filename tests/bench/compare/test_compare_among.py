"""Which of several runs are comparisons, and of which with which."""

from __future__ import annotations

from pathlib import Path

from builders import write_run
from burnish.bench.compare.among import compare_among
from burnish.bench.compare.configs import CompareConfig
from burnish.bench.compare.verb import compare
from compared_runs import Config, answers_run

MANY, FEW = range(40), range(9)


def _among(*runs: Path) -> list[tuple[str, str]]:
    """Who is compared with whom."""
    found = compare_among([str(run) for run in runs])
    return [(Path(one.before.path).name, Path(one.after.path).name) for one in found]


def test_each_is_compared_with_the_first_that_was_asked_the_same(tmp_path: Path) -> None:
    runs = [
        answers_run(tmp_path / "a", MANY),
        answers_run(tmp_path / "x", MANY, thing="dog"),
        answers_run(tmp_path / "b", FEW),
        answers_run(tmp_path / "c", MANY),
        answers_run(tmp_path / "y", FEW, thing="dog"),
        answers_run(tmp_path / "alone", FEW, thing="cat"),
    ]
    assert _among(*runs) == [("a", "b"), ("a", "c"), ("x", "y")]


def test_it_finds_what_compare_finds(tmp_path: Path) -> None:
    before, after = (str(answers_run(tmp_path / name, wrong)) for name, wrong in (("before", MANY), ("after", FEW)))
    (found,) = compare_among([before, after])
    assert found == compare(CompareConfig(before=before, after=after))
    assert (found.verdict, found.questions) == ("better", "pocket:counter/existence#per_task=60")
    # all questions are of yes or no
    assert [score.metric for score in found.deciding] == ["existence_accuracy"]


def test_the_baseline_is_first_whatever_the_order(tmp_path: Path) -> None:
    """As a shell gives `runs/*`: after stands before before."""
    before = answers_run(tmp_path / "before", MANY)
    after = answers_run(tmp_path / "after", FEW, baseline=before)
    assert _among(after, before) == [("before", "after")]


def test_a_run_without_an_adapter_is_first_where_no_baseline_is_named(tmp_path: Path) -> None:
    after = answers_run(tmp_path / "after", FEW, adapter="seva")
    before = answers_run(tmp_path / "before", MANY)
    more = answers_run(tmp_path / "more", FEW, adapter="more")
    assert _among(after, before, more) == [("before", "after"), ("before", "more")]


def test_what_is_no_comparison_is_passed_over(tmp_path: Path) -> None:
    run = answers_run(tmp_path / "run", FEW)
    for kind in ("answers", "pairs"):  # one without an answer yet, and one that nothing scores
        write_run(tmp_path / kind, [], kind=kind, config=Config(source="x"), done=False)
    assert _among(run, tmp_path / "answers", tmp_path / "pairs", run) == []
