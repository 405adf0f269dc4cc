"""Opens a model as every verb does, tries it, and says what is right with it and what is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeVar, final

import torch
from torch import Tensor
from transformers import PreTrainedModel

from burnish.check.config import CheckConfig
from burnish.check.findings import Findings, Lora
from burnish.check.questions import NEW_TOKENS, ReferenceReply, requests, truths, unlike
from burnish.distort import parse
from burnish.errors import BurnishError
from burnish.models import Decoding, ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.train.batch_layout import APART, Reading, TreeLayout
from burnish.train.encode import batch
from burnish.train.logps import answer_logps
from burnish.train.lora_targets import reach, targets
from burnish.train.picture_lengths import picture_marks
from burnish.train.pictures import with_features
from burnish.train.shared_prefix import why_unbranched

NATS: Final = 1e-3
"""How far log-probabilities of an answer may be off in float32."""
HALF_NATS: Final = 0.5
"""In 16 bits, where batches of another shape round otherwise."""
NOISE: Final = "noise:500"
T = TypeVar("T")


def check(config: CheckConfig) -> Findings:
    """Open the model and try it. Raises ModelError or ConfigError where it cannot be loaded."""
    options = ModelOptions(
        model=config.model, dtype=config.dtype, device=config.device, trust_remote_code=config.trust_remote_code
    )
    return _Check(LocalModel.open(options)).findings()


@final
class _Check:
    def __init__(self, model: LocalModel) -> None:
        self._model = model
        self._network: Any = model.model
        self._nats = NATS if self._network.dtype in (torch.float32, torch.float64) else HALF_NATS
        self._problems: list[str] = []
        self._pictured = requests()
        self._asked = [*self._pictured, *unlike(model)]
        self._network.requires_grad_(False)  # as its tower is in training: pictures are encoded first
        self._truths: list[ReferenceReply] = []

    def findings(self) -> Findings:
        found = self._tried("it cannot be asked about a picture", lambda: truths(self._model, self._asked))
        self._truths = found or []
        batched, stored = self._answers()
        why = why_unbranched(self._network)
        trained = self._trained(APART, "training")
        alone = self._trained(APART if why else TreeLayout(even_length=1), "training on one answer each", answers=1)
        shared = math.nan if why else self._trained(TreeLayout(even_length=math.inf), "the shared prefix")
        differences = [one for one in (stored, trained, alone, shared) if not math.isnan(one)]
        return Findings(
            family=self._network.config.model_type,
            batched_equals_single=batched,
            logp_difference=max(differences) if differences else None,
            noise=self._noise(),
            shared_prefix=not why and shared <= self._nats,
            why_not_shared=why,
            lora=self._lora(),
            thinking=thinking(self._model),
            server_lacks=_SERVER_LACKS,
            problems=tuple(self._problems),
        )

    def _answers(self) -> tuple[bool, float]:
        """Whether batches answer as single requests do, and how far stored log-probabilities are off (nats)."""
        if not self._truths:
            return False, math.nan
        equal = self._model.takes_batches
        if not equal:
            self._problems.append("Two questions together lead to other scores than each alone.")
        for size in (1, len(self._asked)):
            found = self._tried(f"it cannot answer {_requests(size)} at a time", partial(self._generated, size))
            right = found is not None and self._continues(found)
            if found is not None and not right:
                self._problems.append(f"With {_requests(size)} at a time it goes on otherwise than transformers does.")
            equal = equal and right
        off = [self._score_errors(size) for size in (1, len(self._asked))]
        if not off[1] <= self._nats:
            equal = False
        return equal, max((one for one in off if not math.isnan(one)), default=math.nan)

    def _generated(self, size: int) -> list[tuple[int, ...]]:
        decoding = Decoding(max_new_tokens=NEW_TOKENS)
        return [
            reply.token_ids
            for start in range(0, len(self._asked), size)
            for reply in self._model.generate(self._asked[start : start + size], decoding)
        ]

    def _continues(self, answers: Sequence[Sequence[int]]) -> bool:
        """Whether the answers are the library's, up to where one ends, but for tokens as likely as its own."""
        return all(_as_likely(truth, ids, self._nats) for truth, ids in zip(self._truths, answers, strict=True))

    def _score_errors(self, size: int) -> float:
        """How far scores are off: of each answer twice, with another one between, which may leave no trace."""
        answers = [truth.tokens_N.tolist() for truth in self._truths]
        given = [[own, other, own] for own, other in zip(answers, [*answers[1:], answers[0]], strict=True)]

        def scores() -> list[list[float]]:
            return [
                row
                for start in range(0, len(given), size)
                for row in self._model.score(self._asked[start : start + size], given[start : start + size])
            ]

        found = self._tried(f"it cannot weigh answers to {_requests(size)} at a time", scores)
        if found is None:
            return math.nan
        off = max(
            abs(row[number] - truth.logp) for row, truth in zip(found, self._truths, strict=True) for number in (0, 2)
        )
        self._judge(off, f"log-probabilities of {_requests(size)} at a time")
        return off

    def _trained(self, reading: Reading, what: str, answers: int = 2) -> float:
        """How far the log-probabilities of a training's pass with so many answers to each question are off (nats)."""
        if not self._truths:
            return math.nan
        cut = [truth.before(picture_marks(self._model)) for truth in self._truths[: len(self._pictured)]]

        def logps() -> Tensor:
            prompts = [self._model.encoder.encode(request.messages) for request in self._pictured]
            own = [truth.tokens_N.tolist() or [0] for truth in cut]
            given = zip(own, [*own[1:], own[0]], strict=True)
            joined = batch(
                [(prompt, list(both[:answers])) for prompt, both in zip(prompts, given, strict=True)],
                self._model.pad_token_id,
                reading,
            )
            with torch.no_grad():
                # pictures are encoded first, as in every training
                return answer_logps(self._network, with_features(self._network, to_device(joined, self._network)))

        found = self._tried(f"{what} cannot read it", logps)
        if found is None:
            return math.nan
        off = max(abs(float(found[row, 0]) - truth.logp) for row, truth in enumerate(cut) if len(truth.tokens_N))
        self._judge(off, f"log-probabilities in {what}")
        return off

    def _noise(self) -> bool:
        """Whether pixels can be distorted, and no distortion leaves them as they are."""
        noise = parse(NOISE)
        clean = self._asked[0]

        def tried() -> bool:
            plain = self._model.encoder.encode_request(clean)
            same = self._model.encoder.encode_request(_with(clean, lambda pixels: pixels))
            noisy = self._model.encoder.encode_request(_with(clean, noise.pixels(0)))
            [reply] = self._model.generate([_with(clean, noise.pixels(0))], Decoding(max_new_tokens=2))
            return (
                reply.finish != "error"
                and torch.equal(plain.pictures["pixel_values"].float(), same.pictures["pixel_values"].float())
                and not torch.equal(plain.pictures["pixel_values"].float(), noisy.pictures["pixel_values"].float())
            )

        found = self._tried("noise in pixel space does not work", tried)
        if found is False:
            self._problems.append("Noise in pixel space does not fit the layout of its pixels.")
        return bool(found)

    def _lora(self) -> Lora:
        network: PreTrainedModel = self._network
        found = self._tried("LoRA cannot be placed", lambda: reach(network, targets(network)))
        if found is None:
            return Lora()
        share = 0.0
        if any("expert" in name for name in found.missed):
            whole = self._tried("experts cannot be adapted", lambda: reach(network, targets(network, experts=True)))
            share = whole.share if whole else 0.0
        return Lora(modules=found.modules, share=found.share, missed=found.missed, experts=share)

    def _tried(self, failure: str, work: Callable[[], T]) -> T | None:
        """What `work` gives; None where it fails, which is a problem and no reason to stop."""
        with self._noted(failure):
            return work()
        return None

    @contextmanager
    def _noted(self, failure: str) -> Iterator[None]:
        """A model's code may fail in any way: what it said is told."""
        try:
            yield
        except BurnishError as error:
            self._problems.append(f"{failure[0].upper()}{failure[1:]}: {error}")
        except Exception as error:  # noqa: BLE001 - finding out what fails is what this is for
            message = " ".join(str(error).split())[:200]
            self._problems.append(f"{failure[0].upper()}{failure[1:]} ({type(error).__name__}: {message}).")

    def _judge(self, off: float, what: str) -> None:
        if not off <= self._nats:
            self._problems.append(f"The {what} are off by {off:.2g} nats.")


