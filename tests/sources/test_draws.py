"""The random choice: SeVa's two steps, checked against a slow and plain version and against chance."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest

from burnish.sources.draws import Draws


def choose(
    items: list[tuple[str, str, str]],
    seed: int = 0,
    *,
    per_image: int | None = None,
    per_source: int | None = None,
    limit: int | None = None,
) -> list[str]:
    """Ids of the chosen of (id, picture, source), in order."""
    draws = Draws(seed)
    for item in items:
        draws.add(*item)
    chosen = draws.choose(per_image=per_image, per_source=per_source, limit=limit)
    return [items[position][0] for position in chosen.positions]


def random_items(rng: random.Random) -> list[tuple[str, str, str]]:
    """Up to 60 questions; every picture belongs to one source."""
    pictures = [rng.randrange(12) for _ in range(rng.randrange(1, 60))]
    return [(f"q{i}", f"picture {p}", "abc"[p % 3]) for i, p in enumerate(pictures)]


@pytest.mark.parametrize("seed", range(40))
def test_counts_are_exact(seed: int) -> None:
    rng = random.Random(seed)
    items = random_items(rng)
    k, n, most = rng.randrange(1, 5), rng.randrange(1, 15), rng.randrange(1, 40)
    by_id = {key: (picture, source) for key, picture, source in items}

    pool = choose(items, seed, per_image=k)
    asked = Counter(picture for _, picture, _ in items)
    assert Counter(by_id[key][0] for key in pool) == {picture: min(k, count) for picture, count in asked.items()}

    kept = choose(items, seed, per_image=k, per_source=n)
    pooled = Counter(by_id[key][1] for key in pool)
    assert Counter(by_id[key][1] for key in kept) == {source: min(n, count) for source, count in pooled.items()}
    assert set(kept) <= set(pool)
    assert choose(items, seed, per_image=k, per_source=n, limit=most) == kept[:most]
    assert len(set(kept)) == len(kept)


def test_without_bounds_everything_comes_in_a_shuffled_order() -> None:
    items = [(f"q{i}", f"p{i}", "abc"[i // 100]) for i in range(300)]
    order = choose(items)
    assert sorted(order) == sorted(key for key, _, _ in items)
    first_half = Counter(int(key[1:]) // 100 for key in order[:150])
    assert all(35 <= first_half[third] <= 65 for third in range(3)), "sources are mixed, 50 of each expected"


def test_the_seed_decides_and_nothing_else() -> None:
    items = random_items(random.Random(7))
    assert choose(items, 3, per_image=1) == choose(items, 3, per_image=1)
    assert choose(items, 3) != choose(items, 4)
    shuffled = random.Random(1).sample(items, len(items))
    assert choose(shuffled, 3, per_image=2, per_source=4) == choose(items, 3, per_image=2, per_source=4)


def test_a_choice_of_one_picture_does_not_depend_on_the_others() -> None:
    ours = [(f"q{i}", "ours", "a") for i in range(10)]
    others = [(f"x{i}", "others", "a") for i in range(10)]
    alone = choose(ours, per_image=3)
    assert [key for key in choose(ours + others, per_image=3) if key.startswith("q")] == alone


def test_more_of_a_source_adds_to_what_was_chosen() -> None:
    items = [(f"q{i}", f"p{i}", "a") for i in range(50)]
    assert choose(items, per_source=20)[:10] == choose(items, per_source=10)


def test_every_question_of_a_picture_is_as_likely() -> None:
    """2 of 4 in 1,000 pictures: 500 expected of each, with a standard deviation of sqrt(1000 / 4) = 16."""
    items = [(f"{p}-{q}", f"p{p}", "a") for p in range(1000) for q in range(4)]
    counts = Counter(key.split("-")[1] for key in choose(items, per_image=2))
    assert sum(counts.values()) == 2000
    assert all(abs(count - 500) < 64 for count in counts.values())


def test_pictures_with_many_questions_are_no_likelier_to_stay() -> None:
    """500 pictures with 40 questions, 500 with one; one of each picture, then 200: 100 of either kind expected,
    deviation about sqrt(200 * 0.25 * 0.8) = 6. One draw for both steps would keep nearly only the former."""
    items = [(f"many-{p}-{q}", f"m{p}", "a") for p in range(500) for q in range(40)]
    items += [(f"one-{p}", f"o{p}", "a") for p in range(500)]
    counts = Counter(key.split("-")[0] for key in choose(items, per_image=1, per_source=200))
    assert counts.total() == 200
    assert abs(counts["many"] - 100) < 30


def test_the_order_of_sources_in_the_pool_is_that_of_the_draws() -> None:
    """Taking N of each source keeps their order relative to one another."""
    items = [(f"q{i}", f"p{i}", "ab"[i % 2]) for i in range(40)]
    everything = choose(items)
    kept = choose(items, per_source=5)
    by_source: dict[str, list[str]] = defaultdict(list)
    for key in everything:
        by_source["ab"[int(key[1:]) % 2]].append(key)
    expected = {*by_source["a"][:5], *by_source["b"][:5]}
    assert kept == [key for key in everything if key in expected]


def test_repeated_ids_are_marked_after_the_first() -> None:
    draws = Draws(0)
    for key in ("x", "y", "x", "z", "x"):
        draws.add(key, f"picture of {key}", "a")
    chosen = draws.choose(per_image=None, per_source=None, limit=None)
    marked = dict(zip(chosen.positions.tolist(), chosen.repeats.tolist(), strict=True))
    assert marked == {0: False, 1: False, 2: True, 3: False, 4: True}
