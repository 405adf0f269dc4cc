"""Models behind one Protocol; `open_model` picks the backend from the options."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.errors import ConfigError
from burnish.models.base import (
    BuildRequest,
    Call,
    CallSource,
    Contrast,
    Decoding,
    Message,
    Model,
    ModelOptions,
    ModelRuntime,
    OnReply,
    PixelTransform,
    Reply,
    Request,
    ScoredReply,
    ScoringModel,
    StreamingModel,
    Variants,
)

__all__ = [
    "BuildRequest",
    "Call",
    "CallSource",
    "Contrast",
    "Decoding",
    "Message",
    "Model",
    "ModelOptions",
    "ModelRuntime",
    "OnReply",
    "PixelTransform",
    "Reply",
    "Request",
    "ScoredReply",
    "ScoringModel",
    "StreamingModel",
    "Variants",
    "open_model",
    "open_models",
]


def open_model(options: ModelOptions) -> Model:
    """The model that the options name, ready to answer. Raises ModelError or ConfigError."""
    [model] = open_models([options])
    return model


def open_models(options: Sequence[ModelOptions]) -> list[Model]:
    """The models that the options name, in their order; a local one that several name is loaded once.

    Its adapters are put on it in turn, so two of its models never answer at the same time. One at an endpoint that
    several name is one, too: together they have its places.
    Raises ModelError, ServerError or ConfigError.
    """
    served = [_is_served(option) for option in options]
    if not any(served) and any(option.request for option in options):
        raise ConfigError("--request is for models at an endpoint: leave it out, or give --model http://HOST/v1#NAME.")
    local = iter(_open_local([option for option, is_served in zip(options, served, strict=True) if not is_served]))
    if all(served) and any(option.thinking for option in options):
        raise ConfigError(
            "--thinking is for local models: give an endpoint what its server takes, such as --request "
            '\'{"chat_template_kwargs": {"enable_thinking": false}}\'.'
        )
    at_endpoints = {
        option: _open_served(option) for option, is_served in zip(options, served, strict=True) if is_served
    }
    return [at_endpoints[option] if option in at_endpoints else next(local) for option in options]


def _is_served(options: ModelOptions) -> bool:
    return options.model.startswith(("http://", "https://"))


def _open_served(options: ModelOptions) -> Model:
    from burnish.models.server import ServerModel

    return ServerModel.open(options)


def _open_local(options: Sequence[ModelOptions]) -> Sequence[Model]:
    if not options:
        return ()
    from burnish.models.adapters import open_local

    return open_local(options)
