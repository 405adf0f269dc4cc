"""From a path or name to a model in memory, refusing in one sentence what cannot work.

Only safetensors are ever read, and code that comes with a model runs only when it was asked for.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from peft import LoraConfig, PeftConfig, PeftModel
from safetensors import SafetensorError, safe_open
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    GenerationConfig,
    PretrainedConfig,
    PreTrainedModel,
    ProcessorMixin,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
from transformers.utils.logging import disable_progress_bar

from burnish.errors import ConfigError, ModelError
from burnish.models.adapter_names import renamed_layers
from burnish.models.base import ModelOptions
from burnish.models.fingerprint import base_matches, trained_with
from burnish.models.four_bits import four_bits
from burnish.models.processors import gist, load_processor, unloadable
from burnish.pocket import place
from burnish.progress import bars_are_seen
from burnish.store.disk import explained, refuse_linked_files

HUB_FILES = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "*.py"]
"""What is fetched of a hub model; weights in other formats (pickle) never are."""
ORIGINAL_LLAVA = ("llava_llama", "llava_mistral", "llava_qwen", "llava_mpt")
"""Kinds of models in the configurations that the original LLaVA code writes; older versions of it wrote `llava`."""
OF_ORIGINAL_LLAVA = ("mm_vision_tower", "mm_projector_type")
"""What they name in any case, and transformers' own configurations never do."""
ADAPTER_WEIGHTS = "adapter_model.safetensors"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

LoadIn: TypeAlias = Literal["4bit"]
"""Fewer bits for the language model's matrices than its checkpoint has."""


class Loaded(NamedTuple):
    """A model ready to answer, and the folders it came from."""

    model: PreTrainedModel | PeftModel
    processor: ProcessorMixin
    folders: tuple[Path, ...]
    """The checkpoint, then the adapter if there is one."""


def load(options: ModelOptions, *, load_in: LoadIn | None = None) -> Loaded:
    """Load what the options name, in evaluation mode. Raises ModelError or ConfigError in one sentence."""
    if not bars_are_seen():
        disable_progress_bar()
    folder = find(options.model)
    config = _config(folder, options)
    processor = load_processor(folder, options.model, trust_remote_code=options.trust_remote_code)
    model = _weights(folder, config, options, load_in)
    _warn_of_differences(folder, options.model, options)
    if options.adapter is None:
        return Loaded(model, processor, (folder,))
    adapter = find_adapter(options.adapter)
    return Loaded(attach_adapter(model, folder, adapter, options), processor, (folder, adapter))


def outline(options: ModelOptions) -> Loaded:
    """What `load` gives, but without weights, in no time: nothing can be computed with it. Takes no adapter."""
    folder = find(options.model)
    config = _config(folder, options)
    processor = load_processor(folder, options.model, trust_remote_code=options.trust_remote_code)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config, trust_remote_code=options.trust_remote_code)
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    return Loaded(model, processor, (folder,))


def _instead(folder: Path) -> str:
    """What a folder without an adapter is, and what to do with it."""
    if (folder / "config.json").is_file():
        return ": it is a whole model, so give it as --model"
    unfinished = (folder / "manifest.json").is_file() and (folder / "checkpoints").is_dir()
    return " yet: its training has not ended, and the same command goes on with it" if unfinished else ""


def _refuse_pipes(folder: Path) -> None:
    """Raise ModelError for a folder in which something stands that would be waited for."""
    try:
        pipe = next((path for path in folder.iterdir() if path.is_fifo()), None)
    except OSError as error:
        raise ModelError(f"{folder} cannot be read: {error.strerror}.") from error
    if pipe:
        raise ModelError(f"{pipe} is a pipe, not a file: copy the folder again.")


def find(name: str) -> Path:
    """The folder of a path, of a hub model (fetched if it is not cached), or of what comes with Burnish."""
    return _found(name, "a model", "config.json", "a model's folder, its hub name, or `pocket`")


def find_adapter(name: str) -> Path:
    """The same of an adapter."""
    return _found(name, "an adapter", "adapter_config.json", "an adapter's folder or its hub name")


