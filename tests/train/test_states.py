"""What a layer with a state is handed of a row of trees."""

from __future__ import annotations

import pytest
import torch

from burnish.models.encoding import Encoding
from burnish.train.encode import answer_tree
from burnish.train.sequences import join_trees, sequence
from burnish.train.states import tree


def prompt(length: int) -> Encoding:
    return Encoding(input_ids=torch.arange(length), per_token={}, pictures={})


@pytest.mark.parametrize(("remembered", "back"), [(None, [0, 1, 2, 3]), (2, [2, 3])])
def test_a_branch_stands_behind_what_is_remembered(remembered, back) -> None:
    """Two trees in the first row (places 0 to 6 and 7 to 9), one in the second, which padding fills up."""
    answers = [[[10, 11], [12]], [[13]], [[14, 15]]]
    parts = [
        sequence(i, prompt(length), answer_tree(prompt(length), given))
        for i, (length, given) in enumerate(zip((4, 2, 3), answers, strict=True))
    ]
    begin, behind = tree(join_trees([parts[:2], parts[2:]], 0), remembered).groups
    assert begin.row_R.tolist() == [0, 0, 1]
    runs = [places[own].tolist() for places, own in zip(begin.place_RL, begin.own_RL, strict=True)]
    assert runs == [[0, 1, 2, 3, 4, 5], [7, 8, 9], [0, 1, 2, 3, 4]]
    assert behind.row_R.tolist() == [0]
    assert behind.place_RL.tolist() == [[*back, 6]]
    assert behind.own_RL.tolist() == [[*(False for _ in back), True]]
