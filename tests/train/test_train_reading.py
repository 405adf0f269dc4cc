"""By what a model can read, and by what its attention costs, trees become rows."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

import families
import more_families
import tiny_models
from burnish.errors import ConfigError
from burnish.images import encode_png
from burnish.models.encoding import Encoding
from burnish.models.local import LocalModel
from burnish.train import batch_layout
from burnish.train.batch_layout import APART, Pictured, TreeLayout, even_length, reading
from burnish.train.config import DPOConfig
from burnish.train.encode import Collator
from burnish.train.logps import answer_logps
from burnish.train.token_tree import ChatTurn, pack
from burnish.train.trainer import training_arguments

FAMILY = pytest.mark.parametrize("family", tiny_models.FAMILIES)


def pictured(mark: int, length: int) -> Pictured:
    """A chain of tokens with a picture of one number."""
    pixels = {"pixel_values": torch.full((1, 1), float(mark))}
    prompt = [mark] * (length - 1)
    processed = Encoding(input_ids=torch.tensor(prompt), per_token={}, pictures=pixels)
    return processed, pack([ChatTurn(1, prompt, [0])])


def test_trees_that_share_a_row() -> None:
    """First-fit decreasing puts 6 first, then 4 and 2 beside one another; pictures follow their tokens."""
    batch = TreeLayout(even_length=30)([pictured(7, 2), pictured(8, 6), pictured(9, 4)], 5)
    assert batch["input_ids"].tolist() == [[8, 8, 8, 8, 8, 0], [9, 9, 9, 0, 7, 0]]
    assert batch["pixel_values"].tolist() == [[8], [9], [7]]
    assert batch["tree_ST"].tolist() == [[1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 0, 0]]
    assert batch["turn_ST"].tolist() == [[0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 0, 1]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 0, 1]]
    assert batch["before_ST"].tolist() == [[-1, 0, 1, 2, 3, 4], [-1, 0, 1, 2, -1, 4]]
    assert batch["last_ST"].tolist() == [[5, 5, 5, 5, 5, 5], [3, 3, 3, 3, 5, 5]]
    assert batch["chain"] == 4


def test_padding_sees_itself_alone() -> None:
    batch = TreeLayout(even_length=30)([pictured(7, 3), pictured(8, 6), pictured(9, 2)], 5)
    assert batch["input_ids"].tolist() == [[8, 8, 8, 8, 8, 0], [7, 7, 0, 9, 0, 5]]
    assert batch["last_ST"][1].tolist() == [2, 2, 2, 4, 4, 5]
    assert batch["before_ST"][1].tolist() == [-1, 0, 1, -1, 3, -1]
    assert batch["position_ids"][1].tolist() == [0, 1, 2, 0, 1, 0]


def test_chains_of_like_lengths_need_no_mask() -> None:
    batch = TreeLayout(even_length=1)([pictured(7, 5), pictured(8, 6)], 5)
    assert batch["input_ids"].tolist() == [[7, 7, 7, 7, 0, 5], [8, 8, 8, 8, 8, 0]]
    assert not {"attention_mask", "position_ids", "last_ST", "chain"} & set(batch)


def test_even_length_by_hand() -> None:
    model, _ = tiny_models.llava()
    # a layer of width 32 has 2 x 32 x 32 weights for queries and outputs, 2 x 32 x 16 for keys and values of half as
    # many heads, 3 x 32 x 64 for the rest; comparing two tokens takes 2 x 32 products, and more of them backwards
    assert even_length(model) == pytest.approx(9_216 / (2 * 32 * 1.75))
    model.config.text_config._attn_implementation = "flex_attention"
    assert even_length(model) == math.inf


def test_wide_models_share_rows_where_attention_leaves_out_what_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is on a CPU, in layers without windows."""
    plain, windows = tiny_models.llava()[0], tiny_models.llava_with_windows()[0]
    monkeypatch.setattr(batch_layout, "_WIDE", 9_216)
    monkeypatch.setattr("torch.accelerator.is_available", lambda: False)
    assert even_length(plain) == math.inf
    assert even_length(windows) < math.inf
    monkeypatch.setattr("torch.accelerator.is_available", lambda: True)
    assert even_length(plain) < math.inf


def test_flex_attention_is_refused_where_it_cannot_learn(tmp_path: Path) -> None:
    config = DPOConfig(run="run", model="m", out="out", device="cpu", attention="flex")
    with pytest.raises(ConfigError, match="--attention flex needs a GPU"):
        training_arguments(config, tmp_path)


@FAMILY
def test_a_model_reads_what_it_can(family: str) -> None:
    model, _ = tiny_models.FAMILIES[family]()
    assert reading(model) == TreeLayout(even_length(model))


def test_a_model_with_masks_of_its_own_reads_branches_apart() -> None:
    model, _ = families.mllama()
    assert reading(model) == APART


@pytest.mark.parametrize("build", [tiny_models.llava, tiny_models.idefics3, tiny_models.internvl, more_families.gemma3])
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_a_block_mask_is_read_as_a_dense_one(build) -> None:
    """Forwards and uncompiled: all that FlexAttention does without a GPU and in a test's time."""
    model, processor = build()
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    rows = [
        {"id": str(i), "picture": str(i % 2), "question": "What?" * (i + 1), "answers": [[5, 6, 7] * (i + 1), [8, 9]]}
        for i in range(3)
    ]
    pictures = {str(i): encode_png(tiny_models.picture(i, width, 28)) for i, width in enumerate((40, 70))}
    batch = Collator(encoder, pictures.__getitem__, 0, TreeLayout(math.inf))(rows)
    assert len(batch["input_ids"]) == 1
    with torch.no_grad():
        expected_EA = answer_logps(model, batch)
        model.set_attn_implementation({"text_config": "flex_attention"})
        with torch.compiler.set_stance("force_eager"):
            torch.testing.assert_close(answer_logps(model, batch), expected_EA, atol=1e-4, rtol=0)