def _found(name: str, what: str, config: str, give: str) -> Path:
    folder = place(name)
    if folder.is_dir():
        _refuse_pipes(folder)
        return folder
    if folder.exists():
        raise ModelError(f"{name} is a file: give the folder that holds {config} and the weights.")
    if name.startswith(("/", ".", "~")):
        raise ModelError(f"There is no folder {name}: give {give}.")
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES, ignore_patterns=["original/*"]))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"{name} is neither a folder here nor {what} that the Hugging Face hub gave ({gist(error)})."
        ) from error


def attach_adapter(
    model: PreTrainedModel | PeftModel, base: Path, folder: Path, options: ModelOptions, *, name: str = "default"
) -> PeftModel:
    """The model with the adapter in `folder` on it under `name`, beside those that are on it already.

    `base` is the model's own folder. Raises ModelError for an adapter that does not fit.
    """
    with explained(folder, "read"):
        refuse_linked_files(folder)
    if not (folder / "adapter_config.json").is_file():
        raise ModelError(
            f"{options.adapter} has no adapter_config.json, so it is not a PEFT adapter{_instead(folder)}."
        )
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise ModelError(f"{options.adapter} has no adapter_model.safetensors, the only format that Burnish reads.")
    if not base_matches(folder, base):
        raise _misfit(options, "it was trained on other weights, tokenizer or chat template")
    _refuse_not_finite(folder, options)
    _warn_of_differences(folder, str(options.adapter), options)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Found missing adapter keys")
            # PEFT asks transformers for it by a name that is going away
            warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")
            config = PeftConfig.from_pretrained(str(folder))
            if config.is_prompt_learning:
                raise ModelError(f"{options.adapter} adapts the prompt; Burnish takes adapters of the weights (LoRA).")
            older = renamed_layers(model, folder / ADAPTER_WEIGHTS)
            if older.adapted and isinstance(config, LoraConfig) and isinstance(config.target_modules, str):
                config.target_modules = older.adapted  # a pattern of old names matches nothing
            if isinstance(model, PeftModel):
                config.inference_mode = True
                model.add_adapter(name, config)
            else:
                model = PeftModel.from_pretrained(
                    model, str(folder), adapter_name=name, config=config, key_mapping=older.patterns
                )
            # also after `from_pretrained`, which does not say what it found no place for
            found = model.load_adapter(str(folder), adapter_name=name, key_mapping=older.patterns)
            if found.missing_keys:
                raise _misfit(options, f"it lacks {found.missing_keys[0]}")
            _warn_of_missing_layers(options, found.unexpected_keys)
            return model.eval()
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, UserWarning, SafetensorError) as error:
        raise _misfit(options, gist(error)) from error


def device_map(device: str) -> str | dict[str, str] | None:
    """What `device_map` of transformers is for a `--device`; None is the CPU."""
    if device == "auto":
        return {"": "cuda:0"} if torch.cuda.is_available() else None
    if device == "cpu":
        return None
    kind, _, number = device.partition(":")
    if device != "balanced" and (kind != "cuda" or not (number or "0").isdigit()):
        raise ConfigError(f"--device must be auto, cpu, cuda, cuda:N or balanced, not {device!r}.")
    count = torch.cuda.device_count()
    if device == "balanced" and count:
        return "balanced"
    if int(number or 0) >= count:
        raise ConfigError(f"--device {device} is not available: this machine has {count} CUDA GPUs; use --device auto.")
    return {"": f"cuda:{number or 0}"}


def _config(folder: Path, options: ModelOptions) -> PretrainedConfig:
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            raise ModelError(
                f"{options.model} is an adapter: give the model that it was trained on as --model, and this folder as "
                "--adapter."
            )
        raise ModelError(f"{options.model} has no config.json, so it is not a model of transformers.")
    _refuse_original_llava(folder, options.model)
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=options.trust_remote_code)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise unloadable(options.model, "configuration", error) from error
    own_code = "AutoModelForImageTextToText" in (getattr(config, "auto_map", None) or {})
    if config.model_type not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES and not own_code:
        raise ModelError(
            f"{options.model} is a {config.model_type!r} model, which does not answer questions about pictures: "
            "give an image-text-to-text model of transformers."
        )
    if config.is_encoder_decoder:
        raise ModelError(f"{options.model} is an encoder-decoder; Burnish works with decoder-only models.")
    return config


