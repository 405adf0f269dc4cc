"""Answer tokens weigh, and teach, in blocks of logits what they do by all logits at once."""

from __future__ import annotations

import pytest
import torch

import more_families
import tiny_models
from burnish.images import encode_png
from burnish.models.local import LocalModel
from burnish.models.output_head import output_head
from burnish.train import answer_head
from burnish.train.answer_head import frozen_rows, logps_in_blocks
from burnish.train.batch_layout import APART
from burnish.train.encode import Collator
from burnish.train.logps import token_logps

WORDS, WIDTH = 50, 8


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_blocks_of_any_size(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some states predict several tokens, one none; tokens come in no order."""
    monkeypatch.setattr(answer_head, "BLOCK_BYTES", 4 * WORDS * rows)
    draw = torch.Generator().manual_seed(0)
    weight_VD = torch.randn(WORDS, WIDTH, generator=draw)
    predictor_N, token_N = torch.tensor([3, 0, 0, 6, 5, 1, 4]), torch.tensor([7, 49, 0, 7, 7, 21, 3])
    weights_N = torch.randn(7, generator=draw)
    states = [torch.randn(7, WIDTH, generator=torch.Generator().manual_seed(1)).requires_grad_() for _ in range(2)]
    found_N = logps_in_blocks(states[0], weight_VD, predictor_N, token_N)
    expected_N = (states[1] @ weight_VD.T).log_softmax(dim=1)[predictor_N, token_N]
    torch.testing.assert_close(found_N, expected_N)
    (found_N * weights_N).sum().backward()
    (expected_N * weights_N).sum().backward()
    torch.testing.assert_close(states[0].grad, states[1].grad)
    assert states[0].grad[2].eq(0).all()


def test_bfloat16_rounds_as_its_own_logits_do() -> None:
    draw = torch.Generator().manual_seed(0)
    states_PD = torch.randn(9, WIDTH, generator=draw, dtype=torch.bfloat16)
    weight_VD = torch.randn(WORDS, WIDTH, generator=draw, dtype=torch.bfloat16)
    number_N = torch.arange(9)
    expected_N = (states_PD @ weight_VD.T).float().log_softmax(dim=1)[number_N, number_N]
    torch.testing.assert_close(logps_in_blocks(states_PD, weight_VD, number_N, number_N), expected_N)


def scaled():
    """Cohere's logits are scaled behind the head."""
    model, processor = more_families.aya_vision()
    model.logit_scale = 0.25
    return model, processor


@pytest.mark.parametrize("build", [tiny_models.llava, scaled, more_families.gemma3], ids=["plain", "scaled", "tied"])
def test_what_a_model_does_with_its_logits_counts(build) -> None:
    model, processor = build()
    model.requires_grad_(False)
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    pictures = {"0": encode_png(tiny_models.picture(0))}
    row = {"id": "0", "picture": "0", "question": "What?", "answers": [[5, 6, 7, 8], [9, 10]]}
    batch = Collator(encoder, pictures.__getitem__, 0, APART)([row])
    for _ in range(2):  # what was found out about the model holds the second time
        found_ST = token_logps(model, batch)
        logits_STV = model(**{name: batch[name] for name in batch if name in encoder.accepted}).logits
        logps_STV = logits_STV.log_softmax(dim=-1)
        expected_N = [
            logps_STV[s, t - 1, batch["input_ids"][s, t]] for s, t in batch["answer_mask_ST"].nonzero().tolist()
        ]
        torch.testing.assert_close(found_ST[batch["answer_mask_ST"]], torch.stack(expected_N), atol=1e-4, rtol=0)


def test_a_head_that_learns_or_has_more_than_a_matrix_is_asked_for_its_logits() -> None:
    model, _ = tiny_models.llava()
    assert frozen_rows(output_head(model)) is None
    model.requires_grad_(False)
    assert frozen_rows(output_head(model)) is output_head(model).weight
    assert frozen_rows(torch.nn.Linear(2, 3).requires_grad_(False)) is None
