"""The processor of a checkpoint, with the picture transforms that its model was made with."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoImageProcessor, AutoProcessor, ProcessorMixin

from burnish.errors import ModelError

CONFIGURATIONS = ("processor_config.json", "preprocessor_config.json")
_COMMAND = re.compile(r"pip install ([\w\-\[\]]+)")
_NEEDED = re.compile(r"(?:requires the|No module named) '?([\w\-.]+)'?")


def load_processor(folder: Path, name: str, *, trust_remote_code: bool) -> ProcessorMixin:
    """The processor in `folder`, which messages call `name`. Raises ModelError in one sentence."""
    try:
        processor: Any = AutoProcessor.from_pretrained(folder, trust_remote_code=trust_remote_code)
        if keeps_pillow(processor, folder):
            processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise unloadable(name, "processor", error) from error
    if not isinstance(processor, ProcessorMixin) or getattr(processor, "image_processor", None) is None:
        raise ModelError(f"{name} has no image processor: copy its processor files beside the weights.")
    if not processor.chat_template:
        raise ModelError(f"{name} has no chat template: put its chat_template.jinja beside the weights.")
    return processor


def keeps_pillow(processor: Any, folder: Path) -> bool:
    """Whether pictures are to be resized by Pillow, as the model knows them, and not by torchvision.

    Both give other pixels. Families with a video processor exist for torchvision alone; of the others, those whose
    files name a "Fast" processor were made with it.
    """
    if getattr(processor, "video_processor", None) is not None or getattr(processor, "image_processor", None) is None:
        return False
    kind = type(processor.image_processor)
    own = kind.__module__.startswith("transformers.")
    return own and hasattr(transformers, f"{kind.__name__.removesuffix('Fast')}Pil") and not _named_fast(folder)


def unloadable(name: str, part: str, error: Exception) -> ModelError:
    """What to say of a part of a model that cannot be loaded, and how to mend it."""
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{name} needs Python code that comes with it: give --trust-remote-code if you trust its author."
        )
    if package := missing_package(error):
        return ModelError(f"The {part} of {name} needs a package that is not installed here: pip install {package}.")
    if isinstance(error, ImportError):
        return ModelError(f"{name} needs a package that is not installed here: {gist(error)}.")
    return ModelError(f"The {part} of {name} cannot be loaded ({gist(error)}): fetch or save it again.")


def missing_package(error: BaseException) -> str:
    """What an error says is to be installed; empty where it says nothing of the kind."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name.partition(".")[0]
    found = _COMMAND.search(str(error)) or (_NEEDED.search(str(error)) if isinstance(error, ImportError) else None)
    return found[1] if found else ""


def gist(error: BaseException) -> str:
    """The first sentence of a library's message, which may run over many lines."""
    text = " ".join(str(error).split()) or type(error).__name__
    return textwrap.shorten(text.split(". ")[0].rstrip("."), 200, placeholder=" …")


def _named_fast(folder: Path) -> bool:
    return any(_kind(folder / file).endswith("Fast") for file in CONFIGURATIONS)


def _kind(file: Path) -> str:
    if not file.is_file():
        return ""
    content = json.loads(file.read_text(encoding="utf-8"))
    return str(content.get("image_processor", content).get("image_processor_type") or "")
