"""The peer: transformers' own `generate`, given one prompt at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from burnish.models import Decoding, Request
from burnish.models.encoding import collate
from burnish.models.local import LocalModel


@torch.no_grad()
def one_at_a_time(model: LocalModel, requests: Sequence[Request], decoding: Decoding) -> list[tuple[int, ...]]:
    """Each prompt alone, by transformers' own `generate`."""
    network: Any = model.model
    answers = []
    with model.activate_adapter():
        for request in requests:
            encoding = model.encoder.encode_request(request)
            inputs = {name: tensor.to(network.device) for name, tensor in collate([encoding], 0).items()}
            ids = network.generate(**inputs, max_new_tokens=decoding.max_new_tokens, do_sample=False)
            answers.append(tuple(ids[0, len(encoding) :].tolist()))
    return answers
