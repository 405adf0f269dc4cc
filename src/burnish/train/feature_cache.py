"""Encoded pictures on disk: what a frozen vision tower makes of a picture is the same in every pass and training.

A file a picture, named by its content, in a folder of its own for each model. Files are moved into their place whole,
so any number of processes and trainings may share a folder, and what a crash has torn is encoded again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.generic import ModelOutput

from burnish.errors import RunError

_LISTED, _JOINED = "listed", "joined"
"""Models give either a tensor for each picture or one of all, and are given back the same."""


class Features(NamedTuple):
    """One picture's."""

    values_NC: Tensor
    """A row for each of its image tokens."""
    form: str
    """`_LISTED` or `_JOINED`."""


@final
class FeatureCache:
    """The pictures that one model has encoded."""

    def __init__(self, folder: Path, *parts: str) -> None:
        """`parts` are all that decides about features beside the picture: the model's fingerprint, how it is run."""
        self._folder = folder / hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def read(self, key: str) -> Features | None:
        """The features of the picture with this content key; None where they cannot be read."""
        with suppress(OSError, SafetensorError):
            [(form, values_NC)] = load(self._path(key).read_bytes()).items()
            return Features(values_NC, form)
        return None

    def write(self, key: str, features: Features) -> None:
        """Keep them. Raises RunError where that cannot be done, as on a full disk."""
        path = self._path(key)
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(save({features.form: features.values_NC.cpu().contiguous()}))
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise RunError(
                f"{path} cannot be written ({error.strerror}): give --vision-cache a folder with room, or leave it out."
            ) from error

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.safetensors"


def split(features: ModelOutput, counts: Sequence[int]) -> list[Features]:
    """What a model made of some pictures with so many image tokens each; none where it is not a row for each token."""
    if set(features) != {"pooler_output"}:
        return []  # of a kind that feeds deeper layers too
    whole = features["pooler_output"]
    listed = not isinstance(whole, Tensor)
    values_NC = torch.cat(list(whole)) if listed else whole.flatten(0, -2)
    if len(values_NC) != sum(counts):
        return []
    return [Features(values_nC, _LISTED if listed else _JOINED) for values_nC in values_NC.split(list(counts))]


def join(pictures: Sequence[Features], device: torch.device) -> ModelOutput:
    """The pictures as their model gives them."""
    values: Any = [values_NC.to(device) for values_NC, _ in pictures]
    return BaseModelOutputWithPooling(pooler_output=values if pictures[0].form == _LISTED else torch.cat(values))
