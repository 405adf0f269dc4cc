"""Which cases are drawn, who rates which, and in which order."""

from collections import Counter
from pathlib import Path

from review_runs import dialogue, write_run

from burnish.review.asks import ASKS
from burnish.review.plan import assign, sample


def test_a_sample_takes_so_many_of_each_split_whatever_the_order(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [dialogue(n, fire={"split": "ab"[n % 3 == 0]}) for n in range(30)])
    cases = list(ASKS["scores"].read([run]))
    drawn = sample(cases, 8, seed=1)
    assert Counter(case.split for case in drawn) == {"a": 8, "b": 8}
    assert sample(cases[::-1], 8, seed=1) == drawn
    assert sample([*cases, *cases], 8, seed=1) == drawn  # what comes twice counts once
    assert sample(cases, 8, seed=2) != drawn
    assert len(sample(cases, 100, seed=1)) == 30


def test_every_case_of_a_split_is_drawn_about_equally_often(tmp_path: Path) -> None:
    cases = list(ASKS["scores"].read([write_run(tmp_path / "run", [dialogue(n) for n in range(10)])]))
    drawn = Counter(case.record for seed in range(400) for case in sample(cases, 3, seed))
    assert drawn.total() == 1200
    assert all(80 <= count <= 160 for count in drawn.values())  # 120 expected, standard deviation 9


def test_every_case_goes_to_as_many_raters_as_overlap_and_work_is_shared_evenly() -> None:
    plans = assign(10, raters=4, overlap=3, seed=0)
    assert Counter(given.case for plan in plans for given in plan) == dict.fromkeys(range(10), 3)
    assert [len(plan) for plan in plans] in (
        [8, 8, 7, 7],
        [7, 8, 8, 7],
        [7, 7, 8, 8],
        [8, 7, 8, 7],
        [8, 7, 7, 8],
        [7, 8, 7, 8],
    )
    assert all(len({given.case for given in plan}) == len(plan) for plan in plans)


def test_each_rater_has_an_order_and_sides_of_their_own_which_the_seed_decides() -> None:
    first, second = assign(40, raters=2, overlap=2, seed=5)
    assert sorted(given.case for given in first) == sorted(given.case for given in second) == list(range(40))
    assert [given.case for given in first] != [given.case for given in second] != list(range(40))
    assert 8 <= sum(given.swapped for given in first) <= 32
    assert {given.case: given.swapped for given in first} != {given.case: given.swapped for given in second}
    assert assign(40, raters=2, overlap=2, seed=5) == [first, second]
    assert assign(40, raters=2, overlap=2, seed=6) != [first, second]
