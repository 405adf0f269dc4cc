"""Pictures are encoded once per step where policy and reference see the same in them, or once for good with a cache."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn
from torch.distributed.fsdp import FSDPModule, FullyShardedDataParallel
from transformers import PreTrainedModel
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from transformers.utils.generic import ModelOutput

from burnish.train.feature_cache import FeatureCache, join, split
from burnish.train.full import of_language_model
from burnish.train.sequences import Batch

_PIXELS = "pixel_values"
_FEATURES = "mm_encoder_outputs"
"""transformers' name for pictures that are encoded already."""
_UNUSED = ("last_hidden_state", "hidden_states", "attentions")
"""What a vision tower gives beside its `pooler_output`: its memory is not kept until the step's end."""


def hold_still(network: PreTrainedModel) -> None:
    """Let all but the language model compute as it does when it answers, whatever mode the trainer has set.

    A convolutional tower's batch normalisation would else see the batch in place of its statistics, and change them.
    """
    within = set(network.get_decoder().modules())
    for module in network.modules():
        if module not in within:
            module.training = False


@torch.no_grad()
def with_features(network: PreTrainedModel, batch: Batch, cache: FeatureCache | None = None) -> Batch:
    """The batch with its pictures encoded; as it is where the model cannot take them so, or where that is trained.

    A model that is shared out between devices encodes them within its own forward pass, which alone can gather it.
    """
    if _PIXELS not in batch or not _takes_features(network) or not _are_frozen(network) or is_shared_out(network):
        return batch
    features = _encode(network, batch) if cache is None else _encode_once(network, batch, cache)
    return {**{name: value for name, value in batch.items() if name != _PIXELS}, _FEATURES: {"image": features}}


def _encode(network: PreTrainedModel, batch: Batch) -> ModelOutput:
    encode: Any = network.base_model.get_image_features
    wanted = {name: batch[name] for name in inspect.signature(encode).parameters if name in batch}
    encoded: ModelOutput = encode(**wanted, return_dict=True)
    if encoded.get("pooler_output") is None:
        return encoded  # Llama 4 reads what its tower saw last
    # None, not left out: timm's towers give a form that must have them all
    return type(encoded)(**{name: None if name in _UNUSED else value for name, value in encoded.items()})


def _encode_once(network: PreTrainedModel, batch: Batch, cache: FeatureCache) -> ModelOutput:
    """As the cache has them, if it has them all; else it gets them, where features are a row for each image token."""
    keys, counts = _pictures_in_order(network, batch)
    known = [cache.read(key) for key in keys]
    found = [one for one in known if one is not None]
    if len(found) == len(keys):
        return join(found, network.device)
    features = _encode(network, batch)
    for key, one in zip(keys, split(features, counts), strict=False):
        cache.write(key, one)
    return features


def _pictures_in_order(network: PreTrainedModel, batch: Batch) -> tuple[list[str], list[int]]:
    """Content keys and numbers of tokens of the pictures as their tokens stand, row by row."""
    config: Any = network.config
    row_N, place_N = (batch["input_ids"] == config.image_token_id).nonzero(as_tuple=True)
    owner_2N = torch.stack([row_N, batch["tree_ST"][row_N, place_N]])
    (_, trees), counts = torch.unique_consecutive(owner_2N, dim=1, return_counts=True)
    return [batch["picture_E"][tree] for tree in trees.tolist()], counts.tolist()


def _takes_features(network: PreTrainedModel) -> bool:
    known = hasattr(network.base_model, "get_image_features")
    return known and _FEATURES in inspect.signature(network.forward).parameters


def _are_frozen(network: PreTrainedModel) -> bool:
    """Whether nothing outside the language model is trained: the projector is where the flags say so."""
    within = set(of_language_model(network))
    return not any(parameter.requires_grad and parameter not in within for parameter in network.parameters())


def is_shared_out(network: nn.Module) -> bool:
    """Whether each process holds a part of the weights."""
    sharded = any(isinstance(module, FSDPModule | FullyShardedDataParallel) for module in network.modules())
    return sharded or is_deepspeed_zero3_enabled()
