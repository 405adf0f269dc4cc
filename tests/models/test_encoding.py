"""Prompts and pictures become a model's inputs: right tokens, whole squares, and batches that change nothing."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

import tiny_models
from burnish.errors import RequestError
from burnish.models import Message, Request
from burnish.models.encoding import Encoder, Encoding, collate, pad_to_square


def _user(text: str, *pictures: Image.Image) -> Message:
    return Message(role="user", text=text, images=pictures)


def test_prompt_is_the_chat_templates_with_the_picture_first() -> None:
    _, processor = tiny_models.llava()
    encoder = Encoder(processor=processor)
    messages = [_user("Why?", tiny_models.picture(0)), Message(role="assistant", text="So."), _user("And?")]

    assert encoder.prompt(messages) == "<s>USER: <image>\nWhy? ASSISTANT: So.</s>USER: And? ASSISTANT:"


def test_begin_token_comes_once_and_pictures_are_expanded() -> None:
    _, processor = tiny_models.llava()
    encoding = Encoder(processor=processor).encode([_user("Why?", tiny_models.picture(0))])
    ids = encoding.input_ids.tolist()

    assert ids.count(processor.tokenizer.bos_token_id) == 1
    assert ids.count(processor.tokenizer.convert_tokens_to_ids("<image>")) == 16
    # <s>, "USER: ", 16 image tokens, "\n", "Why?", " ", "ASSISTANT:"
    assert len(encoding) == 1 + 6 + 16 + 1 + 4 + 1 + 10
    assert encoding.pictures["pixel_values"].shape == (1, 3, 28, 28)


def test_tokenizer_adds_the_begin_token_where_the_template_does_not() -> None:
    _, processor = tiny_models.llava()
    processor.chat_template = processor.chat_template.replace("{{ bos_token }}", "")
    processor.tokenizer.add_bos_token = True

    ids = Encoder(processor=processor).encode([_user("Why?")]).input_ids.tolist()

    assert ids.count(processor.tokenizer.bos_token_id) == 1


def test_pad_to_square_puts_the_picture_in_the_middle() -> None:
    wide = Image.new("RGB", (4, 2), (255, 0, 0))

    square = pad_to_square(wide, (1, 2, 3))

    assert square.size == (4, 4)
    assert [square.getpixel((0, y)) for y in range(4)] == [(1, 2, 3), (255, 0, 0), (255, 0, 0), (1, 2, 3)]
    assert pad_to_square(square, (9, 9, 9)) is square


def test_pad_to_square_shows_the_whole_picture_where_the_default_crops() -> None:
    """A wide picture with white ends: the default crop of LLaVA's processor throws them away."""
    _, processor = tiny_models.llava()
    picture = Image.new("RGB", (84, 28), (0, 0, 0))
    picture.paste((255, 255, 255), (0, 0, 14, 28))
    picture.paste((255, 255, 255), (70, 0, 84, 28))

    cropped = Encoder(processor=processor).encode([_user("?", picture)]).pictures["pixel_values"]
    whole = Encoder(processor=processor, pad_to_square=True).encode([_user("?", picture)]).pictures["pixel_values"]

    assert cropped.std() < 1, "only the black middle is left"
    assert whole.shape == cropped.shape == (1, 3, 28, 28)
    assert whole[0, 0, 14, 0] > 1.5, "the left end is there, and white"
    assert whole[0, 0, 14, -1] > 1.5, "and so is the right end"
    # the mean colour, int(255 * mean), is 0 after normalisation but for rounding of 1/255 divided by std
    assert whole[0, :, 0, :].abs().max() < 1 / 255 / 0.26


def test_pad_to_square_keeps_the_corners_where_processors_resize_to_more_than_they_crop() -> None:
    """Some checkpoints resize to 40 and crop to 28: a square must not lose its margin."""
    _, processor = tiny_models.llava()
    processor.image_processor.size = {"shortest_edge": 40}
    picture = Image.new("RGB", (28, 28), (0, 0, 0))
    picture.paste((255, 255, 255), (0, 0, 28, 3))

    cropped = Encoder(processor=processor).encode([_user("?", picture)]).pictures["pixel_values"]
    whole = Encoder(processor=processor, pad_to_square=True).encode([_user("?", picture)]).pictures["pixel_values"]

    assert cropped[0, 0, 0].max() < 0
    assert whole[0, 0, 0].min() > 1.5


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_collating_pads_on_the_left_and_keeps_every_row(family: str) -> None:
    _, processor = tiny_models.FAMILIES[family]()
    encoder = Encoder(processor=processor)
    encodings = [
        encoder.encode([_user("?" * number, tiny_models.picture(number, 30 + 25 * number, 28))]) for number in range(3)
    ]
    encodings.append(encoder.encode([_user("no picture")]))

    batch = collate(encodings, pad_token_id=258)

    length = max(len(encoding) for encoding in encodings)
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (4, length)
    for row, encoding in enumerate(encodings):
        gap = length - len(encoding)
        assert batch["attention_mask"][row].tolist() == [0] * gap + [1] * len(encoding)
        assert batch["input_ids"][row].tolist() == [258] * gap + encoding.input_ids.tolist()
        for name, values in encoding.per_token.items():
            assert batch[name][row].tolist() == [0] * gap + values.tolist()
    pixels = [encoding.pictures["pixel_values"] for encoding in encodings[:3]]
    assert batch["pixel_values"].shape[0] == sum(part.shape[0] for part in pixels)
    assert batch["pixel_values"].abs().sum() == pytest.approx(sum(float(part.abs().sum()) for part in pixels), rel=1e-5)


def test_joining_fills_up_with_zeros_at_the_end() -> None:
    ids = torch.tensor([1])
    small = Encoding(input_ids=ids, per_token={}, pictures={"pixel_values": torch.ones(1, 1, 2)})
    large = Encoding(input_ids=ids, per_token={}, pictures={"pixel_values": torch.full((2, 2, 1), 5.0)})

    joined = collate([small, large], pad_token_id=0)["pixel_values"]

    assert joined.tolist() == [[[1, 1], [0, 0]], [[5, 0], [5, 0]], [[5, 0], [5, 0]]]


def test_text_with_the_models_own_mark_is_refused_in_a_sentence() -> None:
    _, processor = tiny_models.llava()

    with pytest.raises(RequestError, match=r"cannot take this conversation .*such as <image>"):
        Encoder(processor=processor).encode([_user("what is <image> here?", tiny_models.picture(0))])


def test_template_that_refuses_a_role_is_said_in_a_sentence() -> None:
    _, processor = tiny_models.llava()
    processor.chat_template = "{{ raise_exception('system messages are not supported') }}"

    with pytest.raises(RequestError, match="system messages are not supported"):
        Encoder(processor=processor).encode([_user("?")])


def test_a_pixel_distortion_leaves_a_conversation_without_pictures_alone() -> None:
    _, processor = tiny_models.llava()
    request = Request(messages=(_user("?"),), pixel_transform=lambda pixels: pixels + 1)

    assert Encoder(processor=processor).encode_request(request).pictures == {}
