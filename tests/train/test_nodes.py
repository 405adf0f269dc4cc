"""Attention by nodes is attention by the mask, forwards and backwards, without what no token sees."""

from __future__ import annotations

import random

import pytest
import torch
from test_masks import grown, last_and_before

from burnish.train.chain_attention import attend
from burnish.train.masks import PLAIN, addend, is_by_nodes, mask_by_nodes, sees
from burnish.train.node_attention import Node, needed_nodes, node_mask, nodes_of
from burnish.train.nodes import Row, tree_nodes
from burnish.train.sequences import chain_length
from burnish.train.shared_prefix import Attention

PICTURES = Attention(together="a picture")
KINDS = pytest.mark.parametrize("seen", [PLAIN, PICTURES], ids=["plain", "pictures"])
WIDTH = pytest.mark.parametrize("width", [8, 10**9], ids=["narrow", "wide"])
"""Of a model for which a mask behind the chain costs less than nodes, and of one for which it costs more."""
LENGTH = 160


def batch_of(rows, seen):
    """Rows of trees; with pictures, whose tokens see one another, in the first tokens of each tree."""
    last, before = zip(*(last_and_before(trees, LENGTH) for trees in rows), strict=True)
    last_ST, before_ST = torch.tensor(last), torch.tensor(before)
    batch = {"last_ST": last_ST, "before_ST": before_ST, "input_ids": last_ST, "chain": chain_length(before_ST)}
    begins_ST = (before_ST < 0) & (last_ST > torch.arange(LENGTH))
    batch["mm_token_type_ids"] = (begins_ST & (seen is PICTURES)).long()
    batch["position_ids"] = torch.zeros_like(last_ST)
    return batch


def drawn(seen, seed=0):
    draw = random.Random(seed)
    return batch_of([[grown(draw) for _ in range(draw.randint(1, 3))] for _ in range(draw.randint(1, 3))], seen)


def is_padding(batch):
    return (batch["before_ST"] < 0) & (batch["last_ST"] == torch.arange(LENGTH))


def test_by_hand() -> None:
    # a picture of two tokens stands in a trunk of five, and 5 6 and 7 branch off from it: 7 behind 3, then padding
    before = [-1, 0, 1, 2, 3, 4, 5, 3, -1]
    last = [7, 7, 7, 7, 6, 6, 6, 7, 8]
    picture = [0, 1, 1, 0, 0, 0, 0, 0, 0]
    own = Row([*before[:5], 2, 5, 4, -1], [7, 7, 7, 7, 7, 6, 6, 7, 8], picture)
    nodes = tree_nodes([Row(before, last, picture), own], chain=5)
    assert nodes == (
        Node((0, 2), (0, 1), (), causal=True),
        Node((0, 2), (1, 3), ((0, 3),), causal=False),
        Node((0, 2), (3, 5), ((0, 3),), causal=True),
        Node((0, 1), (5, 7), ((0, 5),), causal=True),
        Node((0, 1), (7, 8), ((0, 4),), causal=True),
        Node((1, 2), (5, 7), ((0, 3),), causal=True),
        Node((1, 2), (7, 8), ((0, 5),), causal=True),
    )
    needed_ST = torch.zeros(2, 9, dtype=torch.bool)
    needed_ST[0, 4] = needed_ST[1, 6] = True
    assert needed_nodes(nodes, needed_ST) == (
        Node((0, 2), (4, 5), ((0, 3), (3, 4)), causal=True),
        Node((1, 2), (6, 7), ((0, 3), (5, 6)), causal=True),
    )


@KINDS
@WIDTH
def test_nodes_see_what_the_mask_lets_them_see(seen, width: int) -> None:
    masks = 0
    for seed in range(50):
        batch = drawn(seen, seed)
        found_STT = torch.zeros_like(sees(batch, seen), dtype=torch.long)
        nodes = nodes_of(mask_by_nodes(batch, seen, width, torch.float64))
        for (first, end), (start, stop), slices, causal, mask in nodes:
            if mask is not None:
                found_STT[:, start:stop] = (mask[:, 0] == 0).long() * ~is_padding(batch)[:, start:stop, None]
                masks += 1
                continue
            for keys in slices:
                found_STT[first:end, start:stop, slice(*keys)] += 1
            if causal:
                found_STT[first:end, start:stop, start:stop] += torch.ones(stop - start, stop - start).tril().long()
        expected_STT = sees(batch, seen) & ~is_padding(batch)[:, :, None]
        assert found_STT.equal(expected_STT.long())
    assert bool(masks) == (width == 8)


def layer_of(batch, seen, mask, needed_ST):
    """Output where it is needed and gradients of attention whose keys serve two heads each."""
    draw = torch.Generator()
    rows = len(batch["last_ST"])
    query, key, value = (
        torch.randn(rows, heads, LENGTH, width, generator=draw.manual_seed(width), dtype=torch.float64).requires_grad_()
        for heads, width in ((4, 16), (2, 16), (2, 12))
    )
    layer = torch.nn.Module()
    layer.num_key_value_groups = 2
    output, _ = attend(layer, query, key, value, mask, scaling=0.3)
    output = output * needed_ST[:, :, None, None]
    (output * torch.randn(output.shape, generator=draw.manual_seed(1))).sum().backward()
    return output.detach(), query.grad, key.grad, value.grad


@KINDS
@WIDTH
def test_attention_by_nodes_is_masked_attention(seen, width: int) -> None:
    for seed in range(3):
        batch = drawn(seen, seed)
        by_nodes = mask_by_nodes(batch, seen, width, torch.float64)
        masked = addend(sees(batch, seen), torch.float64)
        all_ST = ~is_padding(batch)
        torch.testing.assert_close(layer_of(batch, seen, by_nodes, all_ST), layer_of(batch, seen, masked, all_ST))
        few_ST = all_ST & (torch.rand(all_ST.shape, generator=torch.Generator().manual_seed(seed)) < 0.2)
        fewer = node_mask(needed_nodes(nodes_of(by_nodes), few_ST), *few_ST.shape)
        torch.testing.assert_close(layer_of(batch, seen, fewer, few_ST), layer_of(batch, seen, masked, few_ST))


def test_a_mask_that_is_changed_says_so_in_every_number() -> None:
    mask = node_mask((Node((0, 1), (0, 4), (), causal=True),), 1, 4)
    assert nodes_of(mask[:, :, :, :4]) == nodes_of(mask) is not None
    assert nodes_of(mask + 0) is nodes_of(None) is None
    assert (mask + 0).isnan().all()


def test_windows_that_cut_a_way_need_a_mask() -> None:
    batch = {"position_ids": torch.tensor([[0, 1, 2, 1]])}
    kinds = (PLAIN, PICTURES, Attention(window=3), Attention(window=2), Attention(together="all pictures"))
    assert [is_by_nodes(batch, seen) for seen in kinds] == [True, True, True, False, False]
