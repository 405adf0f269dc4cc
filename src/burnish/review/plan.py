"""Which cases are rated, by whom, in which order: all of it decided by the seed."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from burnish.ids import stable_seed
from burnish.review.cases import ReviewCase, case_key


class Assigned(NamedTuple):
    """One case before one rater."""

    case: int
    """Its place in the sample."""
    swapped: bool
    """Whether the second text stands as A."""


def sample(cases: Iterable[ReviewCase], per_split: int, seed: int) -> list[ReviewCase]:
    """At most `per_split` cases of each split, drawn at random in one pass; no more are ever in memory.

    A case's draw depends on the seed and the case alone, so the order in which cases come does not matter.
    """
    heaps: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)  # the highest draw of a split first
    held: dict[str, ReviewCase] = {}
    for case in cases:
        key, heap = case_key(case), heaps[case.split]
        if key in held:
            continue
        heapq.heappush(heap, (-stable_seed(seed, "sample", key), key))
        held[key] = case
        if len(heap) > per_split:
            del held[heapq.heappop(heap)[1]]
    return [held[key] for split in sorted(heaps) for _, key in sorted(heaps[split], reverse=True)]


def assign(cases: int, *, raters: int, overlap: int, seed: int) -> list[list[Assigned]]:
    """For each rater, the cases in the order in which they come up.

    Every case goes to `overlap` raters, those with the least to do so far; the order is shuffled for each rater.
    """
    chance = Random(stable_seed(seed, "assign"))
    plans: list[list[Assigned]] = [[] for _ in range(raters)]
    for case in range(cases):
        for plan in sorted(plans, key=lambda plan: (len(plan), chance.random()))[:overlap]:
            plan.append(Assigned(case, swapped=chance.random() < 0.5))
    for plan in plans:
        chance.shuffle(plan)
    return plans
