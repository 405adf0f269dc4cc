"""On a GPU the shared pass, FlexAttention and the whole pipeline say what they say on a CPU. Elsewhere nothing runs."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

import burnish
import families
import more_families
import tiny_models
from burnish.check.check import to_device
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.records import PreferencePair
from burnish.train.batch_layout import APART, TreeLayout
from burnish.train.encode import Collator
from burnish.train.shared_prefix import use_flex
from train.test_shared_prefix import PICTURES, adapter_of, dpo_gradients, rows

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
TREES, ONE_ROW = TreeLayout(even_length=1), TreeLayout(even_length=math.inf)
BUILDS = (tiny_models.llava, families.qwen3_vl, more_families.gemma3)
QUESTIONS = "pocket:heldout/counting"


def learnt(model, encoder, reading):
    """Log-probabilities and gradients of three examples, read this way on the GPU."""
    model.to("cuda")
    batch = Collator(encoder, PICTURES.__getitem__, 0, reading)(rows((4, 1, 2), 20))
    return dpo_gradients(model, to_device(batch, model.get_base_model()))


def assert_equal(found, expected, nats: float, share: float) -> None:
    torch.testing.assert_close(found[0], expected[0], atol=nats, rtol=0)
    for name, gradient in found[1].items():
        assert (gradient - expected[1][name]).norm() <= share * expected[1][name].norm(), name


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_the_shared_pass_gives_the_numbers_of_separate_sequences(build) -> None:
    model, processor = build()
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    adapter = adapter_of(model).to(torch.float64)
    assert_equal(learnt(adapter, encoder, TREES), learnt(adapter, encoder, APART), nats=1e-4, share=1e-5)


@pytest.mark.parametrize("reading", [TREES, ONE_ROW], ids=["trees", "one row"])
def test_flexattention_compiled_gives_the_numbers_of_masked_attention(reading) -> None:
    """Forwards and backwards. The pocket VLM, since the kernels want heads of 16 numbers or more."""
    found = []
    for flex in (False, True):
        local = LocalModel.open(ModelOptions(model="pocket", device="cpu", dtype="float32"))
        if flex:
            use_flex(local.model)
        found.append(learnt(adapter_of(local.model), local.encoder, reading))
    assert_equal(found[1], found[0], nats=1e-3, share=1e-3)


def pairs_on(device: str, out: Path) -> burnish.Run:
    return burnish.make_pairs(
        burnish.PairsConfig(
            source=QUESTIONS, model="pocket", device=device, dtype="float32", out=str(out), limit=96, max_new_tokens=8
        )
    )


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> burnish.Run:
    return pairs_on("cuda", tmp_path_factory.mktemp("pairs") / "gpu")


def test_pairs_are_those_of_a_cpu(pairs: burnish.Run, tmp_path: Path) -> None:
    """Noise is drawn alike, so answers differ only where two words weigh the same but for rounding."""
    here = {pair.id: pair for pair in pairs_on("cpu", tmp_path / "cpu").kept() if isinstance(pair, PreferencePair)}
    there = {pair.id: pair for pair in pairs.kept() if isinstance(pair, PreferencePair)}
    equal = [one for one in here if one in there and here[one].chosen.text == there[one].chosen.text]
    assert len(equal) > 0.95 * len(here)
    for one in equal:
        assert here[one].chosen.ref_logp == pytest.approx(there[one].chosen.ref_logp, abs=1e-2)


@pytest.mark.parametrize("attention", ["sdpa", "flex"])
def test_a_training_in_bfloat16_learns_and_its_adapter_answers(attention, pairs: burnish.Run, tmp_path: Path) -> None:
    trained = burnish.train_dpo(
        burnish.DPOConfig(
            run=str(pairs.path),
            model="pocket",
            out=str(tmp_path / "adapter"),
            attention=attention,
            dtype="bfloat16",
            lora_rank=8,
            lr=1e-3,
            epochs=4,
            batch_size=8,
        )
    )
    assert trained.summary["last_step"]["rewards/margins"] > 0
    answers = burnish.bench_answers(
        burnish.AnswersConfig(
            source=QUESTIONS,
            model="pocket",
            adapter=str(trained.checkpoint),
            out=str(tmp_path / "answers"),
            limit=24,
            max_new_tokens=8,
        )
    )
    assert len([*answers.kept()]) == 24
