"""Dialogues turn by turn: the same answers whether earlier turns are read again or not, and less is read."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import tiny_models
from burnish.models import Decoding, Message, Reply, Request
from burnish.models.local import LocalModel
from burnish.models.prefix import Prefix
from burnish.models.prefix_cache import TRIED

DECODING = Decoding(max_new_tokens=24)
MUCH = 2**30


@pytest.fixture(scope="module")
def built() -> dict[str, tuple[Any, Any]]:
    return {name: build() for name, build in tiny_models.FAMILIES.items()} | {
        "windows": tiny_models.llava_with_windows()
    }


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many prompts each reading from the beginning had."""
    counts: list[int] = []
    original = Prefix.read

    def counting(network: Any, inputs: Any) -> Prefix:
        counts.append(len(inputs["input_ids"]))
        return original(network, inputs)

    monkeypatch.setattr(Prefix, "read", counting)
    return counts


def _local(built: dict[str, tuple[Any, Any]], family: str, reuse_bytes: int, batch_size: int = 3) -> LocalModel:
    model, processor = built[family]
    return LocalModel(model, processor, fingerprint=lambda: family, batch_size=batch_size, reuse_bytes=reuse_bytes)


def _talk(model: LocalModel, turns: int = 4) -> list[list[Reply]]:
    """Seven dialogues, of which number i leaves after i + 1 turns; those that are open are asked together."""
    histories: list[list[Message]] = [[] for _ in range(7)]
    replies = []
    for turn in range(turns):
        waiting = [number for number in range(7) if number >= turn]
        for number in waiting:
            images = (tiny_models.picture(number, 30 + 17 * number),) if turn == 0 else ()
            text = f"What is{' it' * number}" if turn == 0 else "Look again" + "." * (number + turn)
            histories[number].append(Message(role="user", text=text, images=images))
        requests = [Request(messages=(*histories[number],), conversation=str(number)) for number in waiting]
        replies.append(model.generate(requests, DECODING))
        for number, reply in zip(waiting, replies[-1], strict=True):
            histories[number].append(Message(role="assistant", text=reply.text))
    return replies


@pytest.mark.parametrize("family", tiny_models.some())
@pytest.mark.parametrize("batch_size", [1, 3])
def test_dialogues_are_the_same_and_read_once(
    built: dict[str, tuple[Any, Any]], family: str, batch_size: int, read: list[int]
) -> None:
    whole = _talk(_local(built, family, 0, batch_size))
    assert sum(read) == 7 + 6 + 5 + 4
    read.clear()

    reused = _talk(_local(built, family, MUCH, batch_size))

    assert reused == whole
    # beside the first turns, the first prompts that go on are read whole too, to try it
    assert sum(read) == 7 + min(TRIED, batch_size)


def test_a_dialogue_that_begins_again_is_read_anew(built: dict[str, tuple[Any, Any]], read: list[int]) -> None:
    """What it forgot would stay in its place, masked, and be looked at by each token."""
    model = _local(built, "llava", MUCH)
    question = Message(role="user", text="What is it?", images=(tiny_models.picture(1),))
    more = (Message(role="assistant", text="A square."), Message(role="user", text="Where is it? " * 20))
    first = Request(messages=(question,), conversation="1")
    [expected] = model.generate([first], DECODING)
    model.generate([Request(messages=(question, *more), conversation="1")], DECODING)
    read.clear()

    assert model.generate([first], DECODING) == [expected]

    assert read == [1]


def test_what_does_not_fit_the_limit_is_read_again(built: dict[str, tuple[Any, Any]], read: list[int]) -> None:
    whole = _talk(_local(built, "llava", 0))
    kept = _bytes_of_a_batch(built, 3)
    read.clear()

    assert _talk(_local(built, "llava", kept)) == whole
    # the limit holds one batch of three at a time, of some forty tokens each
    assert 7 + 3 < sum(read) < 7 + 6 + 5 + 4


def test_another_picture_is_read(built: dict[str, tuple[Any, Any]]) -> None:
    model = _local(built, "llava", MUCH)
    first, second, third = (Message(role="user", text="What?", images=(tiny_models.picture(n),)) for n in range(3))
    for message in (first, second, third):
        request = Request(messages=(message,), conversation="one")
        assert model.generate([request], DECODING) == _local(built, "llava", 0).generate([request], DECODING)


def test_another_beginning_is_read_from_where_it_differs(built: dict[str, tuple[Any, Any]]) -> None:
    model, picture = _local(built, "qwen2_5_vl", MUCH), tiny_models.picture(3, 60)
    for text in ("What is it?", "What is that, and why?", "What is", "Where?"):
        message = Message(role="user", text=text, images=(picture,))
        request = Request(messages=(message,), conversation="one")
        assert model.generate([request], DECODING) == _local(built, "qwen2_5_vl", 0).generate([request], DECODING)


def test_a_model_with_windows_reads_every_turn_whole(built: dict[str, tuple[Any, Any]], read: list[int]) -> None:
    whole = _talk(_local(built, "windows", 0))
    assert _talk(_local(built, "windows", MUCH)) == whole
    assert sum(read) == 2 * (7 + 6 + 5 + 4)


def test_a_model_that_cannot_be_read_in_parts_is_found_out(
    built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As one is whose positions depend on the whole prompt: here the second part's are off by three."""
    whole = _talk(_local(built, "llava", 0))
    original = Prefix.forget

    def shifted(self: Prefix, counts: list[int]) -> None:
        original(self, counts)
        self.last_positions = self.last_positions + 3

    monkeypatch.setattr(Prefix, "forget", shifted)

    assert _talk(_local(built, "llava", MUCH)) == whole
    assert [record.getMessage() for record in caplog.records] == [
        "This model cannot go on from what it has read: every turn of a dialogue is read whole."
    ]


def test_full_memory_lets_kept_turns_go(built: dict[str, tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _talk(_local(built, "llava", 0))
    original, calls = Prefix.read_on, []

    def full_at_the_third(self: Prefix, texts: Any) -> None:
        calls.append(len(texts))
        if len(calls) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        original(self, texts)

    monkeypatch.setattr(Prefix, "read_on", full_at_the_third)

    assert _talk(_local(built, "llava", MUCH)) == whole
    assert len(calls) > 3, "the next turns go on again"


def _bytes_of_a_batch(built: dict[str, tuple[Any, Any]], rows: int) -> int:
    """Room for `rows` prompts of 100 tokens: keys and values of 2 layers, 2 heads of 8 numbers, 4 bytes each."""
    model, _ = built["llava"]
    text = model.config.text_config
    assert (text.num_hidden_layers, text.num_key_value_heads, text.head_dim) == (2, 2, 8)
    return rows * 100 * 2 * 2 * 2 * 8 * 4
