"""Weights of the original LLaVA code, put into a model that transformers loads.

    python -m burnish.models.original_llava ORIGINAL --like llava-hf/llava-1.5-7b-hf --out FOLDER

`--like` is a converted model of the same shape: processor, configuration and rows of new tokens are its own, and so is
what the original lacks, such as a tower that was not trained. Only the tensors' names differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Annotated

import torch
import tyro
from peft import PeftModel
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import PreTrainedModel

from burnish.errors import BurnishError, ConfigError, ModelError
from burnish.models.base import ModelOptions
from burnish.models.loading import load

RENAMED = {
    "model.vision_tower.vision_tower.vision_model.": "model.vision_tower.",
    "model.vision_tower.vision_tower.": "model.vision_tower.",
    "model.mm_projector.0.": "model.multi_modal_projector.linear_1.",
    "model.mm_projector.2.": "model.multi_modal_projector.linear_2.",
    "model.image_newline": "model.image_newline",
    "model.": "model.language_model.",
}
"""What names begin with; the first that fits counts."""
IN_THE_TOWER = ("model.vision_tower.", "model.vision_tower.vision_model.")
"""Newer versions of transformers name it the first way, older ones the second."""
OF_THE_VOCABULARY = ("embed_tokens.weight", "lm_head.weight")
"""Their last rows, of tokens that the original does not have, stay."""
COMPUTED = ".inv_freq"
"""What no checkpoint needs to hold."""


@dataclass(frozen=True)
class Conversion:
    """What is converted."""

    original: Annotated[str, tyro.conf.Positional]
    """The checkpoint's folder, with *.safetensors or *.bin."""
    like: str
    """A converted model of the same shape: a folder or a hub name."""
    out: str
    """Where the model is written: a new folder."""


def convert(conversion: Conversion) -> int:
    """Write the model, and say of how many tensors it is made. Raises ModelError or ConfigError."""
    out = Path(conversion.out)
    if out.exists():
        raise ConfigError(f"--out {out} is there already: name a new folder.")
    files = _files(Path(conversion.original))
    model, processor, _ = load(ModelOptions(model=conversion.like, device="cpu", dtype="auto"))
    found = {name for file in files for name in _take(file, model)}
    if not any("language_model" in name for name in found):
        raise ModelError(f"{conversion.original} has no weights of a language model: give the whole checkpoint.")
    model.save_pretrained(str(out))
    processor.save_pretrained(str(out))
    return len(found)


@torch.no_grad()
def _take(file: Path, model: PreTrainedModel | PeftModel) -> Iterator[str]:
    """Copy a file's tensors into the model; their names there."""
    own: dict[str, Tensor] = dict(model.named_parameters())
    for original, tensor in _tensors(file).items():
        if original.endswith(COMPUTED):
            continue
        name = _renamed(original, own)
        if name not in own:
            raise ModelError(f"{file} has {original}, which --like has no place for: give a model of the same family.")
        place = own[name]
        if name.endswith(OF_THE_VOCABULARY) and len(tensor) < len(place):
            place = place[: len(tensor)]
        if tensor.shape != place.shape:
            raise ModelError(
                f"{original} in {file} is {_sides(tensor)}, and --like's is {_sides(place)}: give a model of the same "
                "size."
            )
        place.copy_(tensor)
        yield name


def _renamed(original: str, own: Mapping[str, object]) -> str:
    """What the model has for an original name, whether it has it or not."""
    begin = next((begin for begin in RENAMED if original.startswith(begin)), "")
    name = RENAMED.get(begin, "") + original.removeprefix(begin)
    newer, older = IN_THE_TOWER
    return name if name in own or not name.startswith(newer) else older + name.removeprefix(newer)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder}: download the original checkpoint.")
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise ModelError(
            f"{folder} has neither *.safetensors nor pytorch_model*.bin: download the original checkpoint."
        )
    return files


def _tensors(file: Path) -> Mapping[str, Tensor]:
    """A file's tensors by name; nothing of a pickle is run."""
    try:
        if file.suffix == ".bin":
            tensors: Mapping[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
            return tensors
        with safe_open(file, framework="pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (OSError, RuntimeError, UnpicklingError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read: download it again.") from error


def _sides(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape))


if __name__ == "__main__":
    asked = tyro.cli(Conversion, prog="python -m burnish.models.original_llava")
    try:
        print(f"{convert(asked)} tensors of {asked.original} are in {asked.out}.")
    except BurnishError as error:
        print(f"burnish: {error}", file=sys.stderr)
        raise SystemExit(2) from None