_SERVER_LACKS: Final = (
    "noise in pixel space (images can be distorted: imagenoise:STEPS)",
    "stored log-probabilities for DPO: they are computed in training",
    "contrast with a distorted picture, and beam search",
)


def to_device(joined: dict[str, Any], network: PreTrainedModel) -> dict[str, Any]:
    """A training's batch where the model is, in its number format."""
    return {
        name: value.to(network.device, network.dtype if value.is_floating_point() else value.dtype)
        if isinstance(value, Tensor)
        else value
        for name, value in joined.items()
    }


def thinking(model: LocalModel) -> str:
    """What the chat template does about thoughts."""
    if model.encoder.can_switch_thinking:
        return "its chat template can switch them: --thinking on or off"
    return "its chat template writes <think>" if "<think>" in str(model.processor.chat_template) else ""


def _with(request: Request, transform: Callable[[Tensor], Tensor] | None) -> Request:
    return Request(messages=request.messages, pixel_transform=transform)


def _as_likely(truth: ReferenceReply, ids: Sequence[int], nats: float) -> bool:
    for place, token in enumerate(ids):
        own = int(truth.tokens_N[place])
        if token != own:
            logits_V = truth.logits_NV[place]
            return float(logits_V[own] - logits_V[token]) <= nats
    return True


def _requests(size: int) -> str:
    return "one request" if size == 1 else f"{size} requests"
