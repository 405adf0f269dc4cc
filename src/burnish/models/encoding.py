"""From a conversation to a model's inputs: the one place where prompts are made, for answering and for training.

Every conversation is encoded alone, so that neither its tokens nor its distorted pixels depend on its neighbours in
a batch; `collate` then joins conversations by padding on the left.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import jinja2
import torch
from PIL import Image
from transformers import ProcessorMixin

from burnish.errors import ModelError, RequestError
from burnish.models.base import Message, Request
from burnish.models.pixels import only_one, transform_pixels

SEEN_PICTURES = ("cross_attention_mask",)
"""Per token, which pictures it looks at (Mllama); a token behind the prompt looks at those of its last token."""
_SHIFTED = "image_token_pooling"
"""Places of patches among all of a batch's (Molmo2), -1 for none."""
SWITCH = "enable_thinking"
"""What chat templates call their switch of thoughts (Qwen3 and 3.5, GLM-4.xV, Gemma 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One conversation as tensors."""

    input_ids: torch.Tensor
    """Prompt tokens of shape (L,), each picture already expanded to its image tokens."""
    per_token: Mapping[str, torch.Tensor]
    """What else a model wants for each token, of shape (L, ...), such as `mm_token_type_ids`; 0 is padding."""
    behind: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """What of it a token of text has that comes behind the prompt, of shape (...); 0 where it is not named."""
    pictures: Mapping[str, torch.Tensor]
    """`pixel_values` and what belongs to them, as the processor shapes them; empty without pictures."""

    def __len__(self) -> int:
        return self.input_ids.shape[0]

    @property
    def pass_key(self) -> tuple[torch.Size | None, ...]:
        """Equal for conversations that one forward pass can read together.

        Mllama's tokens before a picture look at all pictures there are, those that pad a batch too, so a conversation
        must not stand beside one of more pictures, or of none (findings/mllama_padding_pictures.sh).
        """
        masks = (self.per_token.get(name) for name in SEEN_PICTURES)
        return tuple(None if mask is None else mask.shape[1:] for mask in masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """Makes a model's inputs with its own processor and chat template."""

    processor: ProcessorMixin
    pad_to_square: bool = False
    """Pad pictures to a square in the processor's mean colour, and crop nothing away afterwards."""
    accepted: frozenset[str] | None = None
    """The inputs that the model knows; None for any. What else a processor gives is left out."""
    thinking: bool | None = None
    """What the chat template's switch of thoughts is set to, where it has one; None leaves it as it is."""

    @property
    def can_switch_thinking(self) -> bool:
        """Whether the chat template has a switch that turns thoughts off and on."""
        template = self.processor.chat_template
        texts = template.values() if isinstance(template, dict) else [template or ""]
        return any(SWITCH in text for text in texts)

    def encode(self, messages: Sequence[Message]) -> Encoding:
        """The conversation up to where the assistant is to go on.

        Raises RequestError when the chat template or the processor cannot take it.
        """
        pictures = [picture for message in messages for picture in message.images]
        return self.encode_written(self.prompt(messages), pictures)

    def encode_written(self, prompt: str, pictures: Sequence[Image.Image]) -> Encoding:
        """A conversation that `prompt` has written, with its pictures. Raises RequestError like `encode`."""
        with _explained():
            return self._encoding(self._process(prompt, pictures))

    def processed(self, messages: Sequence[Message]) -> Mapping[str, Any]:
        """What the processor itself makes of the conversation. Raises RequestError like `encode`."""
        pictures = [picture for message in messages for picture in message.images]
        prompt = self.prompt(messages)
        with _explained():
            return self._process(prompt, pictures)

    def encode_request(self, request: Request) -> Encoding:
        """The request's conversation, with its pixel distortion applied in float32."""
        encoding = self.encode(request.messages)
        if request.pixel_transform is None or "pixel_values" not in encoding.pictures:
            return encoding
        transform, images = request.pixel_transform, self.processor.image_processor
        pixels = transform_pixels(encoding.pictures, transform, images)
        count = sum(len(message.images) for message in request.messages)
        if request.transformed_image and count > 1:
            pixels = only_one(encoding.pictures, pixels, request.transformed_image, count)
        return replace(encoding, pictures={**encoding.pictures, "pixel_values": pixels})

    def prompt(self, messages: Sequence[Message]) -> str:
        """The conversation in the chat template's words, one mark per picture. Raises RequestError like `encode`."""
        conversation: list[dict[str, Any]] = [
            {
                "role": message.role,
                "content": [*({"type": "image"} for _ in message.images), {"type": "text", "text": message.text}],
            }
            for message in messages
        ]
        with _explained():
            prompt: str = self.processor.apply_chat_template(
                conversation, add_generation_prompt=True, tokenize=False, **self._switch
            )
        return prompt

    @property
    def _switch(self) -> dict[str, Any]:
        return {SWITCH: self.thinking} if self.thinking is not None and self.can_switch_thinking else {}

    def _process(self, prompt: str, pictures: Sequence[Image.Image]) -> Mapping[str, Any]:
        begin = self.processor.tokenizer.bos_token
        images_kwargs = {}
        if self.pad_to_square:
            colour = _mean_colour(self.processor.image_processor)
            pictures = [pad_to_square(picture, colour) for picture in pictures]
            images_kwargs = _whole_picture(self.processor.image_processor)
        inputs: Mapping[str, Any] = self.processor(
            text=[prompt],
            images=[list(pictures)] if pictures else None,
            return_tensors="pt",
            # a template that writes the begin token itself must not get a second one
            add_special_tokens=not (begin and prompt.startswith(begin)),
            images_kwargs=images_kwargs,
        )
        return inputs

    def _encoding(self, inputs: Mapping[str, Any]) -> Encoding:
        tensors = {
            name: value.float() if value.is_floating_point() else value
            for name, value in inputs.items()
            if isinstance(value, torch.Tensor) and self._accepts(name)
        }
        ids = tensors.pop("input_ids")
        tensors.pop("attention_mask", None)
        per_token = {name: value[0] for name, value in tensors.items() if value.shape[:2] == ids.shape}
        pictures = {name: value for name, value in tensors.items() if name not in per_token}
        if self._is("PerceptionLM") and "pixel_values" in pictures:
            # it takes tiles in a row; as many for each picture would be padded to, and padding be looked at
            pictures["pixel_values"] = pictures["pixel_values"].flatten(0, 1)[:, None]
        return Encoding(input_ids=ids[0], per_token=per_token, behind=self._behind(per_token), pictures=pictures)

    def _accepts(self, name: str) -> bool:
        if name == "labels":
            return False
        return self.accepted is None or name in self.accepted or name in ("input_ids", "attention_mask")

    def _is(self, family: str) -> bool:
        return type(self.processor).__name__.startswith(family)

    def _behind(self, per_token: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        behind = {name: per_token[name][-1] for name in SEEN_PICTURES if name in per_token}
        if self._is("PaliGemma") and "token_type_ids" in per_token:
            # its prompt attends to all of itself, and to what comes behind only if that has the prompt's type
            behind["token_type_ids"] = torch.tensor(1)
        return behind


def accepted_inputs(network: Any) -> frozenset[str] | None:
    """The inputs that a model's `forward` names; None for one that names none of pictures."""
    names = frozenset(inspect.signature(network.forward).parameters)
    return names if "pixel_values" in names else None


def pad_to_square(picture: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The picture in the middle of the smallest square that holds it."""
    width, height = picture.size
    if width == height:
        return picture
    side = max(width, height)
    square = Image.new("RGB", (side, side), colour)
    square.paste(picture, ((side - width) // 2, (side - height) // 2))
    return square


def collate(
    encodings: Sequence[Encoding], pad_token_id: int, *, side: Literal["left", "right"] = "left"
) -> dict[str, torch.Tensor]:
    """One padded batch: `input_ids` and `attention_mask` of shape (B, L), and the model's other inputs.

    Prompts to be continued are padded on the left, whole sequences to be trained on, on the right.
    Pictures are joined along their first axis; where other axes differ (tiles, height, width) zeros are added at the
    end, as the processors themselves do. Raises ModelError where `pass_key` differs.
    """
    if len({encoding.pass_key for encoding in encodings}) > 1:
        raise ModelError(
            "This model cannot read conversations with different numbers of pictures in one batch: use --per-device 1."
        )
    length = max(len(encoding) for encoding in encodings)
    mask = [torch.ones_like(encoding.input_ids) for encoding in encodings]
    batch = {
        "input_ids": _pad([encoding.input_ids for encoding in encodings], length, pad_token_id, side),
        "attention_mask": _pad(mask, length, 0, side),
    }
    for name in encodings[0].per_token:
        batch[name] = _pad([encoding.per_token[name] for encoding in encodings], length, 0, side)
        if side == "right":  # PaliGemma's prompts attend to what is of their type, padding too
            for row, encoding in zip(batch[name], encodings, strict=True):
                row[len(encoding) :] = encoding.behind.get(name, 0)
    return {**batch, **join_pictures(encodings)}


def join_pictures(encodings: Sequence[Encoding]) -> dict[str, torch.Tensor]:
    """The pictures of all, one after another along their first axis; zeros at the end of axes that differ."""
    pictures = [encoding.pictures for encoding in encodings]
    if any(_SHIFTED in one for one in pictures):
        pictures = _shifted(pictures)
    names = dict.fromkeys(name for one in pictures for name in one)
    return {name: _join([one[name] for one in pictures if name in one]) for name in names}


def _shifted(pictures: Sequence[Mapping[str, torch.Tensor]]) -> list[Mapping[str, torch.Tensor]]:
    """With places among the patches of all, where they were places among each one's own."""
    patches, shifted = 0, list[Mapping[str, torch.Tensor]]()
    for one in pictures:
        if _SHIFTED in one:
            places = one[_SHIFTED]
            shifted.append({**one, _SHIFTED: torch.where(places >= 0, places + patches, places)})
            patches += one["pixel_values"].shape[:-1].numel()
        else:
            shifted.append(one)
    return shifted


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (jinja2.TemplateError, ValueError, StopIteration) as error:
        reason = next(iter(str(error).splitlines()), "more marks than pictures")  # StopIteration, in transformers 5.16
        raise RequestError(
            f"The model's chat template or processor cannot take this conversation ({reason}):"
            " check its roles, its pictures, and its text for the model's own marks, such as <image>."
        ) from error


def _pad(rows: Sequence[torch.Tensor], length: int, value: int, side: Literal["left", "right"]) -> torch.Tensor:
    batch = rows[0].new_full((len(rows), length, *rows[0].shape[1:]), value)
    for target, row in zip(batch, rows, strict=True):
        start = length - len(row) if side == "left" else 0
        target[start : start + len(row)] = row
    return batch


def _join(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    shape = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    joined = tensors[0].new_zeros((sum(tensor.shape[0] for tensor in tensors), *shape))
    start = 0
    for tensor in tensors:
        region = (slice(start, start + tensor.shape[0]), *(slice(size) for size in tensor.shape[1:]))
        joined[region] = tensor
        start += tensor.shape[0]
    return joined


def _mean_colour(image_processor: Any) -> tuple[int, int, int]:
    red, green, blue = (int(255 * channel) for channel in image_processor.image_mean)
    return red, green, blue


def _whole_picture(image_processor: Any) -> dict[str, Any]:
    """Arguments by which a processor that resizes and crops to its centre resizes the whole square instead."""
    if not getattr(image_processor, "do_center_crop", False):
        return {}
    crop = image_processor.crop_size
    return {"do_center_crop": False, "size": {"height": crop["height"], "width": crop["width"]}}
