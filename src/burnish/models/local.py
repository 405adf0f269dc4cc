"""A model of transformers that answers and weighs answers in this process, on a CPU or on GPUs.

Requests are taken in windows, each sorted by prompt length and cut into batches, so that little is computed for
padding. Every prompt is encoded alone, and answers come back in the requests' order. A request that the chat template
or the processor cannot take, for a mark such as <image> in its text, is refused alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TypeAlias, TypeVar

import torch
from peft import PeftModel
from transformers import PreTrainedModel, ProcessorMixin

from burnish.errors import ModelError, RequestError
from burnish.models.base import Decoding, ModelOptions, OnReply, Reply, Request, ignore
from burnish.models.decoding import chooser, decode, score
from burnish.models.encoding import Encoder, Encoding, collate
from burnish.models.fingerprint import folder_digest
from burnish.models.loading import load
from burnish.models.prefix import Network, Prefix

log = logging.getLogger(__name__)
T = TypeVar("T")
Work: TypeAlias = Callable[[Sequence[int], Sequence[Encoding]], list[T]]
"""From the numbers of some requests, and their encodings, to a result for each."""
Refuse: TypeAlias = Callable[[int, RequestError], T]
"""From the number of a request that cannot be encoded, and why, to its result."""

WINDOW = 16
"""Batches that are encoded and sorted together: the memory that waiting pictures take is bounded by it."""


class LocalModel:
    """An image-text-to-text model with its processor, as `burnish.models.Model` and `ScoringModel`."""

    def __init__(
        self,
        model: PreTrainedModel | PeftModel,
        processor: ProcessorMixin,
        *,
        fingerprint: Callable[[], str],
        batch_size: int = 16,
        pad_to_square: bool = False,
        wearing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`model` is used as it is: give it in evaluation mode. `fingerprint` is asked once, when first needed.

        `wearing` is entered while the model works: where several share a base, it puts the right adapter on.
        """
        self.model = model
        self.processor = processor
        self.encoder = Encoder(processor=processor, pad_to_square=pad_to_square)
        self._network: Network = model.get_base_model() if isinstance(model, PeftModel) else model
        self._fingerprint = fingerprint
        self._batch_size = batch_size
        self._wearing = wearing

    @classmethod
    def open(cls, options: ModelOptions) -> LocalModel:
        """Load what the options name. Raises ModelError or ConfigError in one sentence."""
        model, processor, folders = load(options)
        return cls(
            model,
            processor,
            fingerprint=lambda: folder_digest(*folders),
            batch_size=options.batch_size,
            pad_to_square=options.pad_to_square,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest over weights, configuration, adapter, processor, tokenizer and chat template."""
        return self._fingerprint()

    @cached_property
    def template_fingerprint(self) -> str:
        """Hex digest of the chat template."""
        return hashlib.sha256(json.dumps(self.processor.chat_template, sort_keys=True).encode()).hexdigest()

    @cached_property
    def end_token_ids(self) -> tuple[int, ...]:
        """The tokens that end an answer: the checkpoint's, else its tokenizer's."""
        config = self._network.generation_config
        found = config.eos_token_id if config is not None else None
        ids = self.processor.tokenizer.eos_token_id if found is None else found
        if ids is None:
            raise ModelError("The model names no end token: set eos_token_id in its generation_config.json.")
        return tuple(ids) if isinstance(ids, list | tuple) else (ids,)

    @cached_property
    def pad_token_id(self) -> int:
        """The token that fills batches up; what it is never matters, since it is masked."""
        own: int | None = self.processor.tokenizer.pad_token_id
        return self.end_token_ids[0] if own is None else own

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        """One reply per request, in order; greedy answers do not depend on the batch but for rounding."""

        def answer(batch: Sequence[int], encodings: Sequence[Encoding]) -> list[Reply]:
            choose = chooser(decoding, (requests[i].seed for i in batch))
            answers = decode(self._read(encodings), choose, self.end_token_ids, decoding.max_new_tokens)
            replies = [self._reply(ids, len(encoding)) for ids, encoding in zip(answers, encodings, strict=True)]
            for number, reply in zip(batch, replies, strict=True):
                on_reply(number, reply)
            return replies

        def refuse(number: int, error: RequestError) -> Reply:
            reply = Reply(text="", finish="error", error=str(error))
            on_reply(number, reply)
            return reply

        with self._wearing():
            return self._in_batches(requests, answer, refuse)

    def score(self, requests: Sequence[Request], answers: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
        """Summed log-probabilities (nats) of token ids after each request; see `ScoringModel`.

        A prompt is read once for all its answers. Raises RequestError for one that cannot be put to the model.
        """
        if len(answers) != len(requests):
            raise ValueError(f"{len(requests)} requests, but answers for {len(answers)}.")

        def weigh(batch: Sequence[int], encodings: Sequence[Encoding]) -> list[list[float]]:
            return score(self._read(encodings), [answers[i] for i in batch])

        def refuse(_number: int, error: RequestError) -> list[float]:
            raise error

        with self._wearing():
            return self._in_batches(requests, weigh, refuse)

    @torch.no_grad()
    def _in_batches(self, requests: Sequence[Request], work: Work[T], refuse: Refuse[T]) -> list[T]:
        """What `work` makes of each request, in the requests' order, or `refuse` of one that cannot be encoded."""
        made: dict[int, T] = {}
        window = WINDOW * self._batch_size
        for start in range(0, len(requests), window):
            encodings: dict[int, Encoding] = {}
            for i in range(start, min(start + window, len(requests))):
                try:
                    encodings[i] = self.encoder.encode_request(requests[i])
                except RequestError as error:
                    made[i] = refuse(i, error)
            # longest first: a batch that does not fit into memory shows at once
            waiting = sorted(encodings, key=lambda i: len(encodings[i]), reverse=True)
            while waiting:
                batch = waiting[: self._batch_size]
                results = self._within_memory(batch, [encodings[i] for i in batch], work)
                made.update(zip(batch, results, strict=False))
                waiting = waiting[len(results) :]
        return [made[i] for i in range(len(requests))]

    def _within_memory(self, batch: Sequence[int], encodings: Sequence[Encoding], work: Work[T]) -> list[T]:
        """The batch's results, or none after halving the size of batches because this one did not fit."""
        try:
            return work(batch, encodings)
        except torch.OutOfMemoryError as error:
            if len(batch) == 1:
                raise ModelError(
                    f"One request of {len(encodings[0])} tokens does not fit into the GPU's memory beside the model: "
                    "use smaller pictures, --dtype bfloat16 or --device balanced."
                ) from error
        # only here, with the failed pass's tensors gone, can the memory be given back
        torch.cuda.empty_cache()
        self._batch_size = len(batch) // 2
        log.warning("The GPU's memory is full: going on with %d requests in a batch.", self._batch_size)
        return []

    def _read(self, encodings: Sequence[Encoding]) -> Prefix:
        device, dtype = self._network.device, self._network.dtype
        batch = collate(encodings, self.pad_token_id)
        inputs = {
            name: tensor.to(device, dtype if tensor.is_floating_point() else tensor.dtype)
            for name, tensor in batch.items()
        }
        return Prefix.read(self._network, inputs)

    def _reply(self, ids: Sequence[int], prompt_tokens: int) -> Reply:
        ended = ids[-1] in self.end_token_ids
        text = self.processor.tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=True)
        return Reply(
            text=text.strip(),
            token_ids=tuple(ids),
            finish="stop" if ended else "length",
            prompt_tokens=prompt_tokens,
            completion_tokens=len(ids),
        )
