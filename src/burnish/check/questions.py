"""What a model is tried with: questions of unlike lengths about pictures of unlike shapes, about two and about none.

Beside each question stands what the library's own code answers to it alone.

Axes: N new tokens, V words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import GenerationConfig

from burnish.errors import RequestError
from burnish.models.base import Message, Request
from burnish.models.local import LocalModel
from burnish.models.prefix import Network, neutral_generation

NEW_TOKENS: Final = 8
_ASKED: Final = (
    ((90, 40), "What is it?"),
    ((28, 70), "Which colour is the largest thing here, and what stands left of it?"),
    ((64, 64), "Describe this picture."),
)
"""Width and height of a picture, and what is asked about it."""


class ReferenceReply(NamedTuple):
    """What transformers makes of one request alone, token by token, by its own `generate`."""

    tokens_N: Tensor
    """The likeliest next tokens, past any end token."""
    logits_NV: Tensor
    """float32."""

    @property
    def logp(self) -> float:
        """Summed log-probability (nats) of the tokens."""
        logps_N = self.logits_NV.log_softmax(dim=-1).gather(-1, self.tokens_N[:, None])
        return float(logps_N.double().sum())

    def before(self, marks: Collection[int]) -> ReferenceReply:
        """Up to the first of these tokens: none is trained on that has a mark for a picture in it."""
        length = next(
            (place for place, token in enumerate(self.tokens_N.tolist()) if token in marks), len(self.tokens_N)
        )
        return ReferenceReply(self.tokens_N[:length], self.logits_NV[:length])


def requests() -> list[Request]:
    """One for each picture."""
    return [
        Request(messages=(Message(role="user", text=text, images=(_picture(number, *size),)),))
        for number, (size, text) in enumerate(_ASKED)
    ]


def unlike(model: LocalModel) -> list[Request]:
    """One without a picture and one about two: those of them that the model takes."""
    pictures = tuple(_picture(number, *size) for number, (size, _) in enumerate(_ASKED[:2]))
    asked = [
        Request(messages=(Message(role="user", text="What is a picture?"),)),
        Request(messages=(Message(role="user", text="Which of both is larger?", images=pictures),)),
    ]
    return [request for request in asked if _takes(model, request)]


def _takes(model: LocalModel, request: Request) -> bool:
    try:
        model.encoder.encode_request(request)
    except RequestError:
        return False
    return True


def truths(model: LocalModel, asked: Sequence[Request]) -> list[ReferenceReply]:
    """Each request answered alone, with the processor's output as it is."""
    network: Any = model.model
    found = []
    with torch.no_grad(), neutral_generation(network):
        for request in asked:
            inputs = model.encoder.processed(request.messages)
            found.append(_answer(network, inputs, model.pad_token_id))
    return found


def _answer(network: Network, inputs: Any, pad_token_id: int) -> ReferenceReply:
    config = GenerationConfig(
        max_new_tokens=NEW_TOKENS,
        do_sample=False,
        pad_token_id=pad_token_id,
        return_dict_in_generate=True,
        output_logits=True,
    )
    moved = {
        name: value.to(network.device, network.dtype if value.is_floating_point() else value.dtype)
        for name, value in inputs.items()
        if isinstance(value, Tensor) and name != "labels"
    }
    found = network.generate(**moved, generation_config=config)
    logits_NV = torch.cat(found.logits).float().cpu()
    return ReferenceReply(found.sequences[0, -len(logits_NV) :].cpu(), logits_NV)


def _picture(seed: int, width: int, height: int) -> Image.Image:
    """Coarse random colours."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height))
