"""A token sees itself and its own way back alone, whatever stands beside its tree, in every form of the mask."""

from __future__ import annotations

import random
import time

import pytest
import torch
from torch.nn.attention.flex_attention import create_mask, flex_attention

from burnish.train.chain_attention import attend
from burnish.train.masks import PLAIN, addend, block_mask, chain, sees
from burnish.train.shared_prefix import Attention
from burnish.train.token_tree import ChatTurn, Tree, lay_out, pack
from patience import LONG_CPU_S


def grown(draw: random.Random) -> Tree:
    """Lessons of few different words, so that they share beginnings of all lengths."""
    lessons = [
        ChatTurn(turn, [0, *draw.choices((1, 2), k=draw.randint(0, 6))], draw.choices((1, 2), k=draw.randint(1, 4)))
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


def batch_of(last_ST: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the masks are made of, for tokens that stand as deep as they see others."""
    places_T = torch.arange(last_ST.shape[1])
    sees_STT = (places_T <= places_T[:, None]) & (places_T[:, None] <= last_ST[:, None])
    return {"last_ST": last_ST, "position_ids": sees_STT.sum(dim=-1) - 1}


def test_by_hand() -> None:
    # 0 1 is a trunk, 2 3 a branch of it, 4 another one; the second row is two trees, a chain of two and one token
    last_ST = torch.tensor([[4, 4, 3, 3, 4], [1, 1, 2, 3, 4]])
    assert sees(batch_of(last_ST)).int().tolist() == [
        [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 0, 0, 1]],
        [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]],
    ]


def test_windows_are_counted_along_the_way() -> None:
    """Token 4 follows token 1, three places to its left, directly: a window of two tokens holds it and itself."""
    seen = sees(batch_of(torch.tensor([[4, 4, 3, 3, 4]])), Attention(window=2))
    assert seen[0].int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 1, 1, 0],
        [0, 1, 0, 0, 1],
    ]


def test_the_tokens_of_a_picture_see_one_another_within_the_window() -> None:
    """Two pictures of two and three tokens in a chain of seven."""
    batch = batch_of(torch.tensor([[6, 6, 6, 6, 6, 6, 6]]))
    batch |= {"token_type_ids": torch.tensor([[1, 1, 0, 1, 1, 1, 0]]), "input_ids": batch["last_ST"]}
    assert sees(batch, Attention(together="a picture"))[0].int().tolist() == [
        [1, 1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1, 1],
    ]
    # later tokens of a picture are within any window, as Gemma has them
    assert sees(batch, Attention(window=1, together="a picture"))[0].int().tolist() == [
        [1, 1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 1],
    ]


def test_a_prompt_and_the_pictures_of_a_tree_see_themselves_whole() -> None:
    """Two trees of three and two tokens, an answer's token at the end of each, and padding."""
    batch = {"last_ST": torch.tensor([[2, 2, 2, 4, 4, 5]]), "position_ids": torch.tensor([[0, 1, 2, 0, 1, 0]])}
    batch |= {"tree_ST": torch.tensor([[1, 1, 1, 0, 0, 0]]), "input_ids": batch["last_ST"]}
    prompts = {**batch, "token_type_ids": torch.tensor([[0, 0, 1, 0, 1, 0]])}
    pictures = {**batch, "mm_token_type_ids": torch.tensor([[1, 0, 0, 1, 0, 0]])}
    way = [[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 0]]
    way.append([0, 0, 0, 0, 0, 1])
    assert sees(pictures, Attention(together="all pictures"))[0].int().tolist() == way
    way[0] = [1, 1, 0, 0, 0, 0]
    assert sees(prompts, Attention(together="the prompt"))[0].int().tolist() == way


def test_random_rows_of_trees_see_their_ways_back() -> None:
    draw = random.Random(0)
    for _ in range(100):
        last_T, before_T = last_and_before([grown(draw) for _ in range(draw.randint(1, 4))], 160)
        [sees_TT] = sees(batch_of(torch.tensor([last_T])))
        for place in range(160):
            way = [place]
            while before_T[way[-1]] >= 0:
                way.append(before_T[way[-1]])
            assert sees_TT[place].nonzero()[:, 0].tolist() == way[::-1]


def test_thousands_of_tokens_take_no_time() -> None:
    batch = batch_of(torch.full((2, 4_096), 4_095))
    began = time.process_time()
    assert sees(batch).equal(torch.ones(2, 4_096, 4_096, dtype=torch.bool).tril())
    assert time.process_time() - began < LONG_CPU_S


def rows_of_trees() -> torch.Tensor:
    """Three rows of 300 tokens: blocks of 128 that are full, torn, empty, and cut off at the end."""
    draw = random.Random(1)
    long = pack([ChatTurn(turn, [7] * 140, [turn] * 50) for turn in (1, 2, 3)])
    return torch.tensor(
        [
            last_and_before([long], 300)[0],
            last_and_before([grown(draw) for _ in range(8)], 300)[0],
            last_and_before([pack([ChatTurn(1, [7] * 130, [8] * 10)]) for _ in range(2)], 300)[0],
        ]
    )


@pytest.mark.parametrize("seen", [PLAIN, Attention(window=20), Attention(window=20, together="a picture")], ids=str)
def test_a_block_mask_is_the_same_mask(seen: Attention) -> None:
    batch = batch_of(rows_of_trees())
    batch["token_type_ids"] = (batch["position_ids"] % 40 > 25).long()
    blocks = block_mask(batch, seen)
    by_token = create_mask(blocks.mask_mod, 3, None, 300, 300, device="cpu")
    assert by_token[:, 0].equal(sees(batch, seen))
    # a block is computed if and only if some token in it sees another: none of the second tree's sees the first tree's
    padded = torch.nn.functional.pad(sees(batch, seen), (0, 84, 0, 84))
    computed = padded.unflatten(1, (3, 128)).unflatten(3, (3, 128)).any(dim=2).any(dim=-1)
    assert blocks.to_dense()[:, 0].bool().equal(computed)
    assert computed.sum() < 3 * 6 or seen.together  # of 6 at and under the diagonal


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_attention_looks_where_masked_attention_does() -> None:
    """Forwards alone: backwards FlexAttention needs a GPU."""
    batch = batch_of(rows_of_trees())
    draw = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(3, 2, 300, 16, generator=draw) for _ in range(3))
    masked = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=addend(sees(batch), torch.float32)
    )
    torch.testing.assert_close(flex_attention(query, key, value, block_mask=block_mask(batch)), masked)


