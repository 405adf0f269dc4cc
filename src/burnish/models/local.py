"""A model of transformers that answers and weighs answers in this process, on a CPU or on GPUs.

Requests are taken in windows, each sorted by prompt length, so that little is computed for padding, and answered so
many at a time. Every prompt is encoded alone, and answers come back in the requests' order. A request that the chat
template or the processor cannot take, for a mark such as <image> in its text, is refused alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from itertools import chain

import torch
import transformers
from peft import PeftModel
from transformers import PreTrainedModel, ProcessorMixin

from burnish.errors import ModelError, RequestError
from burnish.models.active_adapter import ActiveAdapter
from burnish.models.base import Decoding, ModelOptions, OnReply, Reply, Request, ScoredReply, Variants, ignore
from burnish.models.beams import BeamSearch
from burnish.models.continuous_batching import ONE, Answered, Answering, ReadPrompts, Streams
from burnish.models.decoding import Continuation, chooser, score
from burnish.models.encoding import Encoder, accepted_inputs, collate
from burnish.models.fingerprint import folder_digest
from burnish.models.generate_and_score import Contrasting
from burnish.models.loading import LoadIn, find_adapter, load, outline
from burnish.models.memory import BatchSize, spare_bytes
from burnish.models.prefix import Network, Prefix
from burnish.models.prefix_cache import PrefixCache
from burnish.models.queue import Queue, Refuse, Task, encode_all
from burnish.models.reading import THINKING_MARKS, opens_thinking, read_text
from burnish.models.trial import is_tested, reads_batches
from burnish.models.trial_cache import remembered
from burnish.models.visual_contrast import both_readings, contrasted, distorted, joined
from burnish.store.manifest import code_version

LONGEST_MARK = 24
"""Tokens at a prompt's end in which any mark of a thought stands, with the white space behind it."""
log = logging.getLogger(__name__)

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
        reuse_bytes: int = 0,
        thinking: bool | None = None,
        penalised: bool = False,
        activate_adapter: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`model` is used as it is: give it in evaluation mode. `fingerprint` is asked once, when first needed.

        `reuse_bytes` is how much of what it has read of dialogues is kept for their next turns.
        `thinking` is what the chat template's switch is set to, if it has one; `penalised` lets the checkpoint's own
        repetition penalty act.
        `activate_adapter` is entered while the model works: where several share a base, it puts the right adapter on.
        """
        self.model = model
        self.processor = processor
        self._network: Network = model.get_base_model() if isinstance(model, PeftModel) else model
        accepted = accepted_inputs(self._network)
        self.encoder = Encoder(processor=processor, pad_to_square=pad_to_square, accepted=accepted, thinking=thinking)
        config = self._network.generation_config
        self._penalty = float(getattr(config, "repetition_penalty", None) or 1.0) if penalised else 1.0
        self._fingerprint = fingerprint
        image_token_id = getattr(self._network.config, "image_token_id", None)
        self._reuse = PrefixCache(self._read, image_token_id=image_token_id, limit=reuse_bytes)
        self._batch = BatchSize(batch_size, release=self._reuse.forget)
        self.activate_adapter = activate_adapter
        self.takes_batches = True
        """Whether several requests at a time are known to come out as each alone, or not known not to."""

    @classmethod
    def open(cls, options: ModelOptions, *, load_in: LoadIn | None = None) -> LocalModel:
        """Load what the options name, in fewer bits if wanted. Raises ModelError or ConfigError in one sentence."""
        model, processor, folders = load(options, load_in=load_in)
        opened = cls(
            model,
            processor,
            fingerprint=lambda: folder_digest(*folders),
            batch_size=options.batch_size,
            pad_to_square=options.pad_to_square,
            reuse_bytes=spare_bytes(model.device, options.reuse_gib),
            thinking=options.thinks,
            penalised=options.repetition_penalty == "checkpoint",
            activate_adapter=ActiveAdapter(model),
        )
        opened.try_batches()
        return opened

    @classmethod
    def outlined(cls, options: ModelOptions) -> LocalModel:
        """The same without weights: it can tell who it is, and answers nothing. Raises ModelError or ConfigError."""
        model, processor, folders = outline(options)
        adapter = (find_adapter(options.adapter),) if options.adapter else ()
        return cls(model, processor, fingerprint=lambda: folder_digest(*folders, *adapter), thinking=options.thinks)

    def try_batches(self) -> None:
        """Answer one request at a time from now on if the model's family is not tested and batches come out wrong."""
        if is_tested(self._network) or remembered(self._tried_as(), self._reads_batches):
            return
        log.warning("This model is wrong in batches: requests are sent to it one at a time.")
        self.takes_batches, self._batch.size = False, 1

    def _reads_batches(self) -> bool:
        return reads_batches(self._network, self.encoder, self._read)

    def _tried_as(self) -> Mapping[str, str]:
        """All that decides what a trial finds."""
        return {
            "fingerprint": self.fingerprint,
            "transformers": transformers.__version__,
            "burnish": code_version(),
            "dtype": f"{self._network.dtype}{' in fewer bits' * bool(getattr(self._network, 'is_quantized', False))}",
            "device": self._network.device.type,
        }

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
        """One reply per request, in order; answers do not depend on the batch but for rounding."""
        replies: dict[int, Reply] = {}

        def keep(number: int, reply: Reply) -> None:
            replies[number] = reply
            on_reply(number, reply)

        def refuse(number: int, _variant: int, error: RequestError) -> None:
            if number not in replies:  # both readings of a contrast may be refused
                keep(number, _refusal(error))

        self._reuse.begin()
        with torch.no_grad(), self.activate_adapter():
            for answered in self._found(requests, decoding, refuse):
                keep(answered.task.request, self._reply(answered))
        return [replies[number] for number in range(len(requests))]

    def contrast(self, variants: Iterable[Variants], decoding: Decoding) -> list[tuple[ScoredReply, ...]]:
        """Replies to requests and to their distorted variants, all weighed on the request; see `ScoringModel`."""
        if decoding.contrast:
            raise ValueError("An answer that was chosen by contrast does not weigh what it was chosen by.")
        found: defaultdict[int, dict[int, ScoredReply]] = defaultdict(dict)

        def refuse(number: int, variant: int, error: RequestError) -> None:
            found[number][variant] = ScoredReply(_refusal(error), None)

        contrasting = Contrasting(self._read, self._batch)
        tasks = self._tasks(([clean, *distorted] for clean, distorted in variants), refuse)
        with torch.no_grad(), self.activate_adapter():
            for answered, logp in contrasting.score_replies(self._answer(tasks, contrasting.read, decoding)):
                reply = self._reply(answered)
                # with a thought before it, the answer's own likelihood is not what was summed
                found[answered.task.request][answered.task.variant] = ScoredReply(
                    reply, None if reply.thinking else logp
                )
        return [tuple(weighed for _, weighed in sorted(found[number].items())) for number in range(len(found))]

    def score(self, requests: Sequence[Request], answers: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
        """Summed log-probabilities (nats) of token ids after each request; see `ScoringModel`.

        A prompt is read once for all its answers. Raises RequestError for one that cannot be put to the model.
        """
        if len(answers) != len(requests):
            raise ValueError(f"{len(requests)} requests, but answers for {len(answers)}.")

        def refuse(_number: int, _variant: int, error: RequestError) -> None:
            raise error

        scores: dict[int, list[float]] = {}
        queue = Queue(self._tasks(([request] for request in requests), refuse))
        with torch.no_grad(), self.activate_adapter():
            while batch := queue.take(self._batch.size):
                given = [answers[task.request] for task in batch]
                weights = self._batch.within_memory(
                    partial(self._score_replies, batch, given), lambda: [*map(len, batch)]
                )
                if weights is None:
                    queue.put_back(batch)
                else:
                    scores |= zip((task.request for task in batch), weights, strict=True)
        return [scores[number] for number in range(len(requests))]

    def _score_replies(self, tasks: Sequence[Task], answers: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
        prefix = self._read(tasks)
        continuations = [Continuation(prefix, row, ids) for row, given in enumerate(answers) for ids in given]
        logps = iter(score(continuations, self._batch))
        return [[next(logps) for _ in given] for given in answers]

    def _answer(
        self, tasks: Iterator[Task], read: ReadPrompts, decoding: Decoding, streams: Streams = ONE
    ) -> Answering:
        return Answering(
            tasks,
            read,
            chooser(decoding),
            end_ids=self.end_token_ids,
            max_new_tokens=decoding.max_new_tokens,
            batch=self._batch,
            streams=streams,
            penalty=self._penalty,
        )

    def _found(self, requests: Iterable[Request], decoding: Decoding, refuse: Refuse) -> Iterable[Answered]:
        """Answers token by token, alone or by contrast, or those that a search finds."""
        if contrast := decoding.contrast:
            pairs = self._tasks(([request, distorted(request, contrast)] for request in requests), refuse)
            read = both_readings(self._reuse.read)
            return self._answer(joined(pairs), read, decoding, contrasted(contrast))
        tasks = self._tasks(([request] for request in requests), refuse)
        if decoding.beams == 1:
            return self._answer(tasks, self._reuse.read, decoding)
        return BeamSearch(
            network=self._network,
            inputs=self._inputs,
            score=self._score_replies,
            decoding=decoding,
            end_ids=self.end_token_ids,
            pad_id=self.pad_token_id,
            batch=self._batch,
            penalty=self._penalty,
        ).answer(tasks)

    def _tasks(self, variants: Iterator[Sequence[Request]], refuse: Refuse) -> Iterator[Task]:
        return encode_all(self.encoder, variants, refuse, window=lambda: WINDOW * self._batch.size)

    def _read(self, tasks: Sequence[Task]) -> Prefix:
        return Prefix.read(self._network, self._inputs(tasks))

    def _inputs(self, tasks: Sequence[Task]) -> dict[str, torch.Tensor]:
        device, dtype = self._network.device, self._network.dtype
        batch = collate([task.encoding for task in tasks], self.pad_token_id)
        return {
            name: tensor.to(device, dtype if tensor.is_floating_point() else tensor.dtype)
            for name, tensor in batch.items()
        }

    def _reply(self, answered: Answered) -> Reply:
        ids = answered.token_ids
        ended = ids[-1] in self.end_token_ids
        return read_text(
            self._text(ids[:-1] if ended else ids),
            cut=not ended,
            opened=self._opens_thinking(answered.task),
            token_ids=ids,
            prompt_tokens=len(answered.task.encoding),
            completion_tokens=len(ids),
        )

    def _text(self, ids: Sequence[int]) -> str:
        """What the tokens say, without the model's special ones but for the marks of its thoughts."""
        pieces, start = [], 0
        for place in (place for place, token in enumerate(ids) if token in self._special_marks):
            pieces += [self._decode(ids[start:place]), self._special_marks[ids[place]]]
            start = place + 1
        return "".join((*pieces, self._decode(ids[start:])))

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self.processor.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def _opens_thinking(self, task: Task) -> bool:
        """Whether the chat template has begun a thought."""
        end = task.encoding.input_ids[-LONGEST_MARK:].tolist()
        return opens_thinking(self.processor.tokenizer.decode(end))

    @cached_property
    def _special_marks(self) -> dict[int, str]:
        """The special tokens that marks of thoughts are, or begin with: text is else made without special tokens."""
        tokenizer = self.processor.tokenizer
        marks = [*chain(*THINKING_MARKS.items())]
        named = zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True)
        return {token: name for token, name in named if any(mark.startswith(name) for mark in marks) and len(name) > 1}


def _refusal(error: RequestError) -> Reply:
    return Reply(text="", finish="error", error=str(error))
