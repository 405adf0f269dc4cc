"""Pictures encoded once weigh, and teach, what they do when each pass encodes them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import more_families
import tiny_models
from burnish.errors import RunError
from burnish.images import encode_png
from burnish.models.local import LocalModel
from burnish.train.batch_layout import APART, TreeLayout, reading
from burnish.train.config import DPOConfig
from burnish.train.dpo import DPOTrainer
from burnish.train.encode import Collator
from burnish.train.feature_cache import FeatureCache
from burnish.train.logps import answer_logps
from burnish.train.lora import add_adapter
from burnish.train.pictures import with_features
from burnish.train.trainer import training_arguments

FAMILY = pytest.mark.parametrize("family", tiny_models.FAMILIES)
PICTURES = {str(i): encode_png(tiny_models.picture(i, width, 28)) for i, width in enumerate((40, 70))}
ROWS = [
    {"id": "0", "picture": "0", "question": "What is it?", "answers": [[5, 6, 7, 8], [9]]},
    {"id": "1", "picture": "1", "question": "How many are there?", "answers": [[13], [14, 15, 16], [17, 18]]},
]


def adapted(family: str, rows=ROWS, **flags):
    """A model in training, with an adapter that says something, and a batch for it."""
    model, processor = {**more_families.ALL, **tiny_models.FAMILIES}[family]()
    local = LocalModel(model, processor, fingerprint=lambda: "")
    layout = APART if family == "qwen2_5_vl" else TreeLayout(even_length=1000)
    batch = Collator(local.encoder, PICTURES.__getitem__, local.pad_token_id, layout)(rows)
    adapter = add_adapter(model, DPOConfig(run="r", model="m", out="o", lora_rank=4, **flags), base_name="base")
    draw = torch.Generator().manual_seed(0)
    for name, parameter in adapter.named_parameters():
        if "lora_" in name:
            nn.init.normal_(parameter, std=0.1, generator=draw)
    return adapter.train(), batch


def gradients(model) -> dict[str, torch.Tensor]:
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@FAMILY
def test_the_numbers_do_not_change(family: str) -> None:
    model, batch = adapted(family)
    seen = with_features(model.get_base_model(), batch)
    assert "pixel_values" not in seen
    assert set(seen["mm_encoder_outputs"]["image"]) == {"pooler_output"}
    found = []
    for inputs in (batch, seen):
        model.zero_grad()
        logps_EA = answer_logps(model, inputs)
        logps_EA.sum().backward()
        found.append((logps_EA.detach(), gradients(model)))
    torch.testing.assert_close(*found, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", more_families.ALL)
def test_every_family_takes_its_encoded_pictures(family: str) -> None:
    """A forward pass may read other outputs of its tower: Llama 4's is not what the others call theirs."""
    model, processor = more_families.ALL[family]()
    local = LocalModel(model.requires_grad_(False), processor, fingerprint=lambda: "")
    batch = Collator(local.encoder, PICTURES.__getitem__, local.pad_token_id, reading(model))(ROWS)
    torch.testing.assert_close(answer_logps(model, with_features(model, batch)), answer_logps(model, batch))


def trainer_of(model, tmp_path) -> DPOTrainer:
    config = DPOConfig(run="run", model="m", out=str(tmp_path), batch_size=2, device="cpu")
    return DPOTrainer(objective=config.objective, model=model, args=training_arguments(config, tmp_path))


def step(model, batch, tmp_path) -> int:
    """How often the vision tower runs in a step of DPO."""
    runs = []
    tower = model.get_base_model().get_encoder("image")
    tower.register_forward_hook(lambda *_: runs.append(1))
    trainer_of(model, tmp_path).compute_loss(model, batch, num_items_in_batch=torch.tensor([2, 2])).backward()
    return len(runs)


