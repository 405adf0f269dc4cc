"""Models behind one Protocol; `open_model` picks the backend from the options."""

from __future__ import annotations

from burnish.models.base import (
    Decoding,
    Message,
    Model,
    ModelOptions,
    ModelRuntime,
    OnReply,
    PixelTransform,
    Reply,
    Request,
    ScoringModel,
)

__all__ = [
    "Decoding",
    "Message",
    "Model",
    "ModelOptions",
    "ModelRuntime",
    "OnReply",
    "PixelTransform",
    "Reply",
    "Request",
    "ScoringModel",
    "open_model",
]


def open_model(options: ModelOptions) -> Model:
    """The model that the options name, ready to answer. Raises ModelError or ConfigError."""
    if options.model.startswith(("http://", "https://")):
        from burnish.models.server import ServerModel

        return ServerModel.open(options)
    from burnish.models.local import LocalModel

    return LocalModel.open(options)
