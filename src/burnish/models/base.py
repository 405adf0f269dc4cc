"""What a model is to the rest of Burnish: something that answers requests, and, if it is local, can also weigh answers.

Backends are interchangeable behind these two Protocols: `local` (transformers), `server` (any OpenAI-compatible
endpoint) and `scripted` (a double for tests). Nothing here imports torch.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from burnish.config import added, runtime
from burnish.errors import ConfigError
from burnish.models.sending import Sending
from burnish.records import Finish, Json, ReplyEnd

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

T = TypeVar("T")
PixelTransform: TypeAlias = "Callable[[torch.Tensor], torch.Tensor]"
"""Works on the processor's normalised `pixel_values` of one request (float32, any leading axes, then C, H, W)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation; its pictures stand before its text, as in LLaVA."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A conversation that the model is to continue."""

    messages: tuple[Message, ...]
    pixel_transform: PixelTransform | None = None
    """A distortion in normalised pixel space (diffusion noise): only a local model can apply it."""
    transformed_image: int = 0
    """Number, from 1, of the one picture of several that it is applied to; 0 for all."""
    seed: int = 0
    """Seeds sampling for this request alone, so that an answer does not depend on its neighbours."""
    conversation: str = ""
    """Names the dialogue that this is a turn of: what a local model has read of it may serve its next turn."""


class Variants(NamedTuple):
    """A request, and the same about distorted copies of its picture."""

    clean: Request
    distorted: tuple[Request, ...]