@pytest.mark.parametrize("train_projector", [False, True], ids=["frozen", "trained"])
def test_a_convolutional_tower_sees_in_training_what_it_sees_when_the_model_answers(train_projector, tmp_path) -> None:
    model, batch = adapted("fast_vlm", train_projector=train_projector)
    tower = model.get_base_model().get_encoder("image")
    seen = tower.eval()(batch["pixel_values"]).last_hidden_state
    before = {name: value.clone() for name, value in tower.named_buffers()}
    found = []
    tower.register_forward_hook(lambda _module, _inputs, output: found.append(output.last_hidden_state))
    trainer_of(model, tmp_path).compute_loss(model.train(), batch, num_items_in_batch=torch.tensor([2, 2]))
    for one in found:
        torch.testing.assert_close(one, seen)
    torch.testing.assert_close(dict(tower.named_buffers()), before)
    assert model.get_base_model().get_decoder().training


@FAMILY
def test_policy_and_reference_look_once(family: str, tmp_path) -> None:
    model, batch = adapted(family)
    assert step(model, batch, tmp_path) == 1
    assert len(gradients(model)) == 28


@FAMILY
def test_a_projector_that_is_trained_stays_in_the_graph(family: str, tmp_path) -> None:
    model, batch = adapted(family, train_projector=True)
    assert with_features(model.get_base_model(), batch) is batch
    assert step(model, batch, tmp_path) == 2
    projector = {name: gradient for name, gradient in gradients(model).items() if "modules_to_save" in name}
    assert projector
    assert all(gradient.abs().max() > 0 for gradient in projector.values())


def test_a_model_that_cannot_be_given_features_is_left_alone() -> None:
    model, batch = adapted("llava")
    network = model.get_base_model()

    def forward(input_ids=None, pixel_values=None):
        """As before transformers 5.20."""

    network.forward = forward
    assert with_features(network, batch) is batch


def test_words_alone_are_left_alone() -> None:
    model, batch = adapted("llava")
    words = {name: value for name, value in batch.items() if name != "pixel_values"}
    assert with_features(model.get_base_model(), words) is words


@FAMILY
def test_a_cache_gives_what_the_tower_would_and_keeps_it_still(family: str, tmp_path) -> None:
    model, batch = adapted(family)
    network = model.get_base_model()
    runs = []
    network.get_encoder("image").register_forward_hook(lambda *_: runs.append(1))
    cache = FeatureCache(tmp_path, "this model")
    expected = answer_logps(model, with_features(network, batch))
    for looks in (2, 2):  # one for what is expected, one for the cache
        found = answer_logps(model, with_features(network, batch, cache))
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
        assert len(runs) == looks
    with_features(network, batch, FeatureCache(tmp_path, "another model"))
    assert len(runs) == 3


def test_pictures_are_kept_one_by_one(tmp_path) -> None:
    """A batch of one picture after a batch of both."""
    model, both = adapted("llava_next")
    _, second = adapted("llava_next", rows=ROWS[1:])
    network, cache = model.get_base_model(), FeatureCache(tmp_path, "model")
    with_features(network, both, cache)
    runs = []
    network.get_encoder("image").register_forward_hook(lambda *_: runs.append(1))
    seen = with_features(network, second, cache)
    assert not runs
    torch.testing.assert_close(answer_logps(model, seen), answer_logps(model, second), atol=1e-5, rtol=1e-5)


def test_a_torn_file_is_encoded_again(tmp_path) -> None:
    model, batch = adapted("llava")
    network, cache = model.get_base_model(), FeatureCache(tmp_path, "model")
    whole = answer_logps(model, with_features(network, batch, cache))
    for file in tmp_path.rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:100])
    torch.testing.assert_close(answer_logps(model, with_features(network, batch, cache)), whole, atol=1e-4, rtol=0)
    assert all(len(file.read_bytes()) > 100 for file in tmp_path.rglob("*.safetensors"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path) -> None:
    model, batch = adapted("llava")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file.* cannot be written .*--vision-cache"):
        with_features(model.get_base_model(), batch, FeatureCache(tmp_path / "file", "model"))