def _refuse_original_llava(folder: Path, name: str) -> None:
    """Raise ModelError for a checkpoint of the original LLaVA code, which transformers does not know."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = config.get("model_type", "")
    except (ValueError, AttributeError):
        return  # transformers says what is wrong with it
    if kind in ORIGINAL_LLAVA or any(key in config for key in OF_ORIGINAL_LLAVA):
        raise ModelError(
            f"{name} is a checkpoint of the original LLaVA code ({kind!r}), which transformers does not load: take "
            "weights that are converted already, such as llava-hf/llava-1.5-7b-hf, or convert yours: `python -m "
            "burnish.models.original_llava --help`."
        )


def _weights(
    folder: Path, config: PretrainedConfig, options: ModelOptions, load_in: LoadIn | None = None
) -> PreTrainedModel:
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"{options.model} has no weights in safetensors, the only format that Burnish reads, because others can "
            "run code: convert them with transformers' save_pretrained."
        )
    placement = device_map(options.device)
    dtype = DTYPES.get(options.dtype, torch.float32 if placement is None else "auto")
    few: dict[str, Any] = {}
    if load_in:
        compute = dtype if isinstance(dtype, torch.dtype) else torch.float32
        few["quantization_config"] = four_bits(config, compute, trust_remote_code=options.trust_remote_code)
    try:
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            device_map=placement,
            use_safetensors=True,
            trust_remote_code=options.trust_remote_code,
            output_loading_info=True,
            **few,
        )
    except torch.OutOfMemoryError as error:
        raise ModelError(f"{options.model} does not fit into the GPU's memory: try --device balanced.") from error
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise unloadable(options.model, "weights", error) from error
    model: PreTrainedModel = loaded[0]
    if missing := sorted(loaded[1]["missing_keys"]):
        raise ModelError(
            f"{options.model} lacks {len(missing)} of its weights, {missing[0]} among them: fetch it again."
        )
    model.eval()
    return model


def _refuse_not_finite(folder: Path, options: ModelOptions) -> None:
    """Raise ModelError for an adapter of a training that ended in numbers that are none."""
    try:
        name = not_finite(folder / ADAPTER_WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise _misfit(options, gist(error)) from error
    if name:
        raise ModelError(
            f"Adapter {options.adapter} has weights that are not finite numbers, in {name} first: train it again, "
            "with a lower --lr."
        )


def not_finite(weights: Path) -> str | None:
    """The name of the first tensor in a safetensors file with a value that is infinite or no number, if any has."""
    with safe_open(weights, framework="pt") as file:
        return next((name for name in file.keys() if not file.get_tensor(name).isfinite().all()), None)  # noqa: SIM118


def _warn_of_differences(folder: Path, name: str, options: ModelOptions) -> None:
    """Warn where an adapter, or a model that Burnish trained, is used otherwise than it was trained."""
    for option, trained in trained_with(folder).items():
        if (now := getattr(options, option, trained)) != trained:
            print(
                f"burnish: {name} was trained {_flag(option, trained)} and is used {_flag(option, now)}: "
                "give what it was trained with, or its answers are not those that it learned.",
                file=sys.stderr,
            )


def _flag(name: str, value: object) -> str:
    flag = name.replace("_", "-")
    return (
        f"with --{flag}"
        if value is True
        else f"without --{flag}"
        if value in (False, None)
        else f"with --{flag} {value}"
    )


def _warn_of_missing_layers(options: ModelOptions, names: Sequence[str]) -> None:
    if names:
        print(
            f"burnish: {len(names):,} weights of {options.adapter} have no place in {options.model} and are left out, "
            f"{names[0]} first: was it trained on another model?",
            file=sys.stderr,
        )


def _misfit(options: ModelOptions, reason: str) -> ModelError:
    return ModelError(
        f"Adapter {options.adapter} does not fit {options.model} ({reason}): give the model it was trained on."
    )