class PictureDistortion(Protocol):
    """What `burnish.distort` makes of a specification: pure functions of picture and seed."""

    @property
    def spec(self) -> str:
        """Its canonical specification."""
        ...

    def image(self, image: Image, seed: int) -> Image:
        """The distorted picture."""
        ...

    def pixels(self, seed: int) -> PixelTransform | None:
        """What is left to do on the normalised pixels of one request."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Visual contrastive decoding (VCD, arXiv 2311.16922): what a distorted picture makes a model say is subtracted."""

    distortion: PictureDistortion
    alpha: float
    """How much of the difference between both pictures' logits is added."""
    beta: float
    """Tokens less likely than this share of the likeliest on the picture itself are never chosen."""
    seed: int = 0
    """Decides, with the picture, how that is distorted."""

    def __post_init__(self) -> None:
        if not 0 < self.alpha < math.inf:
            raise ConfigError(f"--contrast-alpha must be above 0, not {self.alpha}.")
        if not 0 <= self.beta < 1:
            raise ConfigError(f"--contrast-beta must be 0 or above and below 1, not {self.beta}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How answers are generated; the default is SeVa's (greedy, at most 512 new tokens)."""

    max_new_tokens: int = 512
    temperature: float = 0.0
    """0 is greedy; above 0 samples."""
    top_p: float = 1.0
    beams: int = 1
    """Sequences that are kept while a local model searches the likeliest answer; 1 does not search."""
    contrast: Contrast | None = None
    """How a local model's scores are set against those on a distorted picture; None takes them as they are."""

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise ConfigError(f"--max-new-tokens must be at least 1, not {self.max_new_tokens}.")
        if self.temperature < 0:
            raise ConfigError(f"--temperature must be 0 (greedy) or above, not {self.temperature}.")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"--top-p must be above 0 and at most 1, not {self.top_p}.")
        if self.beams < 1:
            raise ConfigError(f"--beams must be at least 1, not {self.beams}.")
        if self.beams > 1 and self.temperature:
            raise ConfigError(f"--beams {self.beams} searches, and --temperature {self.temperature:g} draws: give one.")
        if self.beams > 1 and self.contrast:
            raise ConfigError(
                f"--contrast {self.contrast.distortion.spec} chooses one token after another, and --beams {self.beams} "
                "searches: give --beams 1, or no --contrast."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back for one request."""

    text: str
    """The answer, without thoughts, the end token and outer white space; inner newlines are kept."""
    token_ids: tuple[int, ...] = ()
    """The generated tokens, the end token included where it came; empty from a server, and where there were thoughts:
    the tokens that are there are then not the text's."""
    finish: Literal["stop", "length", "error"] = "stop"
    error: str = ""
    """One sentence where `finish` is "error": this one request is refused for good, by an endpoint or because a local
    model's chat template or processor cannot take it."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    """Those of the thoughts included."""
    thinking: str = ""
    """What the model thought before the answer; no score, comment or text is ever read from it."""
    asked_without: tuple[str, ...] = ()
    """Fields of the request that the endpoint refused, so that it was asked without them or by another name."""
    logp: float | None = None
    """Summed log-probability (nats) of its tokens on the clean picture, where that was asked for and can be known."""

    @property
    def end(self) -> ReplyEnd:
        """What became of the reply."""
        if self.finish == "error":
            return "refused"
        if not self.text:
            return "thinking cut" if self.thinking and self.finish == "length" else "empty"
        return "cut" if self.finish == "length" else "answered"

    @property
    def came_to_its_end(self) -> Finish:
        """Why the text ended, as records keep it."""
        return "" if self.finish == "error" else self.finish


BuildRequest: TypeAlias = Callable[[], Request]
"""Makes a request when it is reached, so that few pictures are open at a time."""


class Call(NamedTuple):
    """A request that is still to be made, and how its answer is generated."""

    build: BuildRequest
    decoding: Decoding


class ScoredReply(NamedTuple):
    """A reply, and how likely the model finds it."""

    reply: Reply
    logp: float | None
    """Summed log-probability (nats) of its tokens; None where it cannot be known."""


OnReply: TypeAlias = Callable[[int, Reply], None]
"""Told a request's number and its reply as soon as that is there, in any order but never two at once."""


def ignore(_number: int, _reply: Reply) -> None:
    """For callers that wait for all replies."""


@runtime_checkable
class Model(Protocol):
    """Answers requests."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes when weights, adapter, processor or chat template change."""
        ...

    @property
    def template_fingerprint(self) -> str:
        """Hex digest of the chat template, the prompt's frame ("" where the backend hides it)."""
        ...

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        """One reply per request, in the requests' order; `on_reply` is told each one as soon as it is there.

        A request that is refused for good gets a reply with `finish="error"`. Raises ModelError or ServerError.
        """
        ...


CallLimit: TypeAlias = asyncio.Semaphore


class CallSource(Protocol):
    """Calls as they come: which one is next may depend on replies to others."""

    @property
    def over(self) -> bool:
        """Whether no call will come any more."""
        ...

    def take(self) -> Call | None:
        """The next call; None where there is none now. Never called by two threads at once."""
        ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from whatever thread, when there may be a call again, or there will be no more."""
        ...


@runtime_checkable
class StreamingModel(Model, Protocol):
    """A model whose answers do not depend on what else it is asked: calls may flow in as places become free."""

    @property
    def places(self) -> int:
        """Calls that are open at once."""
        ...

    @property
    def address(self) -> str:
        """Of its endpoint: models at one address have its places together."""
        ...

    async def stream(self, calls: CallSource, on_reply: OnReply, gate: CallLimit | None = None) -> None:
        """Answer all calls, telling each reply by the call's number in their order.

        Each call is made within the `gate`, which lets as many through as may be open at the address. Calls are taken,
        and their requests built, by one other thread; `on_reply` is called in the event loop's.
        Raises ModelError or ServerError, once the calls that are open have come to their end.
        """
        ...


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run from plain code, and also where a loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


@runtime_checkable
class ScoringModel(Model, Protocol):
    """A model that can also say how likely answers are."""

    def score(self, requests: Sequence[Request], answers: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
        """Summed log-probabilities (nats, float32 sums) of given token ids after each request.

        `answers[i]` holds any number of token-id sequences that all continue `requests[i]`; the result has the
        same shape. The picture is taken as the request has it (give the clean one for SeVa's reference).
        """
        ...

    def contrast(self, variants: Iterable[Variants], decoding: Decoding) -> list[tuple[ScoredReply, ...]]:
        """For each the reply to the clean request, then those to its distorted ones, all weighed on the *clean* one.

        The weights are what `score` would give, and no prompt is read again for them. A refused request gets a reply
        with `finish="error"` and no weight; where the clean one is refused, no reply has a weight.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ModelRuntime:
    """How models are run: the flags of every verb that asks one or several."""

    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Compute dtype. `auto` takes the checkpoint's (float32 on a CPU)."""
    device: str = runtime("auto")
    """`auto` (a GPU if there is one), `cpu`, `cuda:1`, or `balanced` to spread one model over all GPUs."""
    batch_size: int = runtime(16)
    """Requests per forward pass of a local model."""
    reuse_gib: float | None = runtime(None)
    """Memory (GiB) in which a local model caches the prefixes of dialogues for their next turns; 0 caches none.
    Default: a quarter of the memory that the model leaves free."""
    pad_to_square: bool = False
    """Pad pictures to a square in the processor's mean colour, as LLaVA-1.5 was trained and SeVa was run."""
    trust_remote_code: bool = False
    """Run Python code that comes with the model. Leave off unless you trust its author."""
    thinking: Literal["off", "on"] | None = added(None)
    """Turn a local model's thinking on or off, where its chat template has a switch. Default: as the template does.
    Thoughts are stored apart and are never part of an answer."""
    repetition_penalty: Literal["off", "checkpoint"] = added("off")
    """Whether the checkpoint's own repetition penalty applies (Qwen2-VL ships 1.05). At endpoints, `off` sends 1 and
    `checkpoint` sends nothing."""
    request: str | None = added(None)
    """A JSON object to merge into every request to an endpoint, such as '{"reasoning_effort": "low"}' or
    '{"chat_template_kwargs": {"enable_thinking": false}}'."""
    concurrency: int = runtime(32)
    """Requests that are open at once at an endpoint."""
    timeout: float = runtime(120.0)
    """Seconds to wait for an endpoint's reply before trying again."""
    retries: int = runtime(5)
    """Retries at an endpoint after 429, 5xx and time-outs, with growing pauses."""
    api_key_env: str = runtime("OPENAI_API_KEY")
    """Name of the environment variable that holds the endpoint's key; the key itself is never stored."""

    give_up: int = runtime(20)
    """Stop the run after this many requests to an endpoint have failed in a row, retries included. Fewer failures are
    asked once more after the next success, and dropped if they fail again."""
    retry_dropped: bool = runtime(False)
    """Ask again about what an earlier call of this command dropped because the endpoint failed after all retries."""
    send: str | None = added(None)
    """How to encode pictures that cannot be sent as their own files (distorted, rotated by EXIF, or of a rare kind):
    `png` (the default, lossless) or `jpeg:90`, which also re-encodes PNG files."""
    send_side: int | None = added(None)
    """Shrink pictures whose longer side exceeds this many pixels, such as 2048, before sending them to an endpoint."""

    def __post_init__(self) -> None:
        Sending.parse(self.send, self.send_side)
        for flag, value in (("--batch-size", self.batch_size), ("--concurrency", self.concurrency)):
            if value < 1:
                raise ConfigError(f"{flag} must be at least 1, not {value}.")
        if self.reuse_gib is not None and self.reuse_gib < 0:
            raise ConfigError(f"--reuse-gib must be 0 or more, not {self.reuse_gib}.")
        if self.give_up < 1:
            raise ConfigError(f"--give-up must be at least 1, not {self.give_up}.")
        self.request_fields  # noqa: B018 - checks its value
        if self.timeout <= 0:
            raise ConfigError(f"--timeout must be above 0 seconds, not {self.timeout}.")
        if self.retries < 0:
            raise ConfigError(f"--retries must be 0 or more, not {self.retries}.")

    @property
    def thinks(self) -> bool | None:
        """What a chat template's switch is set to; None leaves it as it is."""
        return None if self.thinking is None else self.thinking == "on"

    @property
    def request_fields(self) -> dict[str, Json]:
        """What `request` says. Raises ConfigError where it is not a JSON object, or holds what Burnish decides."""
        if self.request is None:
            return {}
        try:
            fields: Json = json.loads(self.request)
        except ValueError as error:
            raise ConfigError(
                f"--request is not JSON ({error}): give an object, such as '{{\"top_k\": 1}}'."
            ) from error
        if not isinstance(fields, dict):
            raise ConfigError(f"--request must be a JSON object, such as '{{\"top_k\": 1}}', not {self.request:.40}.")
        if taken := sorted(fields.keys() & {"messages", "model", "n", "stream"}):
            raise ConfigError(f"--request must not hold {taken[0]!r}, which Burnish sets: leave it out.")
        return fields


@dataclass(frozen=True, kw_only=True)
class ModelOptions(ModelRuntime):
    """Which model, and how it is run. Every verb that needs one model has these flags."""

    model: str
    """A path or hub name of an image-text-to-text model of transformers, `pocket` for the small model that comes with
    Burnish, or `http://HOST/v1#NAME` for model NAME at an OpenAI-compatible endpoint (vLLM, transformers serve, …)."""
    adapter: str | None = None
    """A PEFT adapter to load on the model."""

    def __post_init__(self) -> None:
        if not self.model:
            raise ConfigError("--model is empty: give a path, a hub name, `pocket` or an http address.")
        if self.adapter and self.model.startswith(("http://", "https://")):
            raise ConfigError(f"--adapter cannot be put on a model at an endpoint: let the server load {self.adapter}.")
        super().__post_init__()
