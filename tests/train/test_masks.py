"""A token sees itself and its own way back alone, whatever stands beside its tree, in every form of the mask."""

from __future__ import annotations

import random
import time

import pytest
import torch
from torch.nn.attention.flex_attention import create_mask, flex_attention

from burnish.train.masks import addend, block_mask, sees
from burnish.train.pack import Lesson, Tree, lay_out, pack
from patience import LONG_CPU_S


def grown(draw: random.Random) -> Tree:
    """Lessons of few different words, so that they share beginnings of all lengths."""
    lessons = [
        Lesson(turn, [0, *draw.choices((1, 2), k=draw.randint(0, 6))], draw.choices((1, 2), k=draw.randint(1, 4)))
        for turn in range(1, draw.randint(2, 7))
    ]
    return pack(lessons)


def last_and_before(trees: list[Tree], length: int) -> tuple[list[int], list[int]]:
    """A row of trees side by side, with padding behind them."""
    last: list[int] = []
    before: list[int] = []
    for layout in map(lay_out, trees):
        start = len(last)
        last += [start + place for place in layout.last]
        before += [place if place < 0 else start + place for place in layout.before]
    return [*last, *range(len(last), length)], [*before, *[-1] * (length - len(before))]


def test_by_hand() -> None:
    # 0 1 is a trunk, 2 3 a branch of it, 4 another one; the second row is two trees, a chain of two and one token
    last_ST = torch.tensor([[4, 4, 3, 3, 4], [1, 1, 2, 3, 4]])
    assert sees(last_ST).int().tolist() == [
        [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 0, 0, 1]],
        [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]],
    ]


def test_random_rows_of_trees_see_their_ways_back() -> None:
    draw = random.Random(0)
    for _ in range(100):
        last_T, before_T = last_and_before([grown(draw) for _ in range(draw.randint(1, 4))], 160)
        [sees_TT] = sees(torch.tensor([last_T]))
        for place in range(160):
            way = [place]
            while before_T[way[-1]] >= 0:
                way.append(before_T[way[-1]])
            assert sees_TT[place].nonzero()[:, 0].tolist() == way[::-1]


def test_thousands_of_tokens_take_no_time() -> None:
    last_ST = torch.full((2, 4_096), 4_095)
    began = time.process_time()
    assert sees(last_ST).equal(torch.ones(2, 4_096, 4_096, dtype=torch.bool).tril())
    assert time.process_time() - began < LONG_CPU_S


def rows_of_trees() -> torch.Tensor:
    """Three rows of 300 tokens: blocks of 128 that are full, torn, empty, and cut off at the end."""
    draw = random.Random(1)
    long = pack([Lesson(turn, [7] * 140, [turn] * 50) for turn in (1, 2, 3)])
    return torch.tensor(
        [
            last_and_before([long], 300)[0],
            last_and_before([grown(draw) for _ in range(8)], 300)[0],
            last_and_before([pack([Lesson(1, [7] * 130, [8] * 10)]) for _ in range(2)], 300)[0],
        ]
    )


def test_a_block_mask_is_the_same_mask() -> None:
    last_ST = rows_of_trees()
    blocks = block_mask(last_ST)
    by_token = create_mask(blocks.mask_mod, 3, None, 300, 300, device="cpu")
    assert by_token[:, 0].equal(sees(last_ST))
    # a block is computed if and only if some token in it sees another: none of the second tree's sees the first tree's
    padded = torch.nn.functional.pad(sees(last_ST), (0, 84, 0, 84))
    computed = padded.unflatten(1, (3, 128)).unflatten(3, (3, 128)).any(dim=2).any(dim=-1)
    assert blocks.to_dense()[:, 0].bool().equal(computed)
    assert computed.sum() < 3 * 6  # of 6 at and under the diagonal


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_attention_looks_where_masked_attention_does() -> None:
    """Forwards alone: backwards FlexAttention needs a GPU."""
    last_ST = rows_of_trees()
    draw = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(3, 2, 300, 16, generator=draw) for _ in range(3))
    masked = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=addend(sees(last_ST), torch.float32)
    )
    torch.testing.assert_close(flex_attention(query, key, value, block_mask=block_mask(last_ST)), masked)