def test_what_a_chain_leaves_out_of_the_mask_changes_nothing() -> None:
    """Rows that branch after 5 and 6 tokens, whose keys and values serve two heads each."""
    batch = {**batch_of(torch.tensor([[8, 8, 8, 8, 8, 6, 6, 8, 8], [8, 8, 8, 8, 8, 8, 6, 8, 8]])), "chain": 5}
    draw = torch.Generator().manual_seed(0)
    layer = torch.nn.Module()
    layer.num_key_value_groups = 2
    found = []
    for start in (0, chain(batch, PLAIN)):
        query, key, value = (
            torch.randn(2, heads, 9, 16, generator=draw.manual_seed(heads)).requires_grad_() for heads in (4, 2, 2)
        )
        mask = addend(sees(batch, start=start), torch.float32)
        output, _ = attend(layer, query, key, value, mask)
        (output * torch.arange(9)[:, None, None]).sum().backward()
        found.append((mask.shape[2], output.detach(), query.grad, key.grad, value.grad))
    (whole, *expected), (short, *other) = found
    assert (whole, short) == (9, 4)
    torch.testing.assert_close(other, expected)


def test_windows_and_pictures_that_see_one_another_keep_their_whole_mask() -> None:
    batch = {"last_ST": torch.zeros(1, 9), "chain": 5}
    kinds = (PLAIN, Attention(window=9), Attention(window=8), Attention(together="a picture"))
    assert [chain(batch, seen) for seen in kinds] == [5, 5, 0, 0]
